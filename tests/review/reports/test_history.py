import json

import pandas as pd
import pytest

from horuslib.core.paths import Paths
from horuslib.review.reports import history
from tests.evaluated import write_evaluation


@pytest.fixture
def paths(tmp_path):
    return Paths(root=tmp_path)


def records(task, paths):
    return sorted(p.name for p in (paths.task(task.name) / history.FOLDER).glob("*"))


def test_without_an_evaluation_nothing_is_recorded(horus, paths):
    assert history.keep(horus, paths) is None
    assert not paths.root.joinpath("artifacts").exists()
    assert history.latest_change(horus, paths) is None


def test_an_evaluation_of_an_older_version_is_ignored(horus, paths):
    write_evaluation(horus, paths)
    table = paths.step("horus", "06_evaluate") / "verdicts.parquet"
    pd.read_parquet(table).drop(columns="segment_id").to_parquet(table)
    assert history.keep(horus, paths) is None


def test_only_a_different_result_is_recorded_and_nothing_is_overwritten(horus, paths):
    write_evaluation(horus, paths)
    first = history.keep(horus, paths)
    content = first.read_bytes()
    assert history.keep(horus, paths) is None, "the same result again"
    write_evaluation(horus, paths, wrong=4)
    assert history.keep(horus, paths).name == "0002.json"
    assert records(horus, paths) == ["0001.json", "0001.parquet", "0002.json", "0002.parquet"]
    assert first.read_bytes() == content


def test_segments_that_were_relabelled_removed_or_classified_differently(horus, paths):
    write_evaluation(horus, paths, wrong=5)
    history.keep(horus, paths)
    write_evaluation(horus, paths, wrong=4, relabelled=[20], absent=[21])
    history.keep(horus, paths)
    change = history.latest_change(horus, paths)
    assert (change.gone, change.relabelled, change.new) == (3, 2, 0)


def test_another_setting_is_named(horus, paths):
    write_evaluation(horus, paths)
    history.keep(horus, paths)
    other = horus.model_copy(update={"seed": horus.seed + 1})
    write_evaluation(other, paths, wrong=1)
    history.keep(other, paths)
    assert history.latest_change(other, paths).sections == ["seed"]


def test_metrics_are_compared_without_the_previous_verdicts(horus, paths):
    for wrong in (1, 2):
        write_evaluation(horus, paths, wrong=wrong)
        history.keep(horus, paths)
    (paths.task("horus") / history.FOLDER / "0001.parquet").unlink()
    change = history.latest_change(horus, paths)
    assert (change.gone, change.new) == (None, None)
    rows = history.score_rows(change, horus)
    assert rows[0]["f1"] == (0.95, 0.95) and rows[-1]["threshold"] == (None, None)


def test_a_record_is_plain_json(horus, paths):
    write_evaluation(horus, paths)
    kept = json.loads(history.keep(horus, paths).read_text("utf-8"))
    assert kept["verdict"] == "Fit for use" and kept["metrics"]["macro_f1"]["out_of_fold"] == 0.95


@pytest.mark.parametrize("content", ["{", "[]", '{"key": 1}', ""])
def test_a_damaged_record_is_ignored_and_not_deleted(horus, paths, content, caplog):
    write_evaluation(horus, paths, wrong=3)
    first = history.keep(horus, paths)
    first.write_text(content)
    write_evaluation(horus, paths, wrong=4)
    assert history.keep(horus, paths).name == "0002.json", "no record is overwritten"
    assert history.latest_change(horus, paths) is None
    assert f"{first} cannot be used as a record" in caplog.text
    assert first.read_text() == content


@pytest.mark.parametrize(
    "changed",
    [
        {"metrics": None},
        {"metrics": []},
        {"metrics": {"per_class": None}},
        {"metrics": {"per_class": {"eco_reverb": {"f1": "high"}}, "macro_f1": {}}},
        {"thresholds": 5},
        {"thresholds": {"eco_reverb": "0.5"}},
        {"own_thresholds": []},
        {"corrections": "3"},
        {"task": None},
        {"when": "yesterday"},
    ],
)
def test_a_record_with_a_part_of_another_kind_is_ignored(horus, paths, changed, caplog):
    for wrong in (1, 2):
        write_evaluation(horus, paths, wrong=wrong)
        first = history.keep(horus, paths)
    first.write_text(json.dumps(json.loads(first.read_text("utf-8")) | changed))
    assert history.latest_change(horus, paths) is None
    assert f"{first} cannot be used as a record" in caplog.text and next(iter(changed)) in caplog.text


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 cut PAR1"])
def test_damaged_verdicts_of_a_record_leave_its_metrics(horus, paths, content):
    for wrong in (1, 2):
        write_evaluation(horus, paths, wrong=wrong)
        history.keep(horus, paths)
    (paths.task("horus") / history.FOLDER / "0001.parquet").write_bytes(content)
    change = history.latest_change(horus, paths)
    assert (change.gone, change.relabelled, change.new) == (None, None, None)


def test_verdicts_of_a_record_are_whole_or_not_there(horus, paths, monkeypatch):
    write_evaluation(horus, paths)

    def killed(self, path, **_):
        path.write_bytes(b"PAR1")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_parquet", killed)
        with pytest.raises(KeyboardInterrupt):
            history.keep(horus, paths)
    assert records(horus, paths) == []
