import numpy as np

from horuslib.detect.detector import Detector
from horuslib.export.probes import hear_probes


def test_a_model_that_hears_rightly_passes(export):
    table = hear_probes(Detector.load(export, environment={}, dotenv=export / "absent.env"), np.random.default_rng(1))
    assert table.right.all()
    assert table.verdict.tolist() == ["sinal_teste", "ausencia_audio", "ruido_hiss"]


def test_a_model_that_cannot_be_sure_enough_fails_by_name(export):
    limits = {"sinal_teste": 1.0}
    detector = Detector.load(export, limits, environment={}, dotenv=export / "absent.env")
    table = hear_probes(detector, np.random.default_rng(1)).set_index("expected")
    assert table.verdict["sinal_teste"] == "normal" and not table.right["sinal_teste"]
