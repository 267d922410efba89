"""The live panel of 07_review, for JupyterLab and Voila: listen, correct labels, tune thresholds, save.

The panel computes nothing: a `PanelState` holds segments and corrections, a `Tuning` the trial thresholds;
`review_panel` has what panels of all kinds share.
"""

import time

import numpy as np

from horuslib.review.panel.review_panel import ReviewPanel
from horuslib.review.panel.state import KNOWN_GOOD, PanelState, load_panel_state
from horuslib.review.panel.tuning import GRID, Tuning
from horuslib.tasks import Task


class Panel(ReviewPanel):
    """The panel over segments of sound, whose thresholds can be moved."""

    asked = (*ReviewPanel.asked, "threshold", "suggest", "undo_threshold", "save")
    advancing = ("unlabelled", KNOWN_GOOD)

    def __init__(self, panel_state: PanelState, tuning: Tuning):
        self._tuning = tuning
        super().__init__(panel_state, tuning)

    def threshold(self, label: str, value: float, settled: bool = True) -> None:
        """Try a threshold value."""
        self._retune(lambda: self._tuning.move({label: float(value)}, settled))
        self.status = f"{label} at {float(value):.2f}. Nothing is saved yet."

    def suggest(self, way: str) -> None:
        """Try thresholds chosen by a rule: f1, budget or task."""
        self._retune(lambda: self._tuning.move(self._tuning.suggest(way)))
        words = {"f1": "the best F1 of each class", "budget": "the false-alarm budget", "task": "the task's file"}
        self.status = f"Thresholds by {words[way]}. Nothing is saved yet."

    def undo_threshold(self) -> None:
        """Undo the last move of a threshold."""
        if self._tuning.undo():
            self._retune(lambda: None)
            moved = [x for x, value in self._tuning.thresholds.items() if value != self._tuning.saved[x]]
            self.status = f"Undone. Not as saved: {', '.join(moved)}." if moved else "Undone: all are as saved."
        else:
            self.status = "No threshold was moved."

    def save(self) -> None:
        """Save the moved thresholds for the next run."""
        if self._tuning.thresholds == self._tuning.saved:
            self.status = "No threshold was moved since the last save."
            return
        lines = self._tuning.save()
        self._retune(lambda: None)
        task = self._items.task.name
        self.status = f"Saved for the next make all TASK={task}; for Horus's .env: " + "  ".join(lines)

    def _constants(self) -> dict:
        return {**super()._constants(), "faults": self._items.task.faults, "grid": GRID.tolist()}

    def _part_of(self, position: int) -> str:
        return KNOWN_GOOD if self._items.rows.split[position] == KNOWN_GOOD else super()._part_of(position)

    def _retune(self, move) -> None:
        began = time.perf_counter()
        move()
        self._show_numbers()
        self._find()
        self.numbers = {**self.numbers, "took_ms": round(1000 * (time.perf_counter() - began), 1)}

    def _show_curves(self) -> None:
        curves = self._tuning.curves()
        self.curves = {x: {k: _plain(v) for k, v in curve.items()} for x, curve in curves.items()}

    def _show_numbers(self) -> None:
        super()._show_numbers()
        self.numbers = {
            **self.numbers,
            "thresholds": self._tuning.thresholds,
            "saved": self._tuning.saved,
            "budget": self._items.task.decision.false_alarms_per_hour,
        }


def _plain(values: np.ndarray) -> list[float | None]:
    return [round(float(x), 4) if np.isfinite(x) else None for x in values]


def panel(task: Task) -> Panel:
    """The panel of a task whose 06_evaluate has run, at the thresholds in force."""
    panel_state = load_panel_state(task)
    return Panel(panel_state, Tuning(panel_state, panel_state.thresholds))
