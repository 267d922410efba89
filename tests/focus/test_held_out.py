"""A test folder is evaluated with both models on the same segments, by recording, and nothing of it is changed."""

import pandas as pd
import pytest
import soundfile

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.focus.held_out import evaluate_folder, mistaken, with_tags
from horuslib.focus.ledger import QuarantineLedger
from horuslib.focus.settings import load_settings
from tests.conftest import tone
from tests.focused import Constant


@pytest.fixture
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_both_classify_the_same_segments(focused, folder, cache):
    task, _ = focused
    before = {path: path.read_bytes() for path in folder.rglob("*.wav")}
    detectors = {"before": Constant(task, "road_traffic"), "after": Constant(task, "emergency_sirens")}
    found = evaluate_folder(folder, detectors, task, cache)
    assert set(found["after"].label) == {"emergency_sirens", "road_traffic"}
    assert found["before"].segment_id.tolist() == found["after"].segment_id.tolist()
    assert (found["after"].p_emergency_sirens == 1).all() and (found["before"].p_road_traffic == 1).all()
    assert (found["after"].split == "test").all() and found["after"].group_id.nunique() >= 2
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_without_labels_is_a_sentence(focused, tmp_path, cache):
    task, _ = focused
    soundfile.write(tmp_path / "x.wav", tone(3.0), 16000)
    with pytest.raises(UserError, match="has no labelled sound"):
        evaluate_folder(tmp_path, {}, task, cache)


@pytest.mark.slow
def test_a_persons_tag_corrects_a_file_of_the_test_folder(focused, folder, cache, tmp_path_factory):
    task, _ = focused
    ledger = QuarantineLedger(task, Paths(root=tmp_path_factory.mktemp("root")), "ana")
    settings = load_settings(task)
    detectors = {"before": Constant(task, "road_traffic"), "after": Constant(task, "emergency_sirens")}
    found = {name: x[x["start_s"] == 0] for name, x in evaluate_folder(folder, detectors, task, cache).items()}
    rows = found["after"].sort_values("source", ignore_index=True)
    assert rows["source"].tolist() == ["emergency_sirens/a.wav", "emergency_sirens/b.wav", "road_traffic/a.wav"]
    for row, tag in zip(rows.itertuples(), ("road_traffic", "ambiguous"), strict=False):
        ledger.tag(row, tag)
    before, after = (x.set_index("source") for x in with_tags(found, ledger, settings))
    for table in (before, after):
        assert table["filed"].tolist() == table["label"].tolist()
        assert table["now"]["emergency_sirens/a.wav"] == "road_traffic"
        assert pd.isna(table["now"]["emergency_sirens/b.wav"]) and table["now"]["road_traffic/a.wav"] == "road_traffic"
    wrong = dict(zip(after.index, mistaken(before, after), strict=True))
    assert wrong == {"emergency_sirens/a.wav": True, "emergency_sirens/b.wav": False, "road_traffic/a.wav": True}
