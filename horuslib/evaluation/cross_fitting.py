"""Calibration, fusion and thresholds, never evaluated on what they were fitted on: each fold's come from the others.

Conventions
-----------
- `evaluated` and `augmented` are the tables of `evaluation.evaluate`; `heard` is known-good programme
  (`evaluation.known_good`).
- The temperature is fitted on `evaluated`, the fusion on both; the holdout's numbers come from all folds, and so do
  those that are exported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from horuslib.evaluation import calibration, metrics
from horuslib.evaluation.decide import decide
from horuslib.evaluation.events import contiguous_runs, sustained
from horuslib.evaluation.fusion import Fusion, fit_fusion
from horuslib.tasks import Task


def probabilities(evaluated: pd.DataFrame, task: Task) -> np.ndarray:
    """The (N, L) probabilities of a table's p_<label> columns, in the task's order."""
    return evaluated[[f"p_{label}" for label in task.labels]].to_numpy(dtype=float)


def truth(evaluated: pd.DataFrame, task: Task) -> np.ndarray:
    """The (N,) column indices of the true labels."""
    return evaluated.label.map(task.labels.index).to_numpy(dtype=int)


def measured_columns(evaluated: pd.DataFrame, measures: Sequence[str]) -> np.ndarray:
    """The (N, M) measures of a table, in this order."""
    return evaluated[list(measures)].to_numpy(dtype=float).reshape(len(evaluated), len(measures))


@dataclass(frozen=True)
class CalibratedDecision:
    """From a network's probabilities to calibrated ones: the temperature, and what the measures add."""

    temperature: float
    fusion: Fusion

    @classmethod
    def fit(
        cls, evaluated: pd.DataFrame, augmented: pd.DataFrame, task: Task, measures: Sequence[str] | None = None
    ) -> "CalibratedDecision":
        """From rows that their networks were not trained on.

        Parameters
        ----------
        measures : what may be added; the task's when not given.
        """
        measures = tuple(task.decision.measures if measures is None else measures)
        temperature = calibration.fit_temperature(probabilities(evaluated, task), truth(evaluated, task))
        # Without measures only offsets may be fitted: to how often the classes are, and not how often they were varied.
        rows = pd.concat([evaluated, augmented], ignore_index=True) if measures else evaluated
        p = calibration.apply_temperature(probabilities(rows, task), temperature)
        return cls(temperature, fit_fusion(p, measured_columns(rows, measures), truth(rows, task), measures, task))

    def apply(self, evaluated: pd.DataFrame, task: Task) -> pd.DataFrame:
        """The same table with calibrated probabilities, and `predicted` and `confidence` that follow from them."""
        p = calibration.apply_temperature(probabilities(evaluated, task), self.temperature)
        p = self.fusion.apply(p, measured_columns(evaluated, self.fusion.measures))
        columns = {f"p_{label}": p[:, i] for i, label in enumerate(task.labels)}
        return evaluated.assign(**columns, predicted=np.array(task.labels)[p.argmax(axis=1)], confidence=p.max(axis=1))


def cross_fitted(
    evaluated: pd.DataFrame,
    augmented: pd.DataFrame,
    task: Task,
    measures: Sequence[str] | None = None,
    rows: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Each fold, and the holdout, calibrated by numbers fitted on the other folds; rows in the order they came in.

    Parameters
    ----------
    measures : as in `CalibratedDecision.fit`.
    rows : what is calibrated; `evaluated` when not given.
    """
    rows, parts = evaluated if rows is None else rows, []
    if rows.empty:
        return rows
    for fold, some in rows.groupby("fold"):
        others, varied = (x[(x.split == "train") & (x.fold != fold)] for x in (evaluated, augmented))
        parts.append(CalibratedDecision.fit(others, varied, task, measures).apply(some, task))
    return pd.concat(parts).sort_index()


def with_programme(
    evaluated: pd.DataFrame, augmented: pd.DataFrame, heard: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that calibration and fusion are fitted on, (evaluated, augmented), with those of the archive.

    The segments drawn at random stand beside the evaluated ones, as the programme is; the hard ones beside the
    variations, since they are no fair sample.
    """
    if heard.empty:
        return evaluated, augmented
    known = heard[heard.split == "train"]
    fair, hard = known[known.chosen == "random"], known[known.chosen.isin(["hard", "confirmed"])]
    return pd.concat([evaluated, fair], ignore_index=True), pd.concat([augmented, hard], ignore_index=True)


@dataclass(frozen=True)
class Limits:
    """What calibrated probabilities must reach.

    Attributes
    ----------
    thresholds : of the fault labels.
    sustained : label -> share of the threshold's odds that is enough where it lasts (`evaluation.events.sustained`).
    """

    thresholds: Mapping[str, float]
    sustained: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, thresholds: Mapping[str, float], programme: pd.DataFrame, task: Task) -> "Limits":
        """These thresholds, and what calibrated known-good programme says of evidence that lasts."""
        return cls(thresholds, sustained.choose_shares(programme, thresholds, task))

    def decided(self, calibrated: pd.DataFrame, task: Task) -> pd.DataFrame:
        """`decide` for the same rows, and what lasts (`evaluation.events.sustained`).

        Parameters
        ----------
        calibrated : of one or more recordings: recording_id, start_s, end_s, rms, peak, p_<label>.
        """
        p = probabilities(calibrated, task)
        found = decide(p, calibrated.rms, calibrated.peak, task, self.thresholds).set_index(calibrated.index)
        if self.sustained:
            about = calibrated[["recording_id", "start_s", "end_s"]]
            placed = found.join(about).sort_values(["recording_id", "start_s"])
            for _, stretch in placed.groupby(contiguous_runs(placed, task)):
                stretch = stretch.copy()
                sustained.accept(stretch, task, self.thresholds, self.sustained)
                found.loc[stretch.index, ["label", "confidence"]] = stretch[["label", "confidence"]]
        return found


