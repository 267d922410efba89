"""Small networks in ONNX format, written by hand."""


def network(path, shape, nodes, weights=(), outputs=(None, None)):
    """Write a network; returns its name as a backend."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, outputs)
    initial = [numpy_helper.from_array(value, name) for name, value in weights]
    graph = helper.make_graph([helper.make_node(*n, **k) for n, k in nodes], "g", [given], [result], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return f"onnx:{path}"


def spectral_mean_network(path):
    """(batch, frames, 80) -> (batch, 80): the spread of the filterbank over time."""
    squared = [(("Mul", ["x", "x"], ["s"]), {}), (("ReduceMean", ["s"], ["y"]), {"axes": [1], "keepdims": 0})]
    return network(path, ["b", "t", 80], squared, outputs=["b", 80])
