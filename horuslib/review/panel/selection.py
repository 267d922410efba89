"""Filter and sort order of the items listed in a panel, and what these are asked of."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

KNOWN_GOOD = "known_good"
"""The split of rows that are alarms on known-good programme."""

SORTS = ("doubt", "confidence", "label", "verdict", "source", "fold")


class Selectable(Protocol):
    """Items of review, one row each.

    Attributes
    ----------
    rows : a table with segment_id, source, split, suspicion (why it is suspicious; empty where it is not).
    labels : (N,) the current label; None without one. columns : (N,) its place among the task's; -1 without one.
    folds : (N,) texts. corrected : (N,) booleans.
    """

    rows: pd.DataFrame
    labels: np.ndarray
    columns: np.ndarray
    folds: np.ndarray
    corrected: np.ndarray

    def __len__(self) -> int: ...


class Predictions(Protocol):
    """What is predicted of the items: (N,) arrays, and metrics.

    Attributes
    ----------
    verdict_saved : what was predicted before the analyst moved anything.
    """

    verdict: np.ndarray
    verdict_saved: np.ndarray
    confidence: np.ndarray

    @property
    def doubt(self) -> np.ndarray: ...

    def numbers(self) -> dict:
        """Numbers by name; `matrix` (L, L) and `classes`, a table with a row per label."""


@dataclass(frozen=True)
class Selection:
    """Filters and sort order of the list; an empty string does not filter."""

    part: str = "labelled"
    """`labelled`, `unlabelled`, `known_good` (alarms on known-good programme) or `corrected` (by hand)."""
    label: str = ""
    verdict: str = ""
    source: str = ""
    """Part of the file name, case-insensitive."""
    fold: str = ""
    """A fold's number, or `holdout`."""
    low: float = 0.0
    high: float = 1.0
    """Bounds of the confidence."""
    errors: bool = False
    suspicious: bool = False
    affected: bool = False
    """Only those whose verdict differs from that at the saved thresholds."""
    sort: str = "doubt"
    descending: bool = True

    def positions(self, items: Selectable, predictions: Predictions) -> np.ndarray:
        """The rows that are listed, in order."""
        rows, labels, verdict = items.rows, items.labels, predictions.verdict
        known = items.columns >= 0
        good = (rows.split == KNOWN_GOOD).to_numpy()
        parts = {
            "labelled": known & ~good,
            "unlabelled": ~known,
            "known_good": good,
            "corrected": items.corrected,
        }
        keep = parts[self.part].copy()
        if self.part == "unlabelled":
            keep |= items.corrected & (rows.split == "unlabelled").to_numpy()
        for wanted, have in ((self.label, labels), (self.verdict, verdict), (self.fold, items.folds)):
            if wanted:
                keep &= have == wanted
        if self.source:
            keep &= rows.source.str.contains(self.source, case=False, regex=False).to_numpy(bool)
        keep &= (predictions.confidence >= self.low) & (predictions.confidence <= self.high)
        if self.errors:
            keep &= known & (labels != verdict)
        if self.suspicious:
            keep &= (rows.suspicion != "").to_numpy()
        if self.affected:
            keep &= verdict != predictions.verdict_saved
        found = np.flatnonzero(keep)
        order = np.argsort(self._key(items, predictions)[found], kind="stable")
        return found[order[::-1] if self.descending else order]

    def _key(self, items: Selectable, predictions: Predictions) -> np.ndarray:
        if self.sort in ("doubt", "confidence"):
            return np.asarray(getattr(predictions, self.sort))
        if self.sort == "source":
            return np.arange(len(items))
        column = {"label": items.labels, "verdict": predictions.verdict, "fold": items.folds}[self.sort]
        return np.array(["" if x is None else x for x in column])
