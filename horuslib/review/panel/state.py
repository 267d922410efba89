"""The panel state: all evaluated segments, labelled or not, with their corrections.

A correction is written to the ledger and applied here at once; the model trained on the old labels changes with the
next `make all`.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.audio.media import read_excerpt
from horuslib.core import artifacts
from horuslib.core.artifacts import Step
from horuslib.core.workbooks import AUDIO
from horuslib.evaluation import metrics
from horuslib.review.cards.items import ReviewItem, card
from horuslib.review.cards.table import segment_item
from horuslib.review.panel.ledger import Ledger
from horuslib.review.panel.review_panel import Undone
from horuslib.review.panel.selection import KNOWN_GOOD
from horuslib.tasks import Task


class PanelState:
    """Every evaluated segment, one row each, sorted by recording and time.

    Attributes
    ----------
    varied : 06_evaluate's predictions for augmented training segments.
    rows : 06_evaluate's `predictions` and `unlabelled` together, and a row for each alarm on known-good programme, with
        `source`, `sha256` and `suspicion`.
    programme : 06_evaluate's predictions of known-good programme.
    folds : (N,) texts: the fold's number, `holdout`, `unlabelled` or `known_good`.
    labels : (N,) the current label; None without one.
    columns : (N,) that label's index in the task; -1 without one.
    quarantined, corrected, counted : (N,) booleans; metrics count segments with a label that are not quarantined, and
        no alarm on known-good programme.
    thresholds : fault label -> threshold in force: the last saved one, else evaluation's.
    parts : name of a part of the list -> its button's words.
    thresholds_alone : evaluation's thresholds for running the network alone, as Horus does.
    """

    noun = "segment"

    def __init__(self, task: Task, ingest: Step, evaluation: Step, reasons: Mapping[str, str], ledger: Ledger):
        self.task, self.ledger, self._ingest = task, ledger, ingest
        archive = ingest.table("known_good")
        recordings = pd.concat([ingest.table("recordings"), archive]).drop_duplicates("recording_id")
        recordings = recordings.set_index("recording_id")
        self.programme = evaluation.table("known_good")
        alarms = alarm_rows(evaluation.table("known_good_alarms"), self.programme)
        tables = [evaluation.table("predictions"), evaluation.table("unlabelled"), alarms]
        rows = pd.concat([table for table in tables if len(table)], ignore_index=True)
        rows = rows.sort_values(["recording_id", "start_s"], ignore_index=True)
        text = {"source": rows.recording_id.map(recordings.path), "sha256": rows.recording_id.map(recordings.sha256)}
        self.rows = rows.assign(**text, suspicion=rows.segment_id.map(dict(reasons)).fillna("")).astype(
            dict.fromkeys(("segment_id", "recording_id", "source", "sha256", "split"), object)
        )
        self.folds = np.where(rows.split == "train", rows.fold.astype(str), rows.split).astype(object)
        self._first = np.array([x if isinstance(x, str) else None for x in rows.label], object)
        self._of_recording = {sha: part.to_numpy() for sha, part in self.rows.groupby("sha256").groups.items()}
        self.varied = evaluation.table("varied")
        self.thresholds = {**evaluation.json("thresholds"), **ledger.threshold_overrides()}
        self.thresholds_alone = evaluation.json("thresholds_alone")
        counts = {name: int((self.rows.split == name).sum()) for name in ("unlabelled", KNOWN_GOOD)}
        self.parts = {"labelled": "labelled", "unlabelled": f"unlabelled, least certain first ({counts['unlabelled']})"}
        if counts[KNOWN_GOOD]:
            self.parts[KNOWN_GOOD] = f"alarms on known-good programme, surest first ({counts[KNOWN_GOOD]})"
        self.parts["corrected"] = "corrected"
        self._catch_up()

    def __len__(self) -> int:
        return len(self.rows)

    def correct(self, position: int, label: str | None) -> None:
        """Relabel a segment, or quarantine it (None)."""
        row = self.rows.loc[position]
        self.ledger.correct(
            row.sha256, row.start_s, row.end_s, label, old_label=self.labels[position], source=row.source
        )
        self._catch_up()

    def undo(self) -> Undone | None:
        """Undo the latest correction of these recordings; None without one. Where the last run was trained on it, only
        the next one can show the label of before."""
        for sha256, correction in reversed(self.ledger.corrections()):
            if sha256 in self._of_recording and correction.entry:
                self.ledger.undo(correction.entry)
                self._catch_up()
                places = self._of_recording[sha256]
                position = int(places[np.abs(self.rows.start_s.to_numpy()[places] - correction.start_s).argmin()])
                same = abs(self.rows.start_s[position] - correction.start_s) < 1e-3
                if same and self.labels[position] != correction.label:
                    told = f"{self.place(position)} is {self.labels[position] or 'without a label'} again."
                else:
                    where = f"{self.rows.source[position]}, {correction.start_s:.1f} s"
                    was = correction.label or "quarantined"
                    told = f"{where}, {was}. The last run was trained on it; the next make all removes it."
                return Undone(position, told)
        return None

    def neighbours(self, position: int) -> tuple[int | None, int | None]:
        """The previous and the next row in the same recording."""
        places = self._of_recording[self.rows.sha256[position]]
        at = int(np.flatnonzero(places == position)[0])
        return (int(places[at - 1]) if at else None, int(places[at + 1]) if at + 1 < len(places) else None)

    def place(self, position: int) -> str:
        """A segment in words."""
        row = self.rows.loc[position]
        return f"{row.source}, {row.start_s:.1f} s"

    def item(self, position: int, verdict: str) -> ReviewItem:
        """A segment as a review item, with its current label."""
        row = self.rows.loc[position].copy()
        row["label"], row["verdict"] = self.labels[position], verdict
        item = segment_item(row, self._ingest, row.source, self.task, row.suspicion)
        if row.split != KNOWN_GOOD:
            return item
        path, rate = Path(self._ingest.json("known_good_folder")) / row.source, self.task.front_end.sample_rate_hz
        return replace(item, content=lambda: (read_excerpt(path, row.start_s, row.end_s, rate), rate))

    def card(self, position: int, verdict: str) -> str:
        """The sound card of a segment, with its current label."""
        around = [None if x is None else self.rows.segment_id[x] for x in self.neighbours(position)]
        return card(self.item(position, verdict), around)

    def _catch_up(self) -> None:
        """Apply the ledger: a correction applies to the segments it covers by at least the task's `min_label_share`."""
        self.labels = self._first.copy()
        self.quarantined, self.corrected = np.zeros((2, len(self)), bool)
        start_s, end_s = self.rows.start_s.to_numpy(), self.rows.end_s.to_numpy()
        for sha256, correction in self.ledger.corrections():
            places = self._of_recording.get(sha256, np.array([], int))
            common_s = np.minimum(end_s[places], correction.end_s) - np.maximum(start_s[places], correction.start_s)
            inside = places[common_s >= self.task.ingest.min_label_share * (end_s[places] - start_s[places])]
            self.corrected[inside], self.quarantined[inside] = True, correction.label is None
            if correction.label:
                self.labels[inside] = correction.label
        self.columns = pd.Index(self.task.labels, dtype=object).get_indexer(self.labels)
        self.counted = ~self.quarantined & (self.columns >= 0) & (self.rows.split != KNOWN_GOOD).to_numpy()
        normal = self.rows[self.counted & (self.labels == self.task.background)]
        self.normal_hours = metrics.covered_s(normal.recording_id, normal.start_s, normal.end_s) / 3600


