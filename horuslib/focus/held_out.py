"""A user's own test folder, evaluated with production and candidate side by side.

Its files are read, never moved and never trained on; what a model says of them puts none aside. A person's tag alone
corrects a label here, and figures under filed and corrected labels stand side by side.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.acoustics.segment_features import COLUMNS, SegmentFeatures
from horuslib.audio.fit import filled
from horuslib.core.errors import UserError
from horuslib.datasets.dataset import ingest
from horuslib.datasets.groups import group_recordings
from horuslib.datasets.source_names import grouped_by_name
from horuslib.focus.figures import with_probabilities
from horuslib.focus.ledger import QuarantineLedger
from horuslib.focus.relabel import relabelled
from horuslib.focus.settings import FocusSettings
from horuslib.inference.detector import Detector
from horuslib.tasks import Task

_AT_ONCE = 32


def evaluate_folder(
    folder: Path, detectors: Mapping[str, Detector], task: Task, cache: Path
) -> dict[str, pd.DataFrame]:
    """Calibrated probabilities of every labelled segment of a test folder by each detector, in the same order.

    Parameters
    ----------
    cache : folder of the decoded sound, one `<recording_id>.npy` per recording.

    Returns
    -------
    Name of the detector -> segment_id, recording_id, group_id, sha256, source, start_s, end_s, label, split ("test"),
    p_<label>, predicted, confidence.

    Raises
    ------
    UserError
        When the folder has no labelled sound.
    """
    found = ingest(folder, task, cache)
    rows = found.segments.dropna(subset=["label"])
    if rows.empty:
        raise UserError(f"{folder} has no labelled sound: a test set needs one folder per class, or labels.csv.")
    sound = {x: np.load(cache / f"{x}.npy", mmap_mode="r") for x in rows["recording_id"].unique()}
    group_of, _ = group_recordings(sound, task.front_end.sample_rate_hz)
    group_of = grouped_by_name(group_of, found.recordings, found.intervals, task)
    recordings = found.recordings.set_index("recording_id")
    table = rows.assign(
        group_id=rows["recording_id"].map(group_of),
        sha256=rows["recording_id"].map(recordings["sha256"]),
        source=rows["recording_id"].map(recordings["path"]),
        split="test",
        fold=-1,
    ).drop(columns="weight")
    table = table.reset_index(drop=True)
    return {
        name: with_probabilities(table, p, task) for name, p in _probabilities(table, sound, detectors, task).items()
    }


def with_tags(
    found: Mapping[str, pd.DataFrame], ledger: QuarantineLedger, settings: FocusSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The test folder before and after, with `filed` and `now`: the label by a person's tag, missing where one takes
    the file out.

    Parameters
    ----------
    found : of `evaluate_folder`, by `before` and `after`.
    """
    state = relabelled(found["after"], ledger, settings, ledger.task)
    now = state.set_index("segment_id")["label"]
    before, after = (
        x.assign(filed=x["label"], now=x["segment_id"].map(now)) for x in (found["before"], found["after"])
    )
    return before, after


def mistaken(before: pd.DataFrame, after: pd.DataFrame) -> np.ndarray:
    """Which rows one of both models predicts wrongly: those are kept to be heard and tagged, (N,) booleans."""
    wrong = [(x["predicted"] != x["now"]) & x["now"].notna() for x in (before, after)]
    return wrong[0].to_numpy(bool) | wrong[1].to_numpy(bool)


def _probabilities(
    table: pd.DataFrame, sound: Mapping[str, np.ndarray], detectors: Mapping[str, Detector], task: Task
) -> dict[str, np.ndarray]:
    reader, rate, length = SegmentFeatures.of(task), task.front_end.sample_rate_hz, task.front_end.segment_samples
    parts: dict[str, list[np.ndarray]] = {name: [] for name in detectors}
    for start in range(0, len(table), _AT_ONCE):
        some = table.iloc[start : start + _AT_ONCE]
        firsts = [round(row.start_s * rate) for row in some.itertuples()]
        cut = [sound[r][first : first + length] for r, first in zip(some["recording_id"], firsts, strict=True)]
        sounds = [filled(x, task.front_end) for x in cut]
        inputs, measured = reader.inputs(sounds), pd.DataFrame(reader.measured(sounds), columns=list(COLUMNS))
        for name, detector in detectors.items():
            p = np.asarray(detector.probabilities(inputs), float)
            if detector.fusion is not None and detector.fusion.measures:
                p = detector.fusion.apply(p, measured[list(detector.fusion.measures)].to_numpy(float))
            parts[name].append(p)
    return {name: np.concatenate(blocks) for name, blocks in parts.items()}
