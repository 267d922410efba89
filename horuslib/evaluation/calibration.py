"""From a network's probabilities to calibrated ones and thresholds: temperature, reliability, choice of thresholds.

Conventions
-----------
- Probabilities are (N, L), rows sum to 1, columns in the order of the task's labels.
- Everything is fitted on out-of-fold predictions: of each segment, by the model that was not trained on its group.
- A threshold is chosen for the rule "the strongest label is the fault, and its calibrated probability is at least the
  threshold". What a task asks beyond that (margins, several segments in a row) can only remove alarms.
"""

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from horuslib.evaluation.decide import counts_as_alarm, is_evaluated
from horuslib.evaluation.fusion import softmax
from horuslib.evaluation.metrics import covered_s, poisson_upper
from horuslib.tasks import Task

TEMPERATURES = (0.5, 10.0)
"""Bounds of the fit: without an error to learn from, the likelihood alone would sharpen for ever."""
LOWEST, LOWEST_STRICT, HIGHEST = 0.30, 0.50, 0.95
"""Range of chosen thresholds. Below it a verdict would be a guess; above it a clear fault would be dropped."""
HIGHEST_KNOWN_GOOD = (0.96, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.998)
"""Thresholds beyond, where hours of known-good programme show what they are worth."""
MOST_LOST = 0.2
"""Share of a class's best F that calm on known-good programme may cost: some of what is heard there really is faulty,
and a class that is never reported is of no use."""
_LOST = f"what keeps it loses more than {100 * MOST_LOST:.0f} % of the best F"
CAUTION_COST = 0.02
"""Share of a strict class's best F that may be given for a higher threshold: what raises false alarms in hours of
programme is not in minutes of labelled videos. On three hours of programme that no model had learnt from, this halved
the alarms of echoes."""
STEP = 0.01
HEIGHT = 0.8
"""Where in a run of equally good thresholds the chosen one stands. Decided on folds of real recordings: half way up,
one or two normal recordings raised alarms in each of four trainings, from here on none, at about the same macro-F1."""
MIN_SEGMENTS, MIN_GROUPS = 5, 2
"""A class with less out-of-fold evidence than this keeps the task's default threshold."""


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Soften (temperature over 1) or sharpen (under 1) probabilities: softmax(log p / temperature); float64 (N, L)."""
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=float), 1e-30)) / temperature
    return softmax(logits)


def negative_log_likelihood(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Mean of -log p(true label); `truth` holds column indices (N,)."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-30)).mean())


def fit_temperature(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The temperature that makes the true labels likeliest (Guo et al. 2017); 1.0 without predictions.

    Parameters
    ----------
    probabilities : (N, L) softmax outputs on sound the model was not trained on.
    truth : (N,) column index of each true label.
    """
    if len(truth) == 0:
        return 1.0
    low, high = np.log(TEMPERATURES)
    found = minimize_scalar(
        lambda t: negative_log_likelihood(apply_temperature(probabilities, np.exp(t)), truth),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(found.x))


def reliability(probabilities: np.ndarray, truth: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Accuracy of the most probable label per bin of confidence.

    Returns
    -------
    DataFrame with one row per bin of confidence: low, high, count, confidence (mean), accuracy; NaN in empty bins.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.clip(np.digitize(confidence, edges[1:-1], right=True), 0, bins - 1)
    rows = [
        {
            "low": edges[b],
            "high": edges[b + 1],
            "count": int((bin_of == b).sum()),
            "confidence": confidence[bin_of == b].mean() if (bin_of == b).any() else np.nan,
            "accuracy": right[bin_of == b].mean() if (bin_of == b).any() else np.nan,
        }
        for b in range(bins)
    ]
    return pd.DataFrame(rows)


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 10) -> float:
    """Mean distance between confidence and accuracy over the bins, weighted by their counts; 0 is perfect."""
    table = reliability(probabilities, truth, bins)
    filled = table[table["count"] > 0]
    return float(np.average((filled.confidence - filled.accuracy).abs(), weights=filled["count"]))


def count_alarms(segments: pd.DataFrame, hop_s: float, gap_segments: int, min_segments: int = 1) -> int:
    """How many alarms these flagged segments make: neighbours of one recording, small gaps bridged, are one alarm; it
    takes `min_segments` of them."""
    ordered = segments.sort_values(["recording_id", "start_s"])
    step_s = ordered.groupby("recording_id").start_s.diff()
    run = (~(step_s <= (gap_segments + 1.5) * hop_s)).cumsum()
    return int((run.value_counts() >= min_segments).sum())


