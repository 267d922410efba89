"""Turns of a task's recordings while a person corrects them: a decision goes to the ledger and shows at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from horuslib.audio.media import read_excerpt
from horuslib.core import artifacts
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.review.cards.sound_card import card
from horuslib.speakers import corrections, stored
from horuslib.speakers.corrections import Correction
from horuslib.speakers.diarize import Diarization
from horuslib.speakers.front_end.sound import RATE_HZ
from horuslib.speech.turns import Turn
from horuslib.tasks import SpeakersTask

AROUND_S = 1.0
"""Sound before and after a turn, to hear its boundaries."""
LONGEST_S = 30.0
"""Of a longer turn, the beginning is heard."""


@dataclass
class TurnState:
    """Recordings, their turns as found, and the corrections in force.

    Attributes
    ----------
    found : recording -> its diarization, before corrections.
    files, sha256 : recording -> its file, and the hash of its content.
    """

    found: Mapping[str, Diarization]
    files: Mapping[str, Path]
    sha256: Mapping[str, str]
    paths: Paths = field(default_factory=Paths)
    who: str | None = None

    def in_force(self, name: str) -> list[Correction]:
        """The corrections of a recording, oldest first."""
        return corrections.standing(self.paths)[0].get(self.sha256[name], [])

    def turns(self, name: str) -> tuple[list[Turn], list[str]]:
        """The turns of a recording after its corrections, and a sentence for each that finds nothing to change."""
        return corrections.apply(self.found[name].turns, self.in_force(name))

    def correct(self, name: str, correction: Correction) -> None:
        """Record a correction.

        Raises
        ------
        UserError
            When it lacks something, or changes nothing.
        """
        before = self.turns(name)[0]
        corrections.check(correction)
        after, problems = corrections.apply(before, [correction])
        if problems:
            raise UserError(problems[0])
        if _spans(after) == _spans(before):
            raise UserError("That is so already: nothing is recorded.")
        corrections.record(self.paths, self.sha256[name], correction, who=self.who)

    def undo(self, name: str) -> Correction | None:
        """Take back the latest correction of a recording; None where there is none."""
        standing = self.in_force(name)
        if not standing:
            return None
        corrections.undo(self.paths, standing[-1].entry, who=self.who)
        return standing[-1]

    def excerpt(self, name: str, turn: Turn) -> tuple[float, float]:
        """Where the sound of a turn's card begins and ends, in seconds."""
        end_s = min(turn.end_s, turn.start_s + LONGEST_S) + AROUND_S
        return max(0.0, turn.start_s - AROUND_S), min(self.found[name].duration_s, end_s)

    def card(self, name: str, turn: Turn) -> str:
        """The HTML card of a turn, with some sound around it."""
        start_s, end_s = self.excerpt(name, turn)
        sure = "" if turn.confidence is None else f", confidence {turn.confidence:.2f}"
        rest = "" if turn.seconds <= LONGEST_S else f" Of its {turn.seconds:.0f} s, the first {LONGEST_S:.0f} are here."
        return card(
            read_excerpt(self.files[name], start_s, end_s, RATE_HZ),
            RATE_HZ,
            title=f"{turn.speaker}, {turn.start_s:.1f} to {turn.end_s:.1f} s{sure}",
            note=f"With up to {AROUND_S:.0f} s of sound before and after the turn.{rest}",
            source=name,
            start_s=start_s,
            end_s=end_s,
        )


def _spans(turns: list[Turn]) -> list[tuple[float, float, str]]:
    return [(turn.start_s, turn.end_s, turn.speaker) for turn in turns]


def load_turn_state(task: SpeakersTask, paths: Paths | None = None) -> TurnState:
    """The state of a task that has been diarized.

    Raises
    ------
    UserError
        When it has not.
    """
    paths = paths or Paths()
    diarized = artifacts.read(task.steps["diarization"], task, paths)
    recordings = diarized.table("recordings")
    found = stored.restored(recordings, diarized.table("turns"), diarized.table("vectors"))
    folder = Path(artifacts.read(task.steps["inventory"], task, paths).json("folder")["raw"])
    sha256 = dict(zip(recordings.recording, recordings.sha256, strict=True))
    return TurnState(found, {name: folder / name for name in found}, sha256, paths)


def corrected(state: TurnState) -> tuple[dict[str, Diarization], int, list[str]]:
    """The diarizations with their corrections, how many were applied, and a sentence for each that was not."""
    found, applied = {}, 0
    problems = corrections.standing(state.paths)[1]
    for name, one in state.found.items():
        own = state.in_force(name)
        found[name], unused = corrections.corrected(one, own)
        applied += len(own) - len(unused)
        problems += [f"{name}: {problem}" for problem in unused]
    return found, applied, problems
