"""What the definition of a class says of segments, whatever the model makes of them.

A model knows what faults resemble; a definition has bounds: how long a line-up tone lasts, how far under target low
volume lies. Where the task states such a bound (`decision.definitions`), a verdict beyond it becomes background, and
what is certain by definition becomes the label. Most bounds hold for runs of segments, since faults are longer.
"""

from collections.abc import Mapping

import numpy as np

from horuslib.evaluation.decide import resolved_thresholds
from horuslib.evaluation.events.merging import runs
from horuslib.tasks import Task
from horuslib.tasks.kinds import Kind

MEASUREMENTS = ("lufs", "tone_from_s", "tone_to_s", "bare_tones", "muted_s", "lasting_dbfs")
"""What is measured of a segment for this: typical loudness of its seconds (LUFS), the longest run of a line-up
tone (s of the file), whether it holds bare tones and nothing else (0 or 1), how long it is muted (s), the level that
it has or exceeds most of the time (dBFS). Where it is NaN, the model decides."""
CERTAIN = 0.99
_FILLED = 0.9
"""Share of a segment that a tone fills which is certainly one."""
_MUTED_SEGMENTS = 2
"""One segment alone is a speaker with a noise gate."""
Columns = dict[str, np.ndarray]
"""Of verdicts in order of time: `decide.decision_columns` with `start_s`, `end_s` and MEASUREMENTS."""


def apply_definitions(columns: Columns, task: Task, thresholds: Mapping[str, float], louder_db: float = 0.0) -> None:
    """Apply a task's bounds to the verdicts of one file or window, in place.

    Parameters
    ----------
    thresholds : of the fault labels; what is certain passes all but those above CERTAIN.
    louder_db : how much louder the programme is than its mono mix, whose loudness was measured: BS.1770 adds up the
        power of channels, which gives a stereo programme 3 to 6 dB more.
    """
    bounds = task.decision.definitions
    if task.background is None:
        return
    limits = resolved_thresholds(task, thresholds)
    if bounds.bare_tones and (label := task.label_of("reflections")):
        _reject(columns, (columns["label"] == label) & (columns["bare_tones"] > 0), task)
    if bounds.low_volume_db is not None and (label := task.label_of("low_volume")):
        _bound_level(columns, label, task, task.decision.channel_lufs - bounds.low_volume_db - louder_db)
    if bounds.test_tone_s and (label := task.label_of("test_tone")):
        _find_tones(columns, label, task, bounds.test_tone_s, limits[label] <= CERTAIN)
    if bounds.silence_below_dbfs is not None and (label := task.label_of("silence")):
        _reject(columns, (columns["label"] == label) & (columns["lasting_dbfs"] > bounds.silence_below_dbfs), task)
    if bounds.muted_s and (label := task.label_of("silence")) and limits[label] <= CERTAIN:
        _find_muting(columns, label, task, bounds.muted_s)
    _reject_too_short(columns, task)


def candidates(best: np.ndarray, task: Task, kind: Kind) -> np.ndarray:
    """Which segments a model takes for a kind: those of which its definition asks for more, (N,) bool."""
    label = task.label_of(kind)
    return best == task.labels.index(label) if label else np.zeros(len(best), bool)


def _reject(columns: Columns, which: np.ndarray, task: Task) -> None:
    """Background instead, with its own probability."""
    background = str(task.background)
    columns["label"] = np.where(which, background, columns["label"])
    columns["confidence"] = np.where(which, columns[f"p_{background}"], columns["confidence"])


def _accept(columns: Columns, which: np.ndarray, label: str, task: Task) -> None:
    """The label, for certain."""
    columns["label"] = np.where(which, label, columns["label"])
    columns["confidence"] = np.where(which, CERTAIN, columns["confidence"])
    rest = (1 - CERTAIN) / (len(task.labels) - 1)
    for name in task.labels:
        columns[f"p_{name}"] = np.where(which, CERTAIN if name == label else rest, columns[f"p_{name}"])


def _bound_level(columns: Columns, label: str, task: Task, most_lufs: float) -> None:
    """Low volume only in runs whose median loudness is at most `most_lufs`."""
    loudness, rejected = columns["lufs"], np.zeros(len(columns["lufs"]), bool)
    for run in runs(columns["label"], label, task.decision.gap(label), task.background):
        known = loudness[run][~np.isnan(loudness[run])]
        rejected[run] = bool(len(known)) and float(np.median(known)) > most_lufs
    _reject(columns, rejected, task)


def _find_tones(columns: Columns, label: str, task: Task, least_s: float, accept: bool) -> None:
    """A test tone only where a line-up tone lasts so long, or for all of a shorter sound.

    Where it does and fills a segment, it is one for certain, if such are accepted.
    """
    from_s, to_s = columns["tone_from_s"], columns["tone_to_s"]
    toned = np.flatnonzero(to_s > from_s)
    begins = from_s[toned][1:] > np.maximum.accumulate(to_s[toned])[:-1]
    longest_s = np.zeros(len(from_s))
    for stretch in np.split(toned, np.flatnonzero(begins) + 1) if len(toned) else []:
        longest_s[stretch] = to_s[stretch].max() - from_s[stretch].min()
    whole_s = columns["end_s"].max(initial=0.0) - columns["start_s"].min(initial=np.inf)
    lasts = longest_s >= min(least_s, _FILLED * whole_s)
    filled = to_s - from_s >= _FILLED * (columns["end_s"] - columns["start_s"])
    _accept(columns, accept & lasts & filled & (columns["label"] != label) & ~columns["silent"], label, task)
    _reject(columns, (columns["label"] == label) & ~lasts & ~np.isnan(from_s), task)


def _find_muting(columns: Columns, label: str, task: Task, least_s: float) -> None:
    """Silence where a programme is muted again and again."""
    muted = np.nan_to_num(columns["muted_s"]) >= least_s
    found = np.zeros(len(muted), bool)
    for run in runs(np.where(muted, label, ""), label, 0, None):
        found[run] = len(run) >= min(_MUTED_SEGMENTS, len(muted))
    _accept(columns, found & (columns["label"] != label), label, task)


def _reject_too_short(columns: Columns, task: Task) -> None:
    """What is too short to tell is background with the confidence of a guess, unless it is silent by its level."""
    short = (columns["end_s"] - columns["start_s"] < task.decision.definitions.least_heard_s) & ~columns["silent"]
    for name in task.labels:
        columns[f"p_{name}"] = np.where(short, 1 / len(task.labels), columns[f"p_{name}"])
    _reject(columns, short, task)
