"""Trial thresholds: the effect of each value on all evaluated segments, recomputed at once.

Verdicts use the scanner's own decision rule (`evaluation.decide`) and metrics those of `evaluation.metrics`, so a
slider shows the same numbers as 07_review's static page at these thresholds.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.evaluation import calibration, metrics
from horuslib.evaluation.decide import decide, resolved_thresholds
from horuslib.evaluation.operating_point import count_alarms
from horuslib.review.panel.state import PanelState

GRID = np.round(np.linspace(0, 1, 101), 2)
"""The thresholds at which curves are computed."""


class Tuning:
    """Trial thresholds over the rows of a panel state.

    Attributes
    ----------
    thresholds, saved : fault label -> threshold, trial and last saved.
    verdict, confidence : (N,) at the trial thresholds; `verdict_saved` at the saved ones.
    """

    def __init__(self, panel_state: PanelState, thresholds: Mapping[str, float]):
        self._panel_state, rows = panel_state, panel_state.rows
        self._p = rows[[f"p_{label}" for label in panel_state.task.labels]].to_numpy(float)
        self._level = rows.rms.to_numpy(float), rows.peak.to_numpy(float)
        self._place = tuple(rows[name].to_numpy() for name in ("recording_id", "start_s", "end_s"))
        self._before: list[dict[str, float]] = []
        self._moving = False
        self.saved = resolved_thresholds(panel_state.task, thresholds)
        self.verdict_saved = self._decide(self.saved).label.to_numpy(object)
        self._try(self.saved)

    @property
    def doubt(self) -> np.ndarray:
        """(N,) one minus the probability of the label; without a label, of the most probable class."""
        columns = self._panel_state.columns
        own = np.where(columns < 0, self._p.max(axis=1), self._p[np.arange(len(self._p)), columns])
        return 1 - own

    def move(self, values: Mapping[str, float], settled: bool = True) -> None:
        """Try other thresholds. The moves of one drag, all unsettled except the last, are undone together."""
        if not self._moving:
            self._before.append(self.thresholds)
        self._moving = not settled
        self._try({**self.thresholds, **values})

    def undo(self) -> bool:
        """Undo the last move; False when there was none."""
        if not self._before:
            return False
        self._moving = False
        self._try(self._before.pop())
        return True

    def suggest(self, way: str) -> dict[str, float]:
        """Thresholds by a rule: `f1` (best F1 of each class), `budget` (as evaluation chooses within the task's false
        alarms per hour), or `task` (the numbers of the task's file)."""
        task = self._panel_state.task
        if way == "task":
            return resolved_thresholds(task)
        if way == "budget":
            use = self._panel_state.counted & (self._panel_state.rows.split == "train").to_numpy()
            out_of_fold = self._panel_state.rows.assign(label=self._panel_state.labels)[use]
            others = {"varied": self._panel_state.varied, "programme": self._panel_state.programme}
            return calibration.choose_thresholds(out_of_fold, task, **others).threshold.to_dict()
        best = {}
        for label, curve in self.curves().items():
            f1 = np.nan_to_num(curve["f1"])
            if f1.max() > 0:
                ties = np.flatnonzero(np.isclose(f1, f1.max()))
                best[label] = float(GRID[ties[len(ties) // 2]])
        return best

    def curves(self) -> dict[str, dict[str, np.ndarray]]:
        """Per fault: precision, recall and F1 over `GRID`, of the rule "most probable, and at least the threshold"."""
        use, curves = self._panel_state.counted, {}
        labels, p = self._panel_state.labels[use], self._p[use]
        best = p.argmax(axis=1)
        for label in self._panel_state.task.faults:
            column = self._panel_state.task.labels.index(label)
            score = np.where(best == column, p[:, column], -1.0)
            true = labels == label
            named, hits = (x.size - np.searchsorted(np.sort(x), GRID) for x in (score, score[true]))
            with np.errstate(invalid="ignore", divide="ignore"):
                curves[label] = {
                    "precision": hits / named,
                    "recall": hits / true.sum(),
                    "f1": 2 * hits / (named + true.sum()),
                }
        return curves

    def numbers(self) -> dict:
        """Metrics at the trial thresholds: matrix (L, L), classes (a table per label), alarms, per_hour, affected."""
        panel_state, use = self._panel_state, self._panel_state.counted
        labels, verdict = panel_state.labels[use], self.verdict[use]
        matrix = metrics.confusion(labels, verdict, panel_state.task.labels)
        normal = labels == panel_state.task.background
        alarms = count_alarms(*(column[use][normal] for column in self._place), verdict[normal], panel_state.task)
        rate, bound = metrics.alarm_rate(alarms, panel_state.normal_hours)
        return {
            "matrix": matrix,
            "classes": metrics.class_table(matrix, panel_state.task.labels),
            "macro_f1": float(metrics.macro_f1(matrix)),
            "alarms": alarms,
            "normal_hours": panel_state.normal_hours,
            "per_hour": rate,
            "per_hour_upper95": bound,
            "affected": int((verdict != self.verdict_saved[use]).sum()),
        }

    def save(self) -> list[str]:
        """Write the trial thresholds to the ledger; returns the lines for Horus's `.env`."""
        panel_state = self._panel_state
        lines = panel_state.ledger.save_thresholds(self.thresholds, self.saved, panel_state.thresholds_alone)
        self.saved, self.verdict_saved = self.thresholds, self.verdict
        return lines

    def _try(self, thresholds: dict[str, float]) -> None:
        decided = self._decide(thresholds)
        self.thresholds = thresholds
        self.verdict, self.confidence = decided.label.to_numpy(object), decided.confidence.to_numpy()

    def _decide(self, thresholds: Mapping[str, float]) -> pd.DataFrame:
        return decide(self._p, *self._level, self._panel_state.task, thresholds)
