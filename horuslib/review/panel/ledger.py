"""The record of review decisions: corrected labels, quarantines, undone corrections, thresholds.

Two append-only ledgers in `data/labels/`: `corrections.csv` identifies an interval by its recording's content hash and
its times, so it stays valid after files are renamed or segmented differently; `thresholds.csv` keeps every saved
threshold. `datasets.corrections` and `evaluation.threshold_overrides` read them.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from horuslib.core import ledger_file
from horuslib.core.artifacts import write_bytes
from horuslib.core.paths import Paths
from horuslib.datasets import corrections
from horuslib.datasets.corrections import Correction
from horuslib.evaluation import threshold_overrides
from horuslib.evaluation.decide import resolved_thresholds
from horuslib.export.bundle import env_lines
from horuslib.inference.detector import model_id
from horuslib.tasks import Task


@dataclass(frozen=True)
class Ledger:
    """Writes the decisions of one analyst for one task."""

    task: Task
    paths: Paths = field(default_factory=Paths)
    who: str = field(default_factory=ledger_file.user_name)

    def correct(
        self,
        recording_sha256: str,
        start_s: float,
        end_s: float,
        label: str | None,
        *,
        old_label: str | None = None,
        source: str = "",
        reason: str = "",
    ) -> Correction:
        """Give an interval of a recording another label, or quarantine it (None)."""
        correction = Correction(start_s, end_s, label, uuid.uuid4().hex[:12])
        self._correct(
            entry=correction.entry,
            action="relabel" if label else "quarantine",
            recording_sha256=recording_sha256,
            start_s=f"{start_s:.3f}",
            end_s=f"{end_s:.3f}",
            old_label=old_label or "",
            label=label or "",
            source=source,
            reason=reason,
        )
        return correction

    def undo(self, entry: str, reason: str = "") -> None:
        """Undo the correction with this entry id."""
        self._correct(entry=uuid.uuid4().hex[:12], action="undo", undoes=entry, reason=reason)

    def corrections(self) -> list[tuple[str, Correction]]:
        """The corrections in force, each with its recording's sha256, oldest first."""
        return corrections.read_standing(corrections.ledger_path(self.paths), self.task)[0]

    def save_thresholds(
        self, thresholds: Mapping[str, float], old: Mapping[str, float], alone: Mapping[str, float] | None = None
    ) -> list[str]:
        """Save the thresholds that changed, for the next evaluation and export.

        Unchanged thresholds are not saved: evaluation chooses them again each time.

        Parameters
        ----------
        alone : evaluation's thresholds of the network alone, which Horus runs; the task's values by default.

        Returns
        -------
        The lines for Horus's `.env`, also written to `data/labels/TASK.env`. A saved threshold is for the decision
        with the measures of the waveform: where the task has any, it is none of the lines, and a comment says so.
        """
        rows = [
            {
                "when": _now(),
                "who": self.who,
                "task": self.task.name,
                "label": label,
                "old_threshold": f"{old[label]:.3f}" if label in old else "",
                "threshold": f"{value:.3f}",
            }
            for label, value in thresholds.items()
            if value != old.get(label)
        ]
        ledger_file.append(threshold_overrides.ledger_path(self.paths), threshold_overrides.COLUMNS, rows)
        lines = self._env_lines(alone or {}, self.threshold_overrides())
        write_bytes(self.paths.labels / f"{self.task.name}.env", ("\n".join(lines) + "\n").encode())
        return lines

    def threshold_overrides(self) -> dict[str, float]:
        """The thresholds that were saved by hand for this task."""
        return threshold_overrides.read_overrides(threshold_overrides.ledger_path(self.paths), self.task)[0]

    def _env_lines(self, alone: Mapping[str, float], own: Mapping[str, float]) -> list[str]:
        if not self.task.decision.measures:
            alone, own = {**alone, **own}, {}
        thresholds = resolved_thresholds(self.task, alone)
        lines = env_lines(self.task, thresholds, self._exported_model(thresholds))
        if not own:
            return lines
        return [
            f"# Set by hand for the whole decision, not for the network alone: {', '.join(own)}. Below are the last "
            f"thresholds of the network alone; `make all TASK={self.task.name}` chooses those with the same recall.",
            *lines,
        ]

    def _exported_model(self, alone: Mapping[str, float]) -> str:
        """The short name of the exported model, if these are its thresholds; empty otherwise."""
        try:
            about = json.loads((self.paths.export(self.task.name) / "metadata.json").read_text("utf-8"))
            return model_id(str(about["sha256"])) if about["thresholds_alone"] == alone else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _correct(self, **row: str) -> None:
        row |= {"when": _now(), "who": self.who}
        ledger_file.append(corrections.ledger_path(self.paths), corrections.COLUMNS, [row])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
