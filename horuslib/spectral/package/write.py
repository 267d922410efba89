"""Writing the exported package: networks for Keras and LiteRT, metadata, a schema of the answers, its own Python."""

import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import keras
import numpy as np
from keras import layers

from horuslib import __version__
from horuslib.core.artifacts import sha256_file, take_place, write_bytes, write_json
from horuslib.spectral.assemble import ImageNetworks
from horuslib.spectral.embedding.backbones import lite_backbone
from horuslib.spectral.embedding.people import find_pose_model
from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.models.confidence import Confidence
from horuslib.spectral.models.ensemble import ALONE, Member
from horuslib.spectral.models.timed import CURVES, LOGITS, alone_logits, build_timed
from horuslib.spectral.package import inference
from horuslib.spectral.package.alone import write_alone
from horuslib.spectral.timing.inputs import input_shapes
from horuslib.spectral.timing.targets import TARGETS
from horuslib.tasks import EventsTask

SCHEMA, README = "answer.schema.json", "README.md"


def joined(task: EventsTask, look_width: int, members: Sequence[Member], confidence: Confidence) -> keras.Model:
    """The members as one network: the mean of their logits, as sure as they are right, and that of their curves."""
    inputs = {n: keras.Input(shape, name=n) for n, shape in input_shapes(task.duration_s, look_width).items()}
    logits, curves = [], []
    alone: dict[str, list] = {modality: [] for modality in MODALITIES}
    for number, member in enumerate(members):
        model = build_timed(task.duration_s, look_width, len(task.labels))
        model.set_weights(member)
        parts = {name: model.get_layer(name).output for name in (LOGITS, CURVES, *map(alone_logits, MODALITIES))}
        found = keras.Model(model.inputs, parts, name=f"member_{number}")([inputs[x.name] for x in model.inputs])
        logits.append(found[LOGITS])
        curves.append(found[CURVES])
        for modality in MODALITIES:
            alone[modality].append(found[alone_logits(modality)])
    answer = _of_what_is_there(_mean(logits), {name: _mean(one) for name, one in alone.items()}, inputs["present"])
    outputs = {"probabilities": _as_sure_as_right(answer, inputs["present"], confidence), CURVES: _mean(curves)}
    return keras.Model(inputs, outputs, name="spectral")


def _mean(found: list):
    return layers.Average()(found) if len(found) > 1 else found[0]


def _of_what_is_there(together, alone: Mapping, present):
    """`Ensemble.predict` as layers: the logits of all modalities, or mostly the sum of those that are there."""
    there = [present[:, i : i + 1] for i in range(len(MODALITIES))]
    missing = layers.Rescaling(-ALONE, offset=ALONE, name="missing")(layers.Multiply(name="whole")(there))
    kept = layers.Rescaling(-1.0, offset=1.0, name="kept")(missing)
    said = layers.Add(name="said_alone")(
        [layers.Multiply()([alone[modality], one]) for modality, one in zip(MODALITIES, there, strict=True)]
    )
    return layers.Add(name="answer")([layers.Multiply()([together, kept]), layers.Multiply()([said, missing])])


def _as_sure_as_right(logits, present, confidence: Confidence):
    """`Confidence` as layers: built-in ones, with fixed weights."""
    change = np.array(confidence.change, np.float32)[:, None]
    kernel, bias = (-change).tolist(), confidence.sharpness + float(change.sum())
    fixed = layers.Dense(1, activation="exponential", trainable=False, name="inverse_temperature",
                         kernel_initializer=keras.initializers.Constant(kernel),
                         bias_initializer=keras.initializers.Constant(bias))  # fmt: skip
    sharp = layers.Softmax(name="sharp")(layers.Multiply(name="scaled")([logits, fixed(present)]))
    floor = confidence.floor
    return layers.Rescaling(1 - floor, offset=floor / logits.shape[-1], name="probabilities")(sharp)