def alarm_rows(alarms: pd.DataFrame, programme: pd.DataFrame) -> pd.DataFrame:
    """A row per alarm on known-good programme: its place, and the surest segment's probabilities and levels.

    Parameters
    ----------
    alarms, programme : 06_evaluate's `known_good_alarms` and `known_good`.
    """
    rows = []
    for alarm in alarms.itertuples():
        inside = programme[
            (programme.recording_id == alarm.recording_id)
            & (programme.start_s < alarm.end_s)
            & (programme.end_s > alarm.start_s)
        ]
        surest = inside.loc[inside[f"p_{alarm.type}"].idxmax()]
        name = f"{alarm.recording_id}-{round(1000 * alarm.start_s):08d}-{alarm.type}"
        place = {"segment_id": name, "start_s": alarm.start_s, "end_s": alarm.end_s, "split": KNOWN_GOOD, "fold": -1}
        rows.append(surest.to_dict() | place)
    return pd.DataFrame(rows)


def load_panel_state(task: Task, ledger: Ledger | None = None) -> PanelState:
    """The panel state of a task whose 06_evaluate has run."""
    ledger = ledger or Ledger(task)
    found = artifacts.read(AUDIO["explore"], task, ledger.paths).table("suspicious")
    reasons = found.groupby("segment_id").reason.agg("; ".join)
    ingest, evaluation = (artifacts.read(name, task, ledger.paths) for name in (AUDIO["ingest"], AUDIO["evaluate"]))
    return PanelState(task, ingest, evaluation, reasons, ledger)