def choose_thresholds(
    segments: pd.DataFrame,
    task: Task,
    overrides: Mapping[str, float] | None = None,
    varied: pd.DataFrame | None = None,
    programme: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A threshold per fault that maximises F1 within the task's budget of false alarms per hour of normal sound.

    The budget is shared between the faults that have no fixed threshold. A `strict` fault gets half a share and
    maximises F0.5, which weighs precision over recall (seed 1: fewer false positives of volume_baixo and eco_reverb);
    its budget holds on normal sound as it was recorded and as it was varied, taken together.
    Of equally good thresholds one near their upper end is taken, for a strict fault the highest that is nearly as good:
    where no normal sound comes near the fault, there has been too little of it to know. A threshold that the task fixes
    is kept, and before it one that a person chose.

    Parameters
    ----------
    segments : calibrated out-of-fold predictions: recording_id, group_id, start_s, end_s, label, p_<label>.
    overrides : label -> threshold that a person chose.
    varied : the same of variations; a segment of its own each.
    programme : the same of known-good programme, all of it. The budget is then per hour of this: the upper bound of the
        rate (`decision.budget_confidence`) must keep it, where the archive is long enough to show that; else the rate.

    Returns
    -------
    DataFrame indexed by fault label: threshold, precision, recall, f1 (of the rule above, on these segments),
    false_alarms (alarms on normal sound), reason (a sentence), programme (the alarms on known-good programme, how many
    are allowed, by what, and why more are raised where they are; "" without such programme).
    """
    overrides, rules = overrides or {}, {label: task.decision.rule(label) for label in task.faults}
    free = [label for label, rule in rules.items() if label not in overrides and rule.threshold is None]
    weights = {label: 0.5 if rules[label].strict else 1.0 for label in free}
    shares = {label: task.decision.false_alarms_per_hour * weights[label] / sum(weights.values()) for label in free}
    normal = segments[segments.label == task.background]
    hours = _hours(normal)
    varied = segments[:0] if varied is None else varied[varied.label == task.background]
    varied_hours = len(varied) * task.front_end.segment_s / 3600
    programme = None if programme is None or programme.empty else programme
    programme_hours = 0.0 if programme is None else _hours(programme)
    rows = {}
    for label, rule in rules.items():
        strict = rule.strict
        score, beta = score_of(segments, label, task), 0.5 if strict else 1.0
        lost, lack = False, ""
        if label in overrides:
            chosen, reason = overrides[label], "the analyst's"
        elif rule.threshold is not None:
            chosen, reason = rule.threshold, "fixed by the task"
        elif lack := _too_little(segments[segments.label == label]):
            chosen, reason = task.decision.default_threshold, f"the task's default: {lack}"
        else:
            grid = np.round(np.arange(LOWEST_STRICT if strict else LOWEST, HIGHEST + STEP / 2, STEP), 3)
            suspected = None if programme is None else _suspected(programme, label, task, grid[0])
            if suspected is not None and len(suspected):
                grid = np.append(grid, HIGHEST_KNOWN_GOOD)
            sweep = pd.DataFrame([_measure(segments, score, label, t, task, beta) for t in grid])
            evaluated_hours = hours
            if strict:
                sweep.false_alarms += [int((score_of(varied, label, task) >= t).sum()) for t in grid]
                evaluated_hours += varied_hours
            allowed = int(shares[label] * evaluated_hours)
            if suspected is not None:
                on_programme = np.array([_alarms(suspected[suspected.score >= t], label, task) for t in grid])
                allowed_there = _allowed(shares[label] * programme_hours, task.decision.budget_confidence)
                lost = bool((on_programme <= allowed_there).any())
                sweep = _within_allowance(sweep, on_programme, allowed_there)
            unheard = suspected is None or not on_programme.any()
            chosen, reason = _best(sweep, allowed, CAUTION_COST if strict and unheard else 0.0)
        said = ""
        if programme is not None:
            raised = _alarms(_suspected(programme, label, task, chosen), label, task)
            why = "the threshold is the task's default" if lack else _LOST if lost else "no threshold keeps it"
            said = _said(label, raised, programme_hours, shares.get(label), why, task)
        rows[label] = {**_measure(segments, score, label, chosen, task, beta), "reason": reason, "programme": said}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("label").drop(columns="f_beta")


def _suspected(programme: pd.DataFrame, label: str, task: Task, least: float) -> pd.DataFrame:
    """Segments of known-good programme on which a label would be a false alarm, with its `score`, `least` or more."""
    scored = programme.assign(score=score_of(programme, label, task))
    return scored[counts_as_alarm(programme, label, task) & (scored.score >= least)]


def _said(label: str, raised: int, hours: float, share: float | None, why: str, task: Task) -> str:
    """How many alarms of a label known-good programme raises, how many may be, and by what.

    Parameters
    ----------
    share : of the budget, alarms per hour; None where the threshold is not chosen by it.
    why : more are raised than may be, where they are.
    """
    if not is_evaluated(label, task):
        return "not evaluated here"
    counted = f"{raised} {'alarm' if raised == 1 else 'alarms'} in {hours:.1f} h"
    if share is None:
        return f"{counted}; the threshold is not chosen by them"
    confidence = task.decision.budget_confidence
    bound, allowed = f"the {100 * confidence:.0f} % bound", _allowed(share * hours, confidence)
    least_h = poisson_upper(0, confidence) / share if share else np.inf
    by = bound if hours >= least_h else f"the rate itself ({bound} takes {least_h:.1f} h)"
    return f"{counted}, {allowed} allowed by {by}{f'; not kept: {why}' if raised > allowed else ''}"


def _within_allowance(sweep: pd.DataFrame, alarms: np.ndarray, allowed: int) -> pd.DataFrame:
    """The thresholds that raise no more alarms on known-good programme than allowed; where they would cost more of the
    best F than `MOST_LOST`, those that do not, and of them the ones with the fewest alarms."""
    bearable = (sweep.f_beta >= (1 - MOST_LOST) * sweep.f_beta.max()).to_numpy()
    kept = bearable & (alarms <= allowed)
    return sweep[kept if kept.any() else bearable & (alarms == alarms[bearable].min())]


def _hours(segments: pd.DataFrame) -> float:
    return covered_s(segments.recording_id, segments.start_s, segments.end_s) / 3600


def score_of(segments: pd.DataFrame, label: str, task: Task) -> pd.Series:
    """The probability of `label` where it is the strongest, 0 elsewhere: what the threshold is compared with."""
    probabilities = segments[[f"p_{x}" for x in task.labels]].to_numpy()
    strongest = probabilities.argmax(axis=1) == task.labels.index(label)
    return pd.Series(np.where(strongest, segments[f"p_{label}"], 0.0), index=segments.index)


def _too_little(positives: pd.DataFrame) -> str:
    """Why a class cannot choose a threshold of its own; empty when it can."""
    groups = positives.group_id.nunique()
    if len(positives) >= MIN_SEGMENTS and groups >= MIN_GROUPS:
        return ""
    return (
        f"{len(positives)} segments from {groups} groups of sound are too few to choose by "
        f"(it takes {MIN_SEGMENTS} from {MIN_GROUPS}); give more videos of this class"
    )


def _measure(segments: pd.DataFrame, score: pd.Series, label: str, threshold: float, task: Task, beta: float) -> dict:
    flagged, true = score >= threshold, segments.label == label
    hits, named, support = int((flagged & true).sum()), int(flagged.sum()), int(true.sum())
    alarms = segments[flagged & (segments.label == task.background)]
    return {
        "threshold": float(threshold),
        "precision": hits / named if named else np.nan,
        "recall": hits / support if support else np.nan,
        "f1": 2 * hits / (named + support) if named + support else np.nan,
        "f_beta": (1 + beta**2) * hits / max(named + beta**2 * support, 1e-9),
        "false_alarms": _alarms(alarms, label, task),
    }


def _alarms(flagged: pd.DataFrame, label: str, task: Task) -> int:
    rule = task.decision.rule(label)
    return count_alarms(flagged, task.front_end.hop_s, task.decision.gap(label), rule.min_segments)


def _allowed(expected: float, confidence: float) -> int:
    """The most alarms that show, with this confidence, that no more than `expected` may be expected in as much sound.

    Where even none would not show it, the most that do not exceed it.
    """
    if poisson_upper(0, confidence) > expected:
        return int(expected)
    return next(n - 1 for n in itertools.count(1) if poisson_upper(n, confidence) > expected)


def _best(sweep: pd.DataFrame, allowed: int, calm_cost: float) -> tuple[float, str]:
    """Of the longest run of equally good thresholds that raise no more alarms than allowed, the one at `HEIGHT`; the
    highest where some of the F may be given for it."""
    within = sweep[sweep.false_alarms <= allowed]
    if within.empty:
        alarms = sweep.false_alarms.iloc[-1]
        return float(sweep.threshold.iloc[-1]), f"the highest allowed; false alarms {alarms}, budget {allowed}"
    if within.f_beta.max() == 0:
        return float(
            sweep.threshold.iloc[-1]
        ), f"the highest allowed; nothing is found with false alarms under {allowed + 1}"
    if calm_cost:
        calm = within.threshold[within.f_beta >= (1 - calm_cost) * within.f_beta.max()].iloc[-1]
        reason = f"the highest within {calm_cost:.0%} of the best F; false alarms allowed on normal sound: {allowed}"
        return float(calm), reason
    best = within.index[np.isclose(within.f_beta, within.f_beta.max())].to_numpy()
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    run = max(runs, key=len)
    chosen = run[round(HEIGHT * (len(run) - 1))]
    return float(sweep.threshold[chosen]), f"the best F; false alarms allowed on normal sound: {allowed}"
