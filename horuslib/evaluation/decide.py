"""From a segment's probabilities to its verdict: phases 1 and 3 of Heimdall, with the numbers of the task.

Phase 1 detects silence by level alone; the model does not run on such a segment. Phase 3 accepts the model's best
label when its confidence, boosted by level where the task says so, reaches the label's threshold and exceeds the others
by a margin. What is not accepted is the task's background (`normal`); in a task without a background the best label
is always accepted.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.tasks import Task


def is_silent(rms: np.ndarray, peak: np.ndarray, task: Task) -> np.ndarray:
    """Phase 1: segments that are silent by level, on which no model runs; none where the task has no such rule.

    Parameters
    ----------
    rms, peak : linear full scale, shape (N,).
    """
    rms, peak, floor = np.asarray(rms), np.asarray(peak), task.decision.silence
    if floor is None:
        return np.zeros(rms.shape, bool)
    return (rms < floor.rms_below) & (peak < floor.peak_below)


def says_fault(rows: pd.DataFrame, task: Task) -> np.ndarray:
    """Segments that are silent, or so far under the target that they are low volume or nearly, (N,) bool.

    That their programme is known to be good says nothing of the detector: it is their level that is in question.

    Parameters
    ----------
    rows : rms, peak, and the measures of the segments.
    """
    silent = is_silent(rows.rms.to_numpy(), rows.peak.to_numpy(), task)
    return silent | (rows.quiet.to_numpy() > 0) if _is_level_bounded(task) else silent


def counts_as_alarm(rows: pd.DataFrame, label: str, task: Task) -> np.ndarray:
    """Where a verdict on known-good programme would be a false alarm, (N,) bool: not where the definition itself says
    fault (`says_fault`), and low volume nowhere else either, since its bound rejects it there."""
    if label not in (task.label_of("low_volume"), task.label_of("silence")):
        return np.ones(len(rows), bool)
    return ~says_fault(rows, task) if is_evaluated(label, task) else np.zeros(len(rows), bool)


def is_evaluated(label: str, task: Task) -> bool:
    """Whether known-good programme can raise a false alarm of a label at all.

    It cannot of low volume that is bounded by the level: what is above the bound is rejected in a scan, and what is
    below it may be faulty.
    """
    return label != task.label_of("low_volume") or not _is_level_bounded(task)


def _is_level_bounded(task: Task) -> bool:
    """Whether low volume is bounded by the level, and the level is measured."""
    return task.decision.definitions.low_volume_db is not None and "quiet" in task.decision.measures


def resolved_thresholds(task: Task, given: Mapping[str, float] | None = None) -> dict[str, float]:
    """The threshold of every fault label: the one given, else the task's own, else the task's default."""
    given, decision = given or {}, task.decision
    resolved = {}
    for label in task.faults:
        own = decision.rule(label).threshold
        resolved[label] = float(given.get(label, decision.default_threshold if own is None else own))
    return resolved


def decide(
    probabilities: np.ndarray,
    rms: np.ndarray,
    peak: np.ndarray,
    task: Task,
    thresholds: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """One verdict per segment.

    Parameters
    ----------
    probabilities : shape (N, labels), in the task's order; rows of silent segments may be NaN, they are not read.
    rms, peak : linear full scale, shape (N,).
    thresholds : calibrated thresholds per fault label; what is missing comes from the task.

    Returns
    -------
    DataFrame
        `label` (the verdict), `confidence` (of a fault: its boosted probability; of the background: its own
        probability), `predicted` (the model's best label), `silent`, `rms`, and one column `p_<label>` per label.
    """
    return pd.DataFrame(decision_columns(probabilities, rms, peak, task, thresholds))


def decision_columns(
    probabilities: np.ndarray,
    rms: np.ndarray,
    peak: np.ndarray,
    task: Task,
    thresholds: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """The columns of `decide`'s table, for callers that add their own before the table is made."""
    rms, peak = np.asarray(rms, float), np.asarray(peak, float)
    silent = is_silent(rms, peak, task)
    p = _with_silence(np.array(probabilities, float).reshape(len(rms), len(task.labels)), silent, task)
    best = p.argmax(axis=1)
    background, accepted = task.background, np.zeros(len(rms), bool)
    confidence = p.max(axis=1) if background is None else p[:, task.labels.index(background)].copy()
    limits = resolved_thresholds(task, thresholds)
    for label in task.faults:
        mine = best == task.labels.index(label)
        boosted, passes = _accepts(label, p[mine], rms[mine], task, limits[label])
        confidence[mine] = np.where(passes, boosted, confidence[mine])
        accepted[mine] = passes
    if task.decision.silence is not None:
        confidence[silent], accepted[silent] = task.decision.silence.confidence, True
    predicted = np.array(task.labels, object)[best]
    verdict = predicted if background is None else np.where(accepted, predicted, background)
    verdicts = {"label": verdict, "confidence": confidence, "predicted": predicted}
    columns = {f"p_{label}": p[:, k] for k, label in enumerate(task.labels)}
    return {**verdicts, "silent": silent, "rms": rms, **columns}


def _with_silence(p: np.ndarray, silent: np.ndarray, task: Task) -> np.ndarray:
    """The same probabilities with silence's own confidence in the rows that were not given to the model.

    Where a task has no label for silence, its background takes it.
    """
    rule = task.decision.silence
    if rule is not None:
        p[silent] = (1 - rule.confidence) / (len(task.labels) - 1)
        p[silent, task.labels.index(task.silence or task.background or "")] = rule.confidence
    return p


def _accepts(label: str, p: np.ndarray, rms: np.ndarray, task: Task, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Boosted confidence and acceptance of the segments whose best label is `label`, as Heimdall's `decide_error`."""
    rule = task.decision.rule(label)
    here = task.labels.index(label)
    own = p[:, here]
    over_background = own - (p[:, task.labels.index(task.background)] if task.background else 0.0)
    over_second = own - np.delete(p, here, axis=1).max(axis=1)
    boosted = np.minimum(1.0, own + rule.boost_per_rms * np.maximum(0, rms - rule.boost_above_rms))
    clear = (over_background >= rule.margin_over_normal) & (over_second >= rule.margin_over_second)
    quiet_enough = rms <= rule.or_rms_at_most if rule.or_rms_at_most else np.zeros(len(rms), bool)
    return boosted, ((boosted >= threshold) & clear) | quiet_enough
