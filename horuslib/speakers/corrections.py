"""What a person decided about turns: a ledger that only grows, and is applied to every later diarization.

A correction names its recording by content (SHA-256) and its speaker by a moment at which that speaker speaks, so
that it holds when a later run numbers speakers otherwise. Actions: `rename` (who speaks at `at_s` is called
`name`), `merge` (the speakers at `at_s` and at `to_s` are one), `move` (the boundary at `at_s` lies at `to_s`),
`split` (from `at_s` to `to_s`, `name` speaks and nobody else), `undo` (takes back the entry `undoes`).
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from horuslib.core import ledger_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.speakers.diarize import Diarization
from horuslib.speech.turns import Turn, joined, seconds_by_speaker

COLUMNS = ("when", "who", "entry", "recording_sha256", "action", "at_s", "to_s", "name", "undoes", "reason")
_NEAR_S = 1.0
"""How far from a boundary a `move` may have been made."""


@dataclass(frozen=True)
class Correction:
    """One decision; what its fields mean depends on the action (module docstring)."""

    action: str
    at_s: float
    to_s: float | None = None
    name: str = ""
    entry: str = ""


def ledger_path(paths: Paths) -> Path:
    return paths.labels / "speakers.csv"


def record(
    paths: Paths, recording_sha256: str, correction: Correction, *, reason: str = "", who: str | None = None
) -> str:
    """Add a correction to the ledger; returns its entry.

    Raises
    ------
    UserError
        When the correction lacks what its action needs.
    """
    check(correction)
    entry = uuid.uuid4().hex[:12]
    to_s = "" if correction.to_s is None else f"{correction.to_s:.3f}"
    row = {"recording_sha256": recording_sha256, "action": correction.action, "at_s": f"{correction.at_s:.3f}"}
    _append(paths, who, row | {"entry": entry, "to_s": to_s, "name": correction.name, "reason": reason})
    return entry


def undo(paths: Paths, entry: str, *, reason: str = "", who: str | None = None) -> None:
    """Take a correction back."""
    _append(paths, who, {"entry": uuid.uuid4().hex[:12], "action": "undo", "undoes": entry, "reason": reason})


def standing(paths: Paths) -> tuple[dict[str, list[Correction]], list[str]]:
    """The corrections in force by recording, oldest first, and a sentence for every row that cannot be read."""
    found: dict[str, tuple[str, Correction]] = {}
    problems = []
    path = ledger_path(paths)
    try:
        for line, row in ledger_file.read(path, COLUMNS):
            try:
                ledger_file.require_whole(row)
                if row["action"] == "undo":
                    found.pop(row["undoes"] or "", None)
                    continue
                to_s = float(row["to_s"]) if row["to_s"] else None
                correction = Correction(
                    row["action"] or "", float(row["at_s"] or ""), to_s, row["name"] or "", row["entry"] or ""
                )
                check(correction)
                found[correction.entry] = (row["recording_sha256"] or "", correction)
            except (ValueError, UserError) as e:
                problems.append(f"{path.name}, line {line}: {e}; the row is left out.")
    except ValueError as e:
        problems.append(f"{path.name}: {e}; no correction is used.")
    by_recording: dict[str, list[Correction]] = {}
    for sha256, correction in found.values():
        by_recording.setdefault(sha256, []).append(correction)
    return by_recording, problems


def apply(turns: Sequence[Turn], corrections: Sequence[Correction]) -> tuple[list[Turn], list[str]]:
    """The turns after the corrections, in their order, and a sentence for each that finds nothing to change."""
    now, problems = list(turns), []
    for correction in corrections:
        changed = _ACTIONS[correction.action](now, correction)
        if changed is None:
            problems.append(f"{correction.action} at {correction.at_s:.1f} s finds nobody there: it is left out.")
        else:
            now = joined(changed)
    return now, problems


def corrected(found: Diarization, own: Sequence[Correction]) -> tuple[Diarization, list[str]]:
    """A diarization after its corrections, and a sentence for each that finds nothing to change.

    The mean voice of a speaker goes by the name that most of their turns were given.
    """
    turns, problems = apply(found.turns, own)
    vectors: dict[str, np.ndarray] = {}
    for speaker in sorted(found.vectors, key=lambda s: seconds_by_speaker(found.turns).get(s, 0.0), reverse=True):
        name = _now_called(speaker, found.turns, turns)
        if name is not None:
            vectors.setdefault(name, found.vectors[speaker])
    return replace(found, turns=turns, vectors=vectors), problems


def _now_called(speaker: str, before: Sequence[Turn], after: Sequence[Turn]) -> str | None:
    """Who speaks most, after corrections, where a speaker spoke before."""
    seconds: dict[str, float] = {}
    for old in before:
        for new in after if old.speaker == speaker else ():
            shared = min(old.end_s, new.end_s) - max(old.start_s, new.start_s)
            if shared > 0 and old.channel == new.channel:
                seconds[new.speaker] = seconds.get(new.speaker, 0.0) + shared
    return max(seconds, key=lambda name: seconds[name], default=None)


def moment_of(turns: Sequence[Turn], speaker: str) -> float:
    """A moment by which a correction can name a speaker: the middle of the longest stretch where only they speak.

    Raises
    ------
    UserError
        When the speaker never speaks alone.
    """
    edges = sorted({edge for turn in turns for edge in (turn.start_s, turn.end_s)})
    alone = [
        (a, b) for a, b in pairwise(edges) if {t.speaker for t in turns if t.start_s < b and t.end_s > a} == {speaker}
    ]
    if not alone:
        raise UserError(
            f"{speaker} never speaks alone, so that nothing says which voice is meant: correct a turn first."
        )
    start_s, end_s = max(alone, key=lambda span: span[1] - span[0])
    return round((start_s + end_s) / 2, 3)


def in_words(correction: Correction) -> str:
    """A correction as a person reads it.

    Example
    -------
    >>> in_words(Correction("rename", 12.5, name="Ana"))
    'who speaks at 12.5 s is Ana'
    """
    at, to = f"{correction.at_s:.1f} s", f"{correction.to_s or 0:.1f} s"
    return {
        "rename": f"who speaks at {at} is {correction.name}",
        "merge": f"who speaks at {at} and at {to} is one person",
        "move": f"the boundary at {at} lies at {to}",
        "split": f"from {at} to {to}, {correction.name} speaks",
    }[correction.action]


def _rename(turns: list[Turn], c: Correction) -> list[Turn] | None:
    speaker = _speaker_at(turns, c.at_s)
    if speaker is None:
        return None
    return [replace(turn, speaker=c.name) if turn.speaker == speaker else turn for turn in turns]


def _merge(turns: list[Turn], c: Correction) -> list[Turn] | None:
    kept, gone = _speaker_at(turns, c.at_s), _speaker_at(turns, c.to_s or 0.0)
    if kept is None or gone is None:
        return None
    return [replace(turn, speaker=kept) if turn.speaker == gone else turn for turn in turns]


def _move(turns: list[Turn], c: Correction) -> list[Turn] | None:
    edges = {edge for turn in turns for edge in (turn.start_s, turn.end_s)}
    edge = min(edges, key=lambda edge: abs(edge - c.at_s), default=None)
    if edge is None or abs(edge - c.at_s) > _NEAR_S:
        return None
    to_s = c.to_s or 0.0
    moved = [
        replace(
            turn,
            start_s=to_s if abs(turn.start_s - edge) < 1e-3 else turn.start_s,
            end_s=to_s if abs(turn.end_s - edge) < 1e-3 else turn.end_s,
        )
        for turn in turns
    ]
    return [turn for turn in moved if turn.end_s > turn.start_s]


def _split(turns: list[Turn], c: Correction) -> list[Turn] | None:
    end_s, left, taken = c.to_s or 0.0, [], []
    for turn in turns:
        first, last = max(turn.start_s, c.at_s), min(turn.end_s, end_s)
        if last <= first:
            left.append(turn)
            continue
        taken.append(replace(turn, start_s=first, end_s=last, speaker=c.name, confidence=None))
        left += [replace(turn, end_s=first)] if first > turn.start_s else []
        left += [replace(turn, start_s=last)] if last < turn.end_s else []
    return [*left, *taken] if taken else None


_ACTIONS: dict[str, Callable[[list[Turn], Correction], list[Turn] | None]] = {
    "rename": _rename,
    "merge": _merge,
    "move": _move,
    "split": _split,
}


def _speaker_at(turns: Sequence[Turn], at_s: float) -> str | None:
    return next((turn.speaker for turn in turns if turn.start_s <= at_s <= turn.end_s), None)


def check(correction: Correction) -> None:
    """Raise UserError when a correction lacks what its action needs."""
    action, to_s = correction.action, correction.to_s
    if action not in _ACTIONS:
        raise UserError(f"{action!r} is no correction: it can be {', '.join(_ACTIONS)} or undo")
    if action in ("rename", "split") and not correction.name.strip():
        raise UserError(f"{action} needs the name of the speaker")
    if action != "rename" and to_s is None:
        raise UserError(f"{action} needs a second time")
    if correction.at_s < 0 or (to_s is not None and to_s < 0):
        raise UserError("times are seconds from 0 on")
    if action == "split" and to_s is not None and to_s <= correction.at_s:
        raise UserError(f"split ends at {to_s:g} s, before it starts at {correction.at_s:g} s")


def _append(paths: Paths, who: str | None, row: dict[str, str]) -> None:
    row |= {"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": who or ledger_file.user_name()}
    ledger_file.append(ledger_path(paths), COLUMNS, [{name: row.get(name, "") for name in COLUMNS}])
