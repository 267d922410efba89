"""The networks: shapes, no NaN whatever is missing, and predictions that follow the time between modalities."""

import numpy as np
import pytest

from horuslib.spectral.generate import generate_events
from horuslib.spectral.models import late_fusion
from horuslib.spectral.models.ensemble import Ensemble
from horuslib.spectral.models.late_fusion import FRAMES, N_MELS, build_late_fusion, mel_input
from horuslib.spectral.models.variations import absent, moved
from horuslib.spectral.timing.targets import TARGETS, onsets_of
from horuslib.tasks import load_events_task

WIDTH = 8


@pytest.fixture(scope="module")
def task():
    task = load_events_task("spectral")
    training = task.training.model_copy(update={"generated_events": 160, "models": 1, "epochs": 1, "copies": 1})
    return task.model_copy(update={"training": training})


@pytest.fixture(scope="module")
def taught(task):
    """An ensemble and weights after a short training on generated events, and those events."""
    generated, ensemble = generate_events(task), Ensemble(task, WIDTH)
    return ensemble, ensemble.pretrain(generated, 50), generated


def events_of(generated, count=40):
    rows = [{name: value[k] for name, value in generated.inputs.items()} for k in range(count)]
    return [{**row, "look": np.zeros((10, WIDTH), np.float32)} for row in rows]


@pytest.mark.slow
def test_generated_events_teach_when_things_change_and_that_time_matters(taught, task):
    ensemble, start, generated = taught
    events, labels = events_of(generated, 160), generated.labels
    found = ensemble.predict([start], events)
    assert (found.probabilities.argmax(1) == labels).mean() > 0.6
    k = TARGETS.index("field")
    there = generated.curves[:, :, k].max(1) > 0.5
    apart = np.abs(found.curves[there, :, k].argmax(1) - generated.curves[there, :, k].argmax(1))
    assert np.mean(apart <= 3) > 0.8
    ambient = task.number_of("ambient")
    coincide = [event for event, label in zip(events, labels, strict=True) if label != ambient]
    shifted = [moved(moved(event, "video", -22), "sensors", 22) for event in coincide]
    before, after = (ensemble.predict([start], x).probabilities[:, ambient].mean() for x in (coincide, shifted))
    assert after > before + 0.2


@pytest.mark.slow
def test_any_subset_answers_without_nan_and_less_sure_without_everything(taught):
    ensemble, start, generated = taught
    events = events_of(generated)
    sure = ensemble.predict([start], events).probabilities.max(1).mean()
    for modality in ("video", "audio", "sensors"):
        found = ensemble.predict([start], [absent(event, modality) for event in events]).probabilities
        assert np.isfinite(found).all() and found.sum(1) == pytest.approx(1, abs=1e-5)
    nothing = absent(absent(absent(events[0], "video"), "audio"), "sensors")
    found = ensemble.predict([start], [nothing])
    assert found.probabilities.max() < sure and not found.curves.any()


@pytest.mark.slow
def test_training_again_from_the_same_start_gives_the_same_network(taught):
    ensemble, start, generated = taught
    events, labels = events_of(generated, 12), generated.labels[:12]
    one, other = (ensemble.train(events, labels, generated, start, 7, "again")[0] for _ in range(2))
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(one, other, strict=True))
    assert not all(np.allclose(a, b) for a, b in zip(one, start, strict=True))


def test_onsets_are_the_peaks_of_the_curves():
    curves = np.zeros((50, len(TARGETS)))
    curves[20, 0], curves[30, 1] = 0.9, 0.2
    assert onsets_of(curves) == {"field": {"time_s": 2.05, "strength": 0.9}}


@pytest.mark.slow
def test_the_late_fusion_network_is_trained_and_its_best_epoch_kept(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(late_fusion, "EPOCHS", 5)
    labels = np.arange(24) % 2
    x = {
        "video": rng.normal(labels[:, None], 0.1, (24, 16)).astype(np.float32),
        "mel": np.zeros((24, N_MELS, 16, 1), np.float32),
        "vector": np.zeros((24, 15), np.float32),
    }
    model = build_late_fusion(16, 2, frames=16)
    assert late_fusion.fit_late_fusion(model, x, labels, np.arange(24) % 3 == 0, tmp_path, 1) == 5
    kept = sorted(tmp_path.glob("*.weights.h5"))
    assert len(kept) == late_fusion.KEPT and all(path.name.startswith("spectral-") for path in kept)
    assert (model.predict(x, verbose=0).argmax(1) == labels).mean() > 0.7


def test_the_late_fusion_network_has_its_shapes(rng):
    model = build_late_fusion(1280, 4)
    shapes = {layer.name: layer.output.shape for layer in model.layers}
    assert shapes["pool3"] == (None, 8, 26, 256) and shapes["joined"] == (None, 1600)
    assert shapes["fusion0"] == (None, 512) and shapes["fusion1"] == (None, 128)
    mel = mel_input(0.1 * rng.standard_normal(5 * 22050).astype(np.float32))
    assert mel.shape == (N_MELS, FRAMES, 1) == (128, 431, 1) and mel.min() >= 0 and mel.max() <= 1
    assert not mel_input(None).any()
    louder = mel_input(np.full(5 * 22050, 0.5, np.float32) * rng.standard_normal(5 * 22050).astype(np.float32))
    assert louder.mean() > mel.mean() + 0.03
