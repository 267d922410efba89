"""The panel of a focused fine-tune: suspicious files as cards, one key per tag, undo; for JupyterLab and Voila."""

from collections.abc import Mapping
from importlib.resources import files

import pandas as pd
import traitlets

from horuslib.core import artifacts
from horuslib.core.artifacts import Step
from horuslib.core.errors import UserError
from horuslib.core.ledger_file import user_name
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO, FOCUS
from horuslib.focus.ledger import QuarantineLedger
from horuslib.focus.relabel import relabelled
from horuslib.focus.settings import FocusSettings, load_settings
from horuslib.review.cards.items import card
from horuslib.review.cards.table import segment_item
from horuslib.review.panel.message_panel import MessagePanel
from horuslib.review.reports.result import read_step
from horuslib.review.sentences.markdown import code
from horuslib.tasks import Task

KEYS = "123456789"
_TEMPLATES = files("horuslib.review").joinpath("templates")


class TagPanel(MessagePanel):
    """Files in order of suspicion; the browser's messages name a method: `{"do": "tag", "tag": "true_siren"}`.

    Parameters
    ----------
    clips : segments with source, sha256, label (filed), split, p_<label>, and suspicion where they are trained on.
    sound : split -> the step that holds the sound of its files.
    """

    _esm = _TEMPLATES.joinpath("tagging.js").read_text("utf-8")
    _css = _TEMPLATES.joinpath("panel.css").read_text("utf-8")

    asked = ("turn_to", "tag", "undo")

    setup = traitlets.Dict().tag(sync=True)
    """Constant data: title, tags (name and key)."""
    listing = traitlets.List().tag(sync=True)
    """source, filed, label, state, tag of every file."""
    at = traitlets.Int(0).tag(sync=True)
    """The open file's place in the list."""

    def __init__(
        self,
        clips: pd.DataFrame,
        sound: Mapping[str, Step],
        ledger: QuarantineLedger,
        settings: FocusSettings,
        focus: str,
    ):
        self._clips, self._sound = clips.reset_index(drop=True), sound
        self._ledger, self._settings, self._given = ledger, settings, []
        tags = settings.tag_names(ledger.task)
        keys = [KEYS[i] if i < len(KEYS) else "" for i in range(len(tags))]
        self.setup = {
            "title": f"What is this? Focus: {focus}",
            "tags": [{"name": tag, "key": key} for tag, key in zip(tags, keys, strict=True)],
        }
        self._show()
        super().__init__()

    def turn_to(self, at: int) -> None:
        """Show the card of a file of the list."""
        self.at = max(0, min(int(at), len(self._clips) - 1))
        self._show()

    def tag(self, tag: str) -> None:
        """Tag the open file and open the next one."""
        if tag not in self._settings.tag_names(self._ledger.task):
            raise UserError(f"{tag!r} is no tag of this task.")
        if self._clips.empty:
            return
        row = next(self._clips.iloc[[self.at]].itertuples())
        self._given.append(self._ledger.tag(row, tag))
        where = self.at
        self.at = min(self.at + 1, len(self._clips) - 1)
        self._show()
        told = self.listing[where]
        self.status = (
            f"{row.source}: {tag}; filed as {told['filed']}, now {told['label'] or 'out of training'}. u undoes."
        )

    def undo(self) -> None:
        """Take back the last tag of this sitting."""
        if not self._given:
            self.status = "There is no tag of this sitting to take back."
            return
        self._ledger.undo(self._given.pop())
        self._show()
        self.status = "Undone."

    def _show(self) -> None:
        state = relabelled(self._clips, self._ledger, self._settings, self._ledger.task)
        columns = ["filed", "label", "state", "tag"]
        rows = state[columns].assign(source=self._clips["source"], label=state["label"].fillna(""))
        self.listing = rows.to_dict("records")
        if self._clips.empty:
            self.card, self.status = "", "Nothing is suspicious: there is nothing to tag."
            return
        row = self._clips.iloc[self.at]
        note = f"suspicion {row.suspicion:.2f}" if row.split == "train" else "held out: only a tag corrects its label"
        self.card = card(segment_item(row, self._sound[row.split], row.source, self._ledger.task, note))


def tag_panel(task: Task, focus: str, paths: Paths | None = None) -> TagPanel:
    """The panel over what the audit of a class found: files in quarantine and at the head of the ranking; then, once
    the gate has run, files of the test folder or holdout that are predicted wrongly."""
    paths = paths or Paths()
    ingest = artifacts.read(AUDIO["ingest"], task, paths)
    clips = artifacts.read(FOCUS["audit"], task, paths).table("clips")
    shown = clips[clips["listed"] | clips["extreme_off"]].sort_values("suspicion", ascending=False, kind="stable")
    sound = {"train": ingest, "holdout": ingest}
    gate = read_step(FOCUS["gate"], task, paths)
    if gate is not None:
        held = gate.table("held_out")
        shown, sound["test"] = pd.concat([shown, held[held["mistaken"]]], ignore_index=True), gate
    return TagPanel(shown, sound, QuarantineLedger(task, paths, user_name()), load_settings(task), focus)


def keys(settings: FocusSettings, task: Task) -> str:
    """Which key gives which tag, in Markdown, for pages without the panel."""
    tags = settings.tag_names(task)
    listed = ", ".join(f"**{KEYS[i] if i < len(KEYS) else '–'}** {code(tag)}" for i, tag in enumerate(tags))
    return f"`horus review --focus` opens the panel: {listed}; **u** undoes."
