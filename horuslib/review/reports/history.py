"""Records of evaluation results, so that the next run can report what has changed.

A record in `artifacts/TASK/history/` is a numbered JSON, written for each evaluation that differs from the one before,
and a Parquet file with its verdicts. Records are never overwritten.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict

from horuslib.core import artifacts
from horuslib.core.artifacts import PROVENANCE, write_json
from horuslib.core.atomic import replacing
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO
from horuslib.datasets import corrections
from horuslib.evaluation import threshold_overrides
from horuslib.review import records
from horuslib.review.reports.verdict import assess, is_generated
from horuslib.tasks import Task

FOLDER = records.HISTORY
_RESULTS = ("metrics.json", "thresholds.json", "verdicts.parquet")
_SCORES = ("f1", "precision", "recall")


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Scores(_Part):
    f1: float | None = None
    precision: float | None = None
    recall: float | None = None


class _Metrics(_Part):
    per_class: dict[str, _Scores]
    macro_f1: dict[str, float | None]
    false_alarms_per_hour: float | None = None
    normal_hours: float | None = None
    recordings: int | None = None
    ece_after: float | None = None
    known_good: dict | None = None


class _Record(_Part):
    """What a record must hold to be compared with another."""

    key: str
    when: datetime
    verdict: str
    metrics: _Metrics
    thresholds: dict[str, float]
    own_thresholds: dict[str, float]
    corrections: int
    recordings: int
    task: dict[str, str]


@dataclass(frozen=True)
class Change:
    """A result compared with the previous one.

    Attributes
    ----------
    before, after : records as written by `keep`.
    gone, relabelled, new : number of segments no longer misclassified, how many of those because they were relabelled
        or removed by hand, and number of newly misclassified segments. None when unknown.
    sections : parts of the task's file that were changed.
    """

    before: dict
    after: dict
    gone: int | None
    relabelled: int | None
    new: int | None
    sections: list[str]


def keep(task: Task, paths: Paths | None = None) -> Path | None:
    """Record the current evaluation; None without one (or with one of an older version), or if already recorded."""
    paths = paths or Paths()
    try:
        ingest, evaluation = (artifacts.read(name, task, paths) for name in (AUDIO["ingest"], AUDIO["evaluate"]))
        made = json.loads(evaluation.path(PROVENANCE).read_text("utf-8"))["files"]
        found, thresholds = evaluation.json("metrics"), evaluation.json("thresholds")
        verdicts = evaluation.table("verdicts")[["segment_id", "split", "label", "verdict"]]
        key, kept = _hash({name: made[name] for name in _RESULTS}), _records(task, paths)
    except (UserError, KeyError):
        return None
    if kept and list(kept.values())[-1]["key"] == key:
        return None
    recordings = ingest.table("recordings")
    evaluated = assess(found, task, is_generated(recordings, paths))
    standing, _ = corrections.read_standing(corrections.ledger_path(paths), task)
    own, _ = threshold_overrides.read_overrides(threshold_overrides.ledger_path(paths), task)
    place = records.next_place(paths.task(task.name) / FOLDER)
    with replacing(place.with_suffix(".parquet")) as partial:
        verdicts.to_parquet(partial, index=False)
    record = {
        "key": key,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": evaluated.word,
        "tone": evaluated.tone,
        "metrics": found,
        "thresholds": thresholds,
        "own_thresholds": own,
        "corrections": sum(sha256 in set(recordings.sha256) for sha256, _ in standing),
        "recordings": len(recordings),
        "task": {name: _hash(value) for name, value in task.model_dump(mode="json").items()},
    }
    return write_json(place, record)


def latest_change(task: Task, paths: Paths | None = None) -> Change | None:
    """The last record compared with the one before; None with fewer than two records."""
    paths = paths or Paths()
    kept = _records(task, paths)
    if len(kept) < 2:
        return None
    (earlier, before), (latest, after) = list(kept.items())[-2:]
    verdicts = [paths.task(task.name) / FOLDER / f"{number:04}.parquet" for number in (earlier, latest)]
    sections = [x for x in after["task"] if after["task"][x] != before["task"].get(x)]
    return Change(before, after, *_segments(*verdicts), sections)


def score_rows(change: Change, task: Task) -> list[dict]:
    """Per label, `before` and `after` of each score and of the threshold; None where missing."""
    return [
        {"label": label}
        | {
            name: tuple(x["metrics"]["per_class"].get(label, {}).get(name) for x in (change.before, change.after))
            for name in _SCORES
        }
        | {"threshold": tuple(x["thresholds"].get(label) for x in (change.before, change.after))}
        for label in task.labels
    ]


def _segments(before: Path, after: Path) -> tuple[int, int, int] | tuple[None, None, None]:
    columns = ["segment_id", "label", "verdict"]
    try:
        was, now = (pd.read_parquet(x, columns=columns).set_index("segment_id") for x in (before, after))
    except (OSError, ValueError, KeyError, NotImplementedError):  # not there, cut off, of other columns, unsupported
        return None, None, None
    both = was.join(now, how="left", rsuffix="_now")
    wrong, absent = both.label != both.verdict, both.label_now.isna()
    gone = wrong & (absent | (both.label_now == both.verdict_now))
    other_label = absent | (both.label_now != both.label)
    new = now[now.label != now.verdict].index.difference(both.index[wrong])
    return int(gone.sum()), int((gone & other_label).sum()), len(new)


def _records(task: Task, paths: Paths) -> dict[int, dict]:
    """Number -> record that can be compared, oldest first."""
    return records.read(paths.task(task.name) / FOLDER, _Record.model_validate_json)


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
