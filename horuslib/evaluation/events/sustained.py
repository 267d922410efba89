"""Weak evidence that lasts: what no segment says for certain, and all of them say for a while.

An echo of the whole mix under music raises its probability in every segment for as long as it lasts, often far under
the threshold; a loop, or a note that rings, raises it here and there, and often higher. So where a label's rule asks
for it (`sustained_s`), a run of segments that lasts so long, none of them under a level far below the threshold, is an
event as well.

The level is chosen on known-good programme: the lowest at which nothing of it is an alarm that was none before, and
never under LEAST. It is kept as the share that its odds are of the threshold's odds, so that it moves with a threshold
that a person sets. Without hours of such programme there is no level, and the rule finds nothing.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd

from horuslib.evaluation.decide import counts_as_alarm, decide, resolved_thresholds
from horuslib.evaluation.events.merging import contiguous_runs, runs
from horuslib.tasks import Task

LEAST = 0.05
"""No level is lower."""
LEAST_HOURS = 1.0
"""Of known-good programme, before a level is chosen."""
_CLEARANCE = 1.5
"""The odds of the level over those of the strongest run that must not become an alarm."""
Columns: TypeAlias = dict[str, np.ndarray] | pd.DataFrame
"""Of verdicts in order of time: those of `decide.decide` with `start_s` and `end_s`."""


def choose_shares(programme: pd.DataFrame, thresholds: Mapping[str, float], task: Task) -> dict[str, float]:
    """Label -> share of the threshold's odds that every segment of a run must reach.

    Parameters
    ----------
    programme : calibrated known-good programme: recording_id, start_s, end_s, rms, peak, the measures, p_<label>.

    Returns
    -------
    Nothing of the labels whose rule does not ask for it, and nothing at all under LEAST_HOURS of programme.
    """
    from horuslib.evaluation.metrics import covered_s  # a quarter of a second, which a scan has no use for

    asked = [label for label in task.faults if task.decision.rule(label).sustained_s]
    if not asked or covered_s(programme.recording_id, programme.start_s, programme.end_s) < 3600 * LEAST_HOURS:
        return {}
    limits, chosen = resolved_thresholds(task, thresholds), {}
    p = programme[[f"p_{label}" for label in task.labels]].to_numpy(float)
    verdict = decide(p, programme.rms, programme.peak, task, limits).label.to_numpy()
    for label in asked:
        alarm = counts_as_alarm(programme, label, task)
        weak = programme.assign(p=np.where(alarm, np.nan_to_num(programme[f"p_{label}"]), 0.0), verdict=verdict)
        odds = max(_odds(LEAST), _CLEARANCE * _odds(_strongest_run(weak, label, task)))
        if odds < _odds(limits[label]):
            chosen[label] = float(odds / _odds(limits[label]))
    return chosen


def levels(shares: Mapping[str, float], thresholds: Mapping[str, float], task: Task) -> dict[str, float]:
    """Label -> the probability that every segment of a run must reach."""
    limits = resolved_thresholds(task, thresholds)
    odds = {label: share * _odds(limits[label]) for label, share in shares.items()}
    return {label: float(x / (1 + x)) for label, x in odds.items()}


def accept(columns: Columns, task: Task, thresholds: Mapping[str, float], shares: Mapping[str, float]) -> None:
    """Give the segments of lasting runs their label, in place; their confidence is at least that of the threshold, as
    whose equals they are accepted.

    Parameters
    ----------
    columns : of one file, window or contiguous part.
    thresholds : of the fault labels.
    shares : of `choose_shares`.
    """
    limits = resolved_thresholds(task, thresholds)
    for label, least in levels(shares, thresholds, task).items():
        verdict, p = (np.asarray(columns[name]) for name in ("label", f"p_{label}"))
        weak = (p >= least) & ((verdict == label) | (verdict == task.background)) & ~np.asarray(columns["silent"])
        start_s, end_s = (np.asarray(columns[name], float) for name in ("start_s", "end_s"))
        found = np.zeros(len(p), bool)
        for run in runs(np.where(weak, label, ""), label, 0, None):
            found[run] = end_s[run[-1]] - start_s[run[0]] >= task.decision.rule(label).sustained_s
        found &= verdict != label
        columns["label"] = np.where(found, label, verdict)
        columns["confidence"] = np.where(found, np.maximum(p, limits[label]), columns["confidence"])


def segments_of(label: str, task: Task) -> int:
    """How many segments the shortest run of a label has; 0 where its rule asks for none."""
    front_end, least_s = task.front_end, task.decision.rule(label).sustained_s
    return 1 + max(0, int(np.ceil((least_s - front_end.segment_s) / front_end.hop_s))) if least_s else 0


def _strongest_run(weak: pd.DataFrame, label: str, task: Task) -> float:
    """The highest level that all segments of some run reach, of runs that are no alarm already; 0 without any.

    Parameters
    ----------
    weak : recording_id, start_s, verdict, and `p`, the probability of the label.
    """
    length, enough = segments_of(label, task), task.decision.rule(label).min_segments
    weak = weak.sort_values(["recording_id", "start_s"], ignore_index=True)
    strongest = 0.0
    for _, stretch in weak.groupby(contiguous_runs(weak, task)):
        if len(stretch) >= length:
            verdict = stretch.verdict.to_numpy()
            other = (verdict != label) & (verdict != task.background)
            p = np.where(other, 0.0, stretch.p.to_numpy(float))
            p, named = (np.lib.stride_tricks.sliding_window_view(x, length) for x in (p, verdict == label))
            no_alarm = named.sum(axis=1) < enough
            strongest = max(strongest, float(p.min(axis=1)[no_alarm].max(initial=0.0)))
    return strongest


def _odds(p: float) -> float:
    return float(np.clip(p, 1e-9, 1 - 1e-9) / (1 - np.clip(p, 1e-9, 1 - 1e-9)))
