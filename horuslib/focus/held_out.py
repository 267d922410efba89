"""A user's own test folder, evaluated with production and candidate side by side.

Its files are read, never moved and never trained on; what a model says of them puts none aside. A person's tag alone
corrects a label here, and figures under filed and corrected labels stand side by side.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from horuslib.acoustics.segment_features import COLUMNS, SegmentFeatures
from horuslib.audio.fit import filled
from horuslib.core.errors import UserError
from horuslib.datasets.dataset import ingest
from horuslib.datasets.groups import group_recordings
from horuslib.datasets.source_names import grouped_by_name
from horuslib.inference.detector import Detector
from horuslib.tasks import Task

_AT_ONCE = 32


def evaluate_folder(folder: Path, detectors: Mapping[str, Detector], task: Task) -> dict[str, pd.DataFrame]:
    """Calibrated probabilities of every labelled segment of a test folder by each detector, in the same order.

    Returns
    -------
    Name of the detector -> segment_id, recording_id, group_id, sha256, source, start_s, end_s, label, split ("test"),
    p_<label>.

    Raises
    ------
    UserError
        When the folder has no labelled sound.
    """
    with TemporaryDirectory() as cache:
        found = ingest(folder, task, Path(cache))
        rows = found.segments.dropna(subset=["label"])
        if rows.empty:
            raise UserError(f"{folder} has no labelled sound: a test set needs one folder per class, or labels.csv.")
        sound = {x: np.load(Path(cache) / f"{x}.npy") for x in rows["recording_id"].unique()}
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
        p = _probabilities(table, sound, detectors, task)
    columns = [f"p_{label}" for label in task.labels]
    return {name: table.assign(**dict(zip(columns, x.T, strict=True))).reset_index(drop=True) for name, x in p.items()}


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
