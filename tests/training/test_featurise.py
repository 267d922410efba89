"""Every stored model input is that of the sound listed in its row."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from horuslib.audio.features import segment_to_input
from horuslib.audio.levels import lufs
from horuslib.augmentation.parameters import COLUMNS, augmentation_parameters
from horuslib.augmentation.plan import plan_variations, render
from horuslib.training.featurise import featurise, list_examples
from tests.conftest import syllables

STARTS_S = (0.0, 2.5, 5.0)


class Sounds:
    """An ingest step with its sound in memory, pickled to the workers as a whole."""

    def __init__(self, audio):
        self.audio = audio

    def array(self, name):
        return self.audio[name.removeprefix("audio/")]


@pytest.fixture
def ingest(rng):
    return Sounds({name: syllables(rng, 10.0, level_dbfs=-23) for name in ("aaa", "bbb")})


@pytest.fixture
def segments():
    rows = [
        (f"{name}-{round(1000 * start):07d}", name, name, start, start + 5, "normal", 1.0, fold, "train")
        for fold, name in enumerate(("aaa", "bbb"))
        for start in STARTS_S
    ]
    columns = ["segment_id", "recording_id", "group_id", "start_s", "end_s", "label", "weight", "fold", "split"]
    table = pd.DataFrame(rows, columns=columns)
    table.loc[5, ["label", "split", "fold"]] = [None, "unlabelled", -1]
    return table


@pytest.fixture
def variations(segments, horus):
    measured = segments.assign(rms_dbfs=-23.0, peak_dbfs=-6.0, lufs=-23.0, modulation_db=15.0)
    return plan_variations(measured, horus, np.random.default_rng(0)).head(8)


def test_labelled_originals_come_first_and_unlabelled_are_left_out(segments, variations):
    examples = list_examples(segments, variations)
    assert examples["kind"].tolist() == ["original"] * 5 + ["variation"] * len(variations)
    assert segments.loc[5, "segment_id"] not in set(examples["example_id"])
    starts = segments.set_index("segment_id")["start_s"]
    assert (examples["start_s"].to_numpy() == starts[examples["segment_id"]].to_numpy()).all()


@pytest.mark.slow
def test_every_row_has_the_model_input_and_levels_of_its_sound(ingest, segments, variations, horus, tmp_path, caplog):
    caplog.set_level("INFO", "horuslib")
    index = featurise(ingest, list_examples(segments, variations), horus, tmp_path / "f.npy", workers=2)
    stored = np.load(tmp_path / "f.npy")
    assert stored.dtype == np.float16
    assert stored.shape == (len(index), 128, 128)
    plans = variations.set_index("variation_id")["transforms"]
    for row in index.itertuples():
        start = round(16 * int(row.segment_id.split("-")[1]))
        sound = ingest.array(row.recording_id)[start : start + 80000]
        if row.kind == "variation":
            sound = render(SimpleNamespace(transforms=plans[row.example_id]), sound, 16000, horus)
        expected = segment_to_input(sound, horus.front_end)[..., 0]
        np.testing.assert_allclose(stored[row.row], expected, atol=1e-3)
        assert row.rms == pytest.approx(np.sqrt(np.mean(sound.astype(float) ** 2)), rel=1e-4)
        assert row.peak == pytest.approx(np.abs(sound).max(), rel=1e-4)
        assert row.lufs == pytest.approx(lufs(sound, 16000), abs=0.05)
        for fact, value in augmentation_parameters(plans[row.example_id] if row.kind == "variation" else "").items():
            assert getattr(row, fact) == value
    originals = index[index["kind"] == "original"]
    assert originals[list(COLUMNS)].isna().all(axis=None), "originals have no augmentation parameters"
    assert caplog.messages[-1] == f"model inputs: {len(index)} of {len(index)} segments"
