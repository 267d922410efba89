"""Records of runs become curves."""

import json

import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.workflow import tracking
from horuslib.workflow.tracking import RESULTS, Scalar

RECORDS = {
    1: {"default": {"accuracy": 0.5, "interval": [0.4, 0.6], "ece": None}, "generated": True},
    2: {"default": {"accuracy": 0.75}, "losses": {"fold_0": [2.0, 1.0]}, "when": "today"},
}


def test_numbers_become_curves_over_runs_and_losses_over_epochs():
    assert list(tracking.scalars(RECORDS)) == [
        Scalar(RESULTS, "default/accuracy", 1, 0.5),
        Scalar(RESULTS, "default/interval/0", 1, 0.4),
        Scalar(RESULTS, "default/interval/1", 1, 0.6),
        Scalar(RESULTS, "default/accuracy", 2, 0.75),
        Scalar("run 0002/fold_0", "loss", 1, 2.0),
        Scalar("run 0002/fold_0", "loss", 2, 1.0),
    ]


def test_nothing_to_show_is_a_clear_error(horus, tmp_path):
    with pytest.raises(UserError, match="No run of task horus was recorded yet"):
        tracking.write_curves(horus, Paths(root=tmp_path))


@pytest.mark.slow
def test_tensorboard_reads_what_is_written(horus, tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    paths = Paths(root=tmp_path)
    history = paths.task("horus") / "history"
    history.mkdir(parents=True)
    for number, record in RECORDS.items():
        (history / f"{number:04}.json").write_text(json.dumps(record), "utf-8")
    folder = tracking.write_curves(horus, paths)
    read = accumulators.EventAccumulator(str(folder / RESULTS)).Reload()
    assert [(x.step, x.value) for x in read.Scalars("default/accuracy")] == [(1, 0.5), (2, 0.75)]
    tracking.write_curves(horus, paths)
    assert len(list((folder / RESULTS).iterdir())) == 1, "written anew, not added to"


def test_a_damaged_record_or_a_copy_is_left_out(horus, tmp_path, monkeypatch):
    history = Paths(root=tmp_path).task("horus") / "history"
    history.mkdir(parents=True)
    contents = {"0001": '{"score": 0.5}', "0002": "{", "0001 (1)": '{"score": 0.1}', "0003": '{"losses": {"a": 5}}'}
    for name, content in contents.items():
        (history / f"{name}.json").write_text(content, "utf-8")
    written = []
    monkeypatch.setattr(tracking, "find_spec", lambda _: True)
    monkeypatch.setattr(tracking, "_write", lambda _, found: written.extend(found))
    tracking.write_curves(horus, Paths(root=tmp_path))
    assert written == [Scalar(RESULTS, "score", 1, 0.5)]


def test_where_no_record_can_be_read_it_is_said(horus, tmp_path):
    history = Paths(root=tmp_path).task("horus") / "history"
    history.mkdir(parents=True)
    (history / "0001.json").write_text("[]", "utf-8")
    with pytest.raises(UserError, match="No run of task horus was recorded yet"):
        tracking.write_curves(horus, Paths(root=tmp_path))