def cross_limits(
    evaluated: pd.DataFrame,
    augmented: pd.DataFrame,
    task: Task,
    overrides: Mapping[str, float] | None = None,
    heard: pd.DataFrame | None = None,
) -> dict[int, Limits]:
    """Fold, holdout included, -> limits chosen on the other folds, calibrated by themselves.

    Parameters
    ----------
    overrides : label -> threshold that a person chose; it holds for every fold.
    heard : known-good programme (`evaluation.known_good`), whose folds take part.
    """
    heard = evaluated[:0] if heard is None else heard
    chosen = {}
    for fold in evaluated.fold.unique():
        others, varied, known = (x[(x.split == "train") & (x.fold != fold)] for x in (evaluated, augmented, heard))
        calibrated = CalibratedDecision.fit(*with_programme(others, varied, known), task)
        read = (calibrated.apply(x, task) for x in (others, varied, known))
        labelled, practised, programme = read
        choice = calibration.choose_thresholds(labelled, task, overrides, practised, programme)
        chosen[fold] = Limits.of(choice.threshold.to_dict(), programme, task)
    return chosen


def decided(calibrated: pd.DataFrame, limits: Mapping[int, Limits], task: Task) -> pd.DataFrame:
    """The verdicts of each fold by limits chosen on the others, in the order of the rows, with their segment_id."""
    parts = [limits[fold].decided(part, task) for fold, part in calibrated.groupby("fold")]
    return pd.concat(parts).sort_index().assign(segment_id=calibrated.segment_id)


def worth_of_measures(evaluated: pd.DataFrame, augmented: pd.DataFrame, task: Task) -> pd.DataFrame:
    """What each measure, and all together, add to the network, out of fold and before thresholds; where the task has a
    veto (`requires_any`), also what all are worth without it.

    Returns
    -------
    A row per set of measures: macro_f1, f1_eco_reverb, log_loss (nats per segment), normal_alarms (share of normal
    segments taken for a fault).
    """
    out_of_fold, asked = evaluated[evaluated.split == "train"], task.decision.measures
    sets: dict[str, tuple[Sequence[str], Task]] = {"the network alone": ([], task)}
    sets |= {measure: ([measure], task) for measure in asked}
    guarded = any(rule.requires_any for rule in task.decision.labels.values())
    if guarded:
        sets["all, without the veto"] = (asked, _without_vetoes(task))
    if guarded or len(asked) > 1:
        sets["all"] = (asked, task)
    rows = {}
    for name, (measures, read_as) in sets.items():
        read = cross_fitted(out_of_fold, augmented, read_as, measures)
        right = probabilities(read, task)[np.arange(len(read)), truth(read, task)]
        rows[name] = {
            "macro_f1": metrics.macro_f1_of(read.label, read.predicted, task.labels),
            **_f1_of_reflections(read, task),
            "log_loss": float(-np.log(np.maximum(right, 1e-7)).mean()),
            "normal_alarms": float((read.predicted[read.label == task.background] != task.background).mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measures")


def _f1_of_reflections(calibrated: pd.DataFrame, task: Task) -> dict[str, float]:
    """The F1 of the class that the measures are for, under its own name; empty where the task has none."""
    label = task.label_of("reflections")
    if label is None:
        return {}
    return {f"f1_{label}": metrics.evaluate(calibrated.label, calibrated.predicted, task.labels).f1[label]}


def _without_vetoes(task: Task) -> Task:
    rules = {label: rule.model_copy(update={"requires_any": []}) for label, rule in task.decision.labels.items()}
    return task.model_copy(update={"decision": task.decision.model_copy(update={"labels": rules})})
