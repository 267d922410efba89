"""The live panel of 07_review, for JupyterLab and Voila: listen, correct labels, tune thresholds, save.

The panel computes nothing: a `PanelState` holds segments and corrections, a `Tuning` the trial thresholds, a
`Selection` the filters; `templates/panel.js` renders the traits below and sends the analyst's requests.
"""

import time
from functools import lru_cache
from importlib.resources import files

import anywidget
import numpy as np
import traitlets

from horuslib.core.errors import UserError
from horuslib.review.cards.style import class_colours
from horuslib.review.panel.selection import Selection
from horuslib.review.panel.state import KNOWN_GOOD, PanelState, load_panel_state
from horuslib.review.panel.tuning import GRID, Tuning
from horuslib.tasks import Task

WINDOW = 80
"""Rows sent to the browser at a time."""
_TEMPLATES = files("horuslib.review").joinpath("templates")


class Panel(anywidget.AnyWidget):
    """The panel over a panel state. Messages from the browser name a method: `{"do": "relabel", "label": "normal"}`."""

    _esm = "\n".join(_TEMPLATES.joinpath(name).read_text("utf-8") for name in ("elements.js", "panel.js"))
    _css = _TEMPLATES.joinpath("panel.css").read_text("utf-8")

    setup = traitlets.Dict().tag(sync=True)
    """Constant data: labels, colours, sources, folds, title."""
    filters = traitlets.Dict().tag(sync=True)
    listing = traitlets.Dict().tag(sync=True)
    """A window of the list: total, first, rows, at (the open segment's index in the list, -1 without one)."""
    card = traitlets.Unicode().tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)
    """Metrics at the trial thresholds."""
    curves = traitlets.Dict().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    played = traitlets.Int().tag(sync=True)
    """How often the kernel has started playback."""

    def __init__(self, panel_state: PanelState, tuning: Tuning):
        self._panel_state, self._tuning = panel_state, tuning
        self._card = lru_cache(64)(lambda position, label, verdict: panel_state.card(position, verdict))
        wrong = panel_state.counted & (panel_state.labels != tuning.verdict)
        self._selection = Selection(errors=bool(wrong.any()))
        self._first, self._open, self._found = 0, -1, np.array([], int)
        task = panel_state.task
        self.setup = {
            "title": task.title,
            "labels": task.labels,
            "faults": task.faults,
            "colours": class_colours(task.labels),
            "sources": sorted(set(panel_state.rows.source)),
            "folds": sorted(set(panel_state.folds) - {"unlabelled", KNOWN_GOOD}),
            "known_good": int((panel_state.rows.split == KNOWN_GOOD).sum()),
            "unlabelled": int((panel_state.rows.split == "unlabelled").sum()),
            "grid": GRID.tolist(),
        }
        self._show_curves()
        self._show_numbers()
        self._find()
        super().__init__()  # Last, so that the browser is notified once, when all traits are set.
        self.on_msg(self._receive)

    def select(self, **filters: object) -> None:
        """Change the filters of the list."""
        self._selection = Selection(**{**vars(self._selection), **filters})
        self._find()

    def window(self, first: int) -> None:
        """Show the rows of the list from this index on."""
        self._first = max(0, int(first))
        self._show_list()

    def turn_to(self, at: int) -> None:
        """Show the card at an index of the list."""
        if len(self._found):
            self._open = int(self._found[np.clip(at, 0, len(self._found) - 1)])
            self._show_card()

    def move(self, by: int) -> None:
        """Show the next or the previous card."""
        self.turn_to(self._at() + by)

    def segment(self, segment_id: str) -> None:
        """Show the card of a segment; if it is not listed, list its recording."""
        (position,) = np.flatnonzero(self._panel_state.rows.segment_id == segment_id)
        self._open = int(position)
        if self._at() >= 0:
            self._show_card()
            return
        part = "labelled" if self._panel_state.columns[position] >= 0 else "unlabelled"
        part = "known_good" if self._panel_state.rows.split[position] == KNOWN_GOOD else part
        source = self._panel_state.rows.source[position]
        self.select(**{**vars(Selection()), "part": part, "source": source, "sort": "source", "descending": False})

    def cell(self, label: str, verdict: str) -> None:
        """List the segments of a cell of the confusion matrix and play the first."""
        self.select(**{**vars(Selection()), "label": label, "verdict": verdict})
        self.turn_to(0)
        self.played += len(self._found) > 0

    def relabel(self, label: str) -> None:
        """Give the open segment another label; in the lists of unlabelled sound and of known-good programme,
        open the next one."""
        self._decide(label, label)

    def quarantine(self) -> None:
        """Exclude the open segment from training and from all metrics."""
        self._decide(None, "quarantined")

    def undo(self) -> None:
        """Undo the latest correction."""
        taken = self._panel_state.undo()
        if taken is None:
            self.status = "There is no correction to undo."
            return
        self._open = taken.position
        self._show_all()
        where = f"{taken.source}, {taken.correction.start_s:.1f} s"
        if taken.shown:
            label = self._panel_state.labels[taken.position] or "without a label"
            self.status = f"Undone: {where} is {label} again."
        else:
            was = taken.correction.label or "quarantined"
            self.status = f"Undone: {where}, {was}. The last run was trained on it; the next make all removes it."

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
        task = self._panel_state.task.name
        self.status = f"Saved for the next make all TASK={task}; for Horus's .env: " + "  ".join(lines)

    def _receive(self, _widget: object, message: dict, _buffers: object) -> None:
        asked = dict(message)
        name = asked.pop("do")
        if name not in _ASKED:
            raise ValueError(f"the panel has no method {name!r}")
        with self.hold_sync():
            try:
                getattr(self, name)(**asked)
            except UserError as e:
                self.status = str(e)

    def _decide(self, label: str | None, word: str) -> None:
        if self._open < 0:
            return
        row, was = self._panel_state.rows.loc[self._open], self._panel_state.labels[self._open]
        self._panel_state.correct(self._open, label)
        if self._selection.part in ("unlabelled", "known_good"):
            self._open = int(self._found[min(self._at() + 1, len(self._found) - 1)])
        self._show_all()
        self.status = f"{row.source}, {row.start_s:.1f} s: {was or 'no label'} → {word}. Press u to undo."

    def _retune(self, move) -> None:
        began = time.perf_counter()
        move()
        self._show_numbers()
        self._find()
        self.numbers = {**self.numbers, "took_ms": round(1000 * (time.perf_counter() - began), 1)}

    def _find(self) -> None:
        """Rebuild the list; the open segment stays open if it is still listed."""
        self._found = self._selection.positions(self._panel_state, self._tuning)
        at = self._at()
        if at < 0:
            self._open, at = (int(self._found[0]), 0) if len(self._found) else (-1, 0)
        self._first = max(0, at - WINDOW // 2)
        self.filters = vars(self._selection)
        self._show_card()

    def _at(self) -> int:
        return int(next(iter(np.flatnonzero(self._found == self._open)), -1))

    def _show_all(self) -> None:
        self._show_curves()
        self._show_numbers()
        self._show_card()

    def _show_card(self) -> None:
        if self._open < 0:
            self.card = ""
        else:
            self.card = self._card(self._open, self._panel_state.labels[self._open], self._tuning.verdict[self._open])
        self._show_list()

    def _show_list(self) -> None:
        panel_state, tuning = self._panel_state, self._tuning
        here = self._found[self._first : self._first + WINDOW]
        rows = [
            {
                "source": row.source,
                "start": row.start_s,
                "label": "quarantined" if panel_state.quarantined[i] else panel_state.labels[i] or "",
                "verdict": tuning.verdict[i],
                "confidence": round(float(tuning.confidence[i]), 2),
                "fold": panel_state.folds[i],
                "wrong": bool(panel_state.counted[i] and panel_state.labels[i] != tuning.verdict[i]),
                "suspicion": row.suspicion,
                "corrected": bool(panel_state.corrected[i]),
            }
            for i, row in zip(here, panel_state.rows.loc[here].itertuples(), strict=True)
        ]
        self.listing = {"total": len(self._found), "first": self._first, "rows": rows, "at": self._at()}

    def _show_curves(self) -> None:
        curves = self._tuning.curves()
        self.curves = {x: {k: _plain(v) for k, v in curve.items()} for x, curve in curves.items()}

    def _show_numbers(self) -> None:
        found, tuning = self._tuning.numbers(), self._tuning
        classes = found.pop("classes")[["precision", "recall", "f1", "support"]]
        self.numbers = {
            **{name: _number(value) for name, value in found.items() if name != "matrix"},
            "matrix": found["matrix"].tolist(),
            "classes": {label: {k: _number(v) for k, v in row.items()} for label, row in classes.T.to_dict().items()},
            "thresholds": tuning.thresholds,
            "saved": tuning.saved,
            "budget": self._panel_state.task.decision.false_alarms_per_hour,
        }


_ASKED = (
    "select",
    "window",
    "turn_to",
    "move",
    "segment",
    "cell",
    "relabel",
    "quarantine",
    "undo",
    "threshold",
    "suggest",
)
_ASKED += ("undo_threshold", "save")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _plain(values: np.ndarray) -> list[float | None]:
    return [round(float(x), 4) if np.isfinite(x) else None for x in values]


def panel(task: Task) -> Panel:
    """The panel of a task whose 06_evaluate has run, at the thresholds in force."""
    panel_state = load_panel_state(task)
    return Panel(panel_state, Tuning(panel_state, panel_state.thresholds))
