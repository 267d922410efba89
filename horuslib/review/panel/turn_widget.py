"""The live panel of the speakers' review, for JupyterLab and Voila: hear turns, name, merge, move, split.

The panel computes nothing: a `TurnState` holds turns and corrections; `templates/turns.js` renders the traits below
and sends what a person decides.
"""

from collections.abc import Sequence
from importlib.resources import files

import numpy as np
import traitlets

from horuslib.core.errors import UserError
from horuslib.review.cards.style import class_colours
from horuslib.review.panel.message_panel import MessagePanel
from horuslib.review.panel.turn_state import TurnState, load_turn_state
from horuslib.speakers.corrections import Correction, in_words, moment_of
from horuslib.speech.turns import Turn, seconds_by_speaker, speakers_of
from horuslib.tasks import SpeakersTask

_TEMPLATES = files("horuslib.review").joinpath("templates")


class TurnPanel(MessagePanel):
    """The panel over a state. Messages from the browser name a method: `{"do": "rename", "name": "Ana"}`."""

    _esm = "\n".join(_TEMPLATES.joinpath(name).read_text("utf-8") for name in ("elements.js", "turns.js"))
    _css = "\n".join(_TEMPLATES.joinpath(name).read_text("utf-8") for name in ("panel.css", "turns.css"))

    asked = ("recording", "turn_to", "move", "give", "rename", "merge", "boundary", "split", "undo")

    setup = traitlets.Dict().tag(sync=True)
    """Constant data: title, recordings."""
    view = traitlets.Dict().tag(sync=True)
    """The open recording: name, duration_s, speakers, turns, at (the open turn's index), sound_s (of its card),
    corrections."""

    def __init__(self, state: TurnState, title: str):
        self._state, self._names = state, list(state.found)
        self._name, self._at = self._names[0], 0
        self._turns: list[Turn] = []
        self.setup = {"title": title, "recordings": self._names}
        self._show()
        super().__init__()  # Last, so that the browser is notified once, when all traits are set.

    def recording(self, name: str) -> None:
        """Open a recording."""
        if name not in self._names:
            raise UserError(f"There is no recording {name!r}.")
        self._name, self._at = name, 0
        self._show()

    def turn_to(self, at: int) -> None:
        """Open a turn by its index."""
        self._at = int(at)
        self._show()

    def move(self, by: int) -> None:
        """Open the next or the previous turn."""
        self.turn_to(self._at + int(by))

    def give(self, name: str) -> None:
        """Say who speaks in the open turn, and in no other."""
        turn = self._open()
        self._correct(Correction("split", turn.start_s, turn.end_s, name))

    def rename(self, name: str) -> None:
        """Name the open turn's speaker, in all turns."""
        self._correct(Correction("rename", self._moment(self._open().speaker), name=name))

    def merge(self, other: str) -> None:
        """Say that the open turn's speaker and another are one person."""
        self._correct(Correction("merge", self._moment(self._open().speaker), self._moment(other)))

    def boundary(self, edge: str, to_s: float) -> None:
        """Move the `start` or the `end` of the open turn; a neighbour that touches it moves too."""
        turn, to_s, duration_s = self._open(), float(to_s), self._state.found[self._name].duration_s
        low, high = (0.0, turn.end_s) if edge == "start" else (turn.start_s, duration_s)
        if not low <= to_s <= high or to_s in (turn.start_s, turn.end_s):
            raise UserError(f"The {edge} of this turn can be moved to a time between {low:.2f} and {high:.2f} s.")
        self._correct(Correction("move", turn.start_s if edge == "start" else turn.end_s, to_s))

    def split(self, start_s: float, end_s: float, name: str) -> None:
        """Say who speaks in a part of the open turn."""
        turn = self._open()
        start_s, end_s = max(turn.start_s, float(start_s)), min(turn.end_s, float(end_s))
        self._correct(Correction("split", start_s, end_s, name))

    def undo(self) -> None:
        """Take back the latest correction of this recording."""
        taken = self._state.undo(self._name)
        self._show()
        self.status = (
            f"Taken back: {in_words(taken)}." if taken else "There is no correction of this recording to undo."
        )

    def _correct(self, correction: Correction) -> None:
        self._state.correct(self._name, correction)
        middle_s = (correction.at_s + (correction.to_s or 0)) / 2 if correction.action == "split" else None
        self._show(middle_s)
        self.status = f"Recorded: {in_words(correction)}. Press u to undo; the next run uses it."

    def _open(self) -> Turn:
        if not self._turns:
            raise UserError("Nobody speaks in this recording: there is no turn to correct.")
        return self._turns[self._at]

    def _moment(self, speaker: str) -> float:
        return moment_of(self._turns, speaker)

    def _show(self, at_s: float | None = None) -> None:
        """Show the recording; the open turn stays open, or the one at a moment is opened."""
        self._turns, problems = self._state.turns(self._name)
        if at_s is not None:
            self._at = next((i for i, t in enumerate(self._turns) if t.start_s <= at_s <= t.end_s), self._at)
        self._at = int(np.clip(self._at, 0, max(0, len(self._turns) - 1)))
        turn = self._turns[self._at] if self._turns else None
        self.view = {
            "name": self._name,
            "duration_s": self._state.found[self._name].duration_s,
            "speakers": _speakers(self._turns),
            "turns": [[t.start_s, t.end_s, t.speaker, t.confidence] for t in self._turns],
            "at": self._at,
            "sound_s": list(self._state.excerpt(self._name, turn)) if turn else [],
            "corrections": [in_words(c) for c in self._state.in_force(self._name)],
            "problems": problems,
        }
        self.card = self._state.card(self._name, turn) if turn else ""


def _speakers(turns: Sequence[Turn]) -> list[dict]:
    names, seconds = speakers_of(turns), seconds_by_speaker(turns)
    colours = class_colours(names, background=None)
    return [{"name": name, "seconds": round(seconds[name], 1), "colour": colours[name]} for name in names]


def turn_panel(task: SpeakersTask) -> TurnPanel:
    """The panel of a task that has been diarized.

    Raises
    ------
    UserError
        When it has not, or nobody speaks in any recording.
    """
    state = load_turn_state(task)
    if not state.found:
        raise UserError("No recording was diarized: there is nothing to review.")
    return TurnPanel(state, task.title)
