"""The panel over events of video, sound and sensors: look at the film strip, listen, give another class, undo.

A class is written to the ledger of events (`spectral.corrections`) and shown here at once; the networks were trained on
the old ones until the next `make all`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.core import artifacts
from horuslib.core.artifacts import Step
from horuslib.core.paths import Paths
from horuslib.core.workbooks import SPECTRAL
from horuslib.evaluation import metrics
from horuslib.review.cards.event_card import event_card
from horuslib.review.panel.review_panel import ReviewPanel, Undone
from horuslib.spectral import corrections
from horuslib.spectral.corrections import UNLABELLED, ledger_path
from horuslib.spectral.events.event import open_event, read_signals
from horuslib.spectral.timing.targets import onsets_of
from horuslib.tasks import EventsTask


class EventItems:
    """Every event that was classified, one row each, with the classes given by hand.

    Attributes
    ----------
    rows : key (as segment_id and source), folder, content, split, suspicion.
    labels : (N,) the class in force; None without one. columns : (N,) its place among the task's; -1 without one.
    folds : (N,) texts: the fold's number, `holdout` or `unlabelled`.
    quarantined : (N,) booleans: the class was taken away. corrected : a class was given, or taken away, by hand.
    counted : (N,) booleans: the events that metrics count.
    p : (N, classes) calibrated probabilities. curves : (N, steps, kinds) that the networks found.
    """

    noun = "event"

    def __init__(self, task: EventsTask, ingest: Step, trained: Step, evaluation: Step, paths: Paths):
        answers = np.asarray(evaluation.array("answers"))
        used = np.flatnonzero(np.isfinite(answers).all(1))
        self.task, self._paths = task, paths
        events = ingest.table("events").iloc[used].reset_index(drop=True)
        self.rows = events[["key", "folder", "content", "split"]].assign(
            segment_id=events.key, source=events.key, suspicion=""
        )
        self.p, self.curves = answers[used], np.asarray(trained.array("curves"))[used]
        self.folds = np.where(events.split == "train", events.fold.astype(str), events.split).astype(object)
        self._first = np.array([x if isinstance(x, str) else None for x in events.label], object)
        self.parts = {
            "labelled": "labelled",
            "unlabelled": f"without a class, least certain first ({sum(x is None for x in self._first)})",
            "corrected": "corrected",
        }
        self._catch_up()

    def __len__(self) -> int:
        return len(self.rows)

    def correct(self, position: int, label: str | None) -> None:
        """Give an event another class, or take it away (None)."""
        folder, old = Path(self.rows.folder[position]), self.labels[position]
        corrections.relabel(folder, label or UNLABELLED, self.task.labels, old, self._paths)
        self._catch_up()

    def undo(self) -> Undone | None:
        """Take the latest class given by hand back; None without one. Where the last run was trained on it, only the
        next one can show the class of before."""
        places = {content: i for i, content in enumerate(self.rows.content)}
        for given in reversed(self._given()):
            if given.event_sha256 in places and given.entry:
                corrections.undo(given.entry, self._paths)
                self._catch_up()
                position = places[given.event_sha256]
                now = self.labels[position]
                if now != given.label:
                    return Undone(position, f"{self.place(position)} is {now or 'without a class'} again.")
                told = "The last run was trained on it; the next make all removes it."
                return Undone(position, f"{self.place(position)}, {now or 'without a class'}. {told}")
        return None

    def place(self, position: int) -> str:
        """An event in words: its folder."""
        return str(self.rows.key[position])

    def card(self, position: int, verdict: str) -> str:
        """The card of an event: film strip, sound, field and acceleration, with the onsets that were found."""
        row = self.rows.loc[position]
        signals = read_signals(open_event(Path(row.folder), self.task.labels, self.task.duration_s, row.key))
        said = dict(zip(self.task.labels, self.p[position].tolist(), strict=True))
        onsets = onsets_of(self.curves[position])
        return event_card(row.key, signals, onsets, self.task.duration_s, self.labels[position], verdict, said)

    def _given(self) -> list[corrections.GivenClass]:
        return corrections.given_classes(ledger_path(self._paths), self.task.labels)[0]

    def _catch_up(self) -> None:
        """Apply the ledger."""
        self.labels = self._first.copy()
        self.quarantined, self.corrected = np.zeros((2, len(self)), bool)
        for given in self._given():
            here = (self.rows.content == given.event_sha256).to_numpy()
            self.labels[here], self.quarantined[here], self.corrected[here] = given.label, given.label is None, True
        self.columns = pd.Index(self.task.labels, dtype=object).get_indexer(self.labels)
        self.counted = self.columns >= 0


@dataclass(frozen=True)
class EventPredictions:
    """What the networks that did not see an event say of it."""

    items: EventItems

    @property
    def verdict(self) -> np.ndarray:
        """(N,) the most probable class."""
        return np.array(self.items.task.labels, object)[self.items.p.argmax(1)]

    @property
    def verdict_saved(self) -> np.ndarray:
        """(N,) the same: there is no threshold to move."""
        return self.verdict

    @property
    def confidence(self) -> np.ndarray:
        """(N,) the probability of that class."""
        return np.asarray(self.items.p.max(1))

    @property
    def doubt(self) -> np.ndarray:
        """(N,) one minus the probability of the label; without a label, of the most probable class."""
        columns, p = self.items.columns, self.items.p
        return 1 - np.where(columns < 0, p.max(1), p[np.arange(len(p)), columns])

    def numbers(self) -> dict:
        """Metrics of the events that have a class: matrix, classes (a table per class), macro_f1."""
        use = self.items.counted
        matrix = metrics.confusion(self.items.labels[use], self.verdict[use], self.items.task.labels)
        classes = metrics.class_table(matrix, self.items.task.labels)
        return {"matrix": matrix, "classes": classes, "macro_f1": float(metrics.macro_f1(matrix))}


def event_panel(task: EventsTask, paths: Paths | None = None) -> ReviewPanel:
    """The panel of a task on events that was evaluated."""
    paths = paths or Paths()
    steps = (artifacts.read(SPECTRAL[word], task, paths) for word in ("events", "train", "evaluate"))
    items = EventItems(task, *steps, paths)
    return ReviewPanel(items, EventPredictions(items))
