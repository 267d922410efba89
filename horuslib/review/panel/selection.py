"""Filter and sort order of the segments listed in the panel."""

from dataclasses import dataclass

import numpy as np

from horuslib.review.panel.state import KNOWN_GOOD, PanelState
from horuslib.review.panel.tuning import Tuning

SORTS = ("doubt", "confidence", "label", "verdict", "source", "fold")


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

    def positions(self, panel_state: PanelState, tuning: Tuning) -> np.ndarray:
        """The rows of the panel state that are listed, in order."""
        rows, labels, verdict = panel_state.rows, panel_state.labels, tuning.verdict
        known = panel_state.columns >= 0
        good = (rows.split == KNOWN_GOOD).to_numpy()
        parts = {
            "labelled": known & ~good,
            "unlabelled": ~known,
            "known_good": good,
            "corrected": panel_state.corrected,
        }
        keep = parts[self.part].copy()
        if self.part == "unlabelled":
            keep |= panel_state.corrected & (rows.split == "unlabelled").to_numpy()
        for wanted, have in ((self.label, labels), (self.verdict, verdict), (self.fold, panel_state.folds)):
            if wanted:
                keep &= have == wanted
        if self.source:
            keep &= rows.source.str.contains(self.source, case=False, regex=False).to_numpy(bool)
        keep &= (tuning.confidence >= self.low) & (tuning.confidence <= self.high)
        if self.errors:
            keep &= known & (labels != verdict)
        if self.suspicious:
            keep &= (rows.suspicion != "").to_numpy()
        if self.affected:
            keep &= verdict != tuning.verdict_saved
        found = np.flatnonzero(keep)
        order = np.argsort(self._key(panel_state, tuning)[found], kind="stable")
        return found[order[::-1] if self.descending else order]

    def _key(self, panel_state: PanelState, tuning: Tuning) -> np.ndarray:
        if self.sort in ("doubt", "confidence"):
            return np.asarray(getattr(tuning, self.sort))
        if self.sort == "source":
            return np.arange(len(panel_state))
        column = {"label": panel_state.labels, "verdict": tuning.verdict, "fold": panel_state.folds}[self.sort]
        return np.array(["" if x is None else x for x in column])