def write_package(
    folder: Path,
    task: EventsTask,
    image_networks: ImageNetworks,
    members: Sequence[Member],
    confidence: Confidence,
    found: Mapping,
) -> Path:
    """Write the package beside its predecessor, then let it take its place.

    Parameters
    ----------
    found : the evaluation's scores, for the metadata.
    """
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    model = joined(task, image_networks.width, members, confidence)
    model.save(beside / inference.KERAS)
    write_bytes(beside / inference.MODEL, lite_signature(model))
    write_bytes(beside / inference.BACKBONE, lite_backbone(image_networks.backbone))
    pose = find_pose_model() if image_networks.detects_people else None
    if pose is not None:
        write_bytes(beside / inference.PERSON, pose.read_bytes())
    write_alone(beside)
    write_json(beside / SCHEMA, answer_schema(task))
    write_bytes(beside / README, _readme(task, image_networks).encode("utf-8"))
    write_json(beside / inference.METADATA, _metadata(beside, task, image_networks, confidence, found, len(members)))
    return take_place(beside, folder)


def lite_signature(model: keras.Model) -> bytes:
    """A model with several named inputs and outputs as .tflite, for one event at a time."""
    import tensorflow as tf

    names = {x.name: tf.TensorSpec((1, *x.shape[1:]), tf.float32, name=x.name) for x in model.inputs}
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serving_default", lambda x: model(x, training=False), input_signature=[names])
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        archive.write_out(folder, verbose=False)
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


def _metadata(
    folder: Path, task: EventsTask, image_networks: ImageNetworks, confidence: Confidence, found: Mapping, members: int
) -> dict:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        "task": task.name,
        "classes": task.labels,
        "roles": {role: task.roles[role] for role in task.roles},
        "duration_s": task.duration_s,
        "look_width": image_networks.width,
        "min_confidence": task.answers.min_confidence,
        "curves": list(TARGETS),
        "members": members,
        "confidence": confidence.as_dict(),
        "image_weights": {
            "name": image_networks.backbone.name,
            "source": image_networks.backbone.source,
            "sha256": image_networks.backbone.sha256,
        },
        "person_detector": image_networks.detects_people,
        "scores": dict(found),
        "horuslib": __version__,
        "files": {p.relative_to(folder).as_posix(): sha256_file(p) for p in files},
    }


def answer_schema(task: EventsTask) -> dict:
    """JSON schema of an answer."""
    onset = {"type": "object", "required": ["time_s", "strength"],
             "properties": {"time_s": {"type": "number"}, "strength": {"type": "number"}}}  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answer of a package for events",
        "type": "object",
        "required": ["event", "class", "confidence", "probabilities", "modalities", "onsets", "issues"],
        "properties": {
            "event": {"type": "string", "description": "the folder, below that of all events"},
            "event_id": {"type": "string", "description": "as metadata.json says"},
            "class": {"enum": [*task.labels, None]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
            "modalities": {"type": "array", "items": {"enum": ["video", "audio", "sensors"]}},
            "onsets": {"type": "object", "propertyNames": {"enum": list(TARGETS)}, "additionalProperties": onset},
            "issues": {"type": "array", "items": {"type": "string"}},
            "message": {"type": "string"},
            "seconds": {"type": "number"},
            "key": {"type": "string", "description": "of a scan: the package and the signals that were answered"},
        },
    }


def _readme(task: EventsTask, image_networks: ImageNetworks) -> str:
    example = json.dumps({"class": task.labels[-1], "confidence": 0.91}, ensure_ascii=False)
    return f"""# {task.title}

Classifies folders of events (video.mp4, audio.wav, sensors.csv, metadata.json; any may be missing) into
{", ".join(task.labels)}. {image_networks.sentence}

    pip install numpy scipy av soxr pandas pillow ai-edge-litert

    from spectral_inference import SpectralInference
    SpectralInference(".").predict("event_20250117_143052")    # {example}

With the library: `horus scan --model THIS_FOLDER EVENTS --out DIR`. `{SCHEMA}` describes an answer; `class` is null
where the answer is less sure than {task.answers.min_confidence:g}. `{inference.METADATA}` says how it was trained.
"""
