"""What every panel does, whatever its items are: list, filter, open a card, relabel, quarantine, undo.

The panel computes nothing: an `Items` holds items and corrections, a `Predictions` what is predicted of them, a
`Selection` the filters; `templates/panel.js` renders the traits below and sends the analyst's requests.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import traitlets

from horuslib.review.cards.style import class_colours
from horuslib.review.panel.message_panel import MessagePanel
from horuslib.review.panel.selection import Predictions, Selectable, Selection

WINDOW = 80
"""Rows sent to the browser at a time."""
_TEMPLATES = files("horuslib.review").joinpath("templates")


class Undone(NamedTuple):
    """An undone correction."""

    position: int
    """The row closest to it."""
    sentence: str
    """What holds now."""


class Items(Selectable, Protocol):
    """Items of review of one kind, one row each with its id, the hash of its source's content, its times and its label.

    Corrections are kept by that hash and those times. Each kind has a card of its own.

    Attributes
    ----------
    noun : what one item is called.
    parts : name of a part of the items -> its button's words.
    counted : (N,) booleans of the items that metrics count.
    """

    task: Any
    noun: str
    parts: Mapping[str, str]
    quarantined: np.ndarray
    counted: np.ndarray

    def correct(self, position: int, label: str | None) -> None:
        """Give an item another label, or exclude it (None)."""

    def undo(self) -> Undone | None:
        """Take the latest correction back; None without one."""

    def card(self, position: int, verdict: str) -> str:
        """An item as HTML."""

    def place(self, position: int) -> str:
        """An item in words."""


class ReviewPanel(MessagePanel):
    """A panel over items. Messages from the browser name a method: `{"do": "relabel", "label": "normal"}`."""

    _esm = "\n".join(_TEMPLATES.joinpath(name).read_text("utf-8") for name in ("elements.js", "panel.js"))
    _css = _TEMPLATES.joinpath("panel.css").read_text("utf-8")

    setup = traitlets.Dict().tag(sync=True)
    """Constant data: title, noun, parts, labels, colours, sources, folds; faults and their grid, if thresholds can be
    moved."""
    filters = traitlets.Dict().tag(sync=True)
    listing = traitlets.Dict().tag(sync=True)
    """A window of the list: total, first, rows, at (the open item's index in the list, -1 without one)."""
    numbers = traitlets.Dict().tag(sync=True)
    """Metrics of the predictions."""
    curves = traitlets.Dict().tag(sync=True)
    played = traitlets.Int().tag(sync=True)
    """How often the kernel has started playback."""

    asked: tuple[str, ...] = (
        "select", "window", "turn_to", "move", "segment", "cell", "relabel", "quarantine", "undo"
    )  # fmt: skip
    advancing: tuple[str, ...] = ("unlabelled",)
    """Parts of the list in which a decision opens the next item."""

    def __init__(self, items: Items, predictions: Predictions):
        self._items, self._predictions = items, predictions
        self._card = lru_cache(64)(lambda position, label, verdict: items.card(position, verdict))
        wrong = items.counted & (items.labels != predictions.verdict)
        self._selection = Selection(errors=bool(wrong.any()))
        self._first, self._open, self._found = 0, -1, np.array([], int)
        self.setup = self._constants()
        self._show_curves()
        self._show_numbers()
        self._find()
        super().__init__()  # Last, so that the browser is notified once, when all traits are set.

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
        """Show the card of an item; if it is not listed, list what has the same source."""
        (position,) = np.flatnonzero(self._items.rows.segment_id == segment_id)
        self._open = int(position)
        if self._at() >= 0:
            self._show_card()
            return
        part = self._part_of(self._open)
        source = self._items.rows.source[position]
        self.select(**{**vars(Selection()), "part": part, "source": source, "sort": "source", "descending": False})

    def cell(self, label: str, verdict: str) -> None:
        """List the items of a cell of the confusion matrix and play the first."""
        self.select(**{**vars(Selection()), "label": label, "verdict": verdict})
        self.turn_to(0)
        self.played += len(self._found) > 0

    def relabel(self, label: str) -> None:
        """Give the open item another label; in the lists of what has none yet, open the next one."""
        self._decide(label, label)

    def quarantine(self) -> None:
        """Exclude the open item from training and from all metrics."""
        self._decide(None, "quarantined")

    def undo(self) -> None:
        """Undo the latest correction."""
        taken = self._items.undo()
        if taken is None:
            self.status = "There is no correction to undo."
            return
        self._open = taken.position
        self._show_all()
        self.status = f"Undone: {taken.sentence}"

    def _constants(self) -> dict:
        items = self._items
        return {
            "title": items.task.title,
            "noun": items.noun,
            "parts": dict(items.parts),
            "labels": items.task.labels,
            "colours": class_colours(items.task.labels),
            "sources": sorted(set(items.rows.source)),
            "folds": sorted(set(items.folds) - {"unlabelled", *items.parts}),
            "suspicious": bool((items.rows.suspicion != "").any()),
            "faults": [],
            "grid": [],
        }

    def _part_of(self, position: int) -> str:
        return "labelled" if self._items.columns[position] >= 0 else "unlabelled"

    def _decide(self, label: str | None, word: str) -> None:
        if self._open < 0:
            return
        place, was = self._items.place(self._open), self._items.labels[self._open]
        self._items.correct(self._open, label)
        if self._selection.part in self.advancing:
            self._open = int(self._found[min(self._at() + 1, len(self._found) - 1)])
        self._show_all()
        self.status = f"{place}: {was or 'no label'} → {word}. Press u to undo."

    def _find(self) -> None:
        """Rebuild the list; the open item stays open if it is still listed."""
        self._found = self._selection.positions(self._items, self._predictions)
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
            self.card = self._card(self._open, self._items.labels[self._open], self._predictions.verdict[self._open])
        self._show_list()

    def _show_list(self) -> None:
        here = self._found[self._first : self._first + WINDOW]
        rows = [self._row(i, row) for i, row in zip(here, self._items.rows.loc[here].itertuples(), strict=True)]
        self.listing = {"total": len(self._found), "first": self._first, "rows": rows, "at": self._at()}

    def _row(self, i: int, row: Any) -> dict:
        items, verdict = self._items, self._predictions.verdict[i]
        return {
            "source": row.source,
            "start": getattr(row, "start_s", None),
            "label": "quarantined" if items.quarantined[i] else items.labels[i] or "",
            "verdict": verdict,
            "confidence": round(float(self._predictions.confidence[i]), 2),
            "fold": items.folds[i],
            "wrong": bool(items.counted[i] and items.labels[i] != verdict),
            "suspicion": row.suspicion,
            "corrected": bool(items.corrected[i]),
        }

    def _show_curves(self) -> None:
        """Curves against thresholds; there are none where none can be moved."""

    def _show_numbers(self) -> None:
        found = self._predictions.numbers()
        classes: pd.DataFrame = found.pop("classes")[["precision", "recall", "f1", "support"]]
        self.numbers = {
            **{name: plain_number(value) for name, value in found.items() if name != "matrix"},
            "matrix": found["matrix"].tolist(),
            "classes": {x: {k: plain_number(v) for k, v in row.items()} for x, row in classes.T.to_dict().items()},
        }


def plain_number(value: float) -> float | None:
    """A number for JSON; None where it is not finite."""
    return float(value) if np.isfinite(value) else None
