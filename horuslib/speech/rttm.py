"""RTTM, the field's text format of turns (NIST Rich Transcription): one line per turn, ten fields.

SPEAKER name channel start_s seconds <NA> <NA> speaker <NA> <NA>
"""

import math
from collections.abc import Iterable
from pathlib import Path

from horuslib.core.artifacts import write_bytes
from horuslib.core.errors import UserError
from horuslib.speech.turns import Turn, in_order


def write_rttm(path: Path, name: str, turns: Iterable[Turn]) -> Path:
    """Write a recording's turns, sorted by start."""
    return write_bytes(path, to_text(name, in_order(turns)).encode("utf-8"))


def to_text(name: str, turns: Iterable[Turn]) -> str:
    """The lines of a recording's turns, in their order; blanks in names, which separate fields, become underscores."""
    return "".join(
        f"SPEAKER {_field(name)} {turn.channel} {turn.start_s:.3f} {turn.seconds:.3f} <NA> <NA> "
        f"{_field(turn.speaker)} <NA> <NA>\n"
        for turn in turns
    )


def read_rttm(path: Path) -> dict[str, list[Turn]]:
    """The turns of an RTTM file by recording; other types of line (SPKR-INFO, LEXEME) and comments are skipped.

    Raises
    ------
    UserError
        When the file cannot be read, or a line is none of RTTM's: the line's number is given.
    """
    path = Path(path)
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise UserError(f"{path} cannot be read as RTTM ({e}): give a text file of SPEAKER lines.") from None
    found: dict[str, list[Turn]] = {}
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0].startswith((";", "#")):
            continue
        if fields[0] != "SPEAKER":
            if len(fields) < 9:
                raise UserError(f"{path}, line {number}: {line[:60]!r} is no RTTM; a turn begins with SPEAKER.")
            continue
        try:
            name, turn = _turn(fields)
        except (ValueError, IndexError) as e:
            raise UserError(f"{path}, line {number}: {e}.") from None
        found.setdefault(name, []).append(turn)
    return found


def _turn(fields: list[str]) -> tuple[str, Turn]:
    if len(fields) < 8:
        raise ValueError(f"a SPEAKER line has at least 8 fields, this one has {len(fields)}")
    start_s, seconds = float(fields[3]), float(fields[4])
    if not math.isfinite(start_s) or not math.isfinite(seconds) or start_s < 0:
        raise ValueError(f"start {fields[3]} and length {fields[4]} should be seconds from 0 on")
    if seconds < 0:
        raise ValueError(f"the turn at {start_s:g} s ends before it starts (length {seconds:g} s)")
    channel = int(fields[2]) if fields[2].isdigit() else 1
    return fields[1], Turn(start_s, start_s + seconds, fields[7], channel=channel)


def _field(text: str) -> str:
    return "_".join(text.split()) or "<NA>"
