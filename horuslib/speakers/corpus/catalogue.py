"""A folder of recordings: who speaks in them, which variety of Portuguese, and from which corpus they came.

Beside a recording may lie NAME.rttm with its turns. `speakers.csv` in the folder may declare, per recording, the
columns `recording` (its path in the folder), `speaker` (where one person speaks throughout), `variety` (one of the
task's labels: pt-BR, pt-PT, pt-AO, pt-MZ) and `corpus`. What is declared nowhere is unknown; nothing is inferred.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from horuslib.audio.media import find_media
from horuslib.core.errors import UserError
from horuslib.speech.rttm import read_rttm
from horuslib.speech.turns import Turn, speakers_of
from horuslib.tasks import load_speakers_task

TABLE = "speakers.csv"
UNKNOWN = "unknown"
_LOCAL = re.compile(r"(s|spk|speaker)?[ _-]?\d+|[a-z]", re.IGNORECASE)
_COLUMNS = ("recording", "speaker", "variety", "corpus")


@dataclass(frozen=True)
class Entry:
    """One recording.

    Attributes
    ----------
    name : its path in the folder.
    turns : who speaks when, from NAME.rttm; None where there is none.
    speaker : who speaks throughout, as declared; None where nothing says so.
    """

    path: Path
    name: str
    turns: list[Turn] | None = None
    speaker: str | None = None
    variety: str = UNKNOWN
    corpus: str = UNKNOWN

    @property
    def speakers(self) -> list[str]:
        """Who speaks, by the turns or as declared; empty where nothing says so."""
        if self.turns:
            return speakers_of(self.turns)
        return [self.speaker] if self.speaker else []

    def person(self, speaker: str) -> str:
        """Who a speaker of this recording is, across recordings.

        A name is a person's, but S01, speaker_2 or B number the speakers of one recording: another S01 is another
        person.
        """
        return f"{self.name}#{speaker}" if is_local(speaker) else speaker

    def known_turns(self, duration_s: float) -> list[Turn]:
        """Who speaks when, by the turns or as declared; empty where nothing says so."""
        return self.turns or ([Turn(0.0, duration_s, self.speaker)] if self.speaker else [])

    @property
    def rttm(self) -> Path:
        return self.path.with_suffix(".rttm")


def is_local(speaker: str) -> bool:
    """Whether a speaker's name only numbers the speakers of one recording (S01, speaker_2, B)."""
    return bool(_LOCAL.fullmatch(speaker))


def known_variety(given: str, varieties: Sequence[str] | None = None) -> str:
    """A variety as the task writes it, whatever its case and its dash; empty is unknown.

    Parameters
    ----------
    varieties : that may be declared; by default the labels of the task `speakers`.

    Raises
    ------
    UserError
        When it is none of them.
    """
    known = [*(_labels() if varieties is None else varieties), UNKNOWN]
    spelt = {name.casefold(): name for name in known}
    found = spelt.get(given.strip().replace("_", "-").casefold() or UNKNOWN)
    if found is None:
        raise UserError(
            f"The variety {given!r} is none of {', '.join(dict.fromkeys(known))}: correct it, or add it to the task's "
            "labels."
        )
    return found


@cache
def _labels() -> tuple[str, ...]:
    return tuple(load_speakers_task("speakers").labels)


def declared_varieties(paths: Sequence[Path], folders: Iterable[Path] = ()) -> dict[Path, str]:
    """Recording -> variety that `speakers.csv` declares: that in one of `folders`, else that beside the recording.

    Raises
    ------
    UserError
        As `read_catalogue` for the tables.
    """
    found: dict[Path, str] = {}
    for folder in dict.fromkeys([*map(Path, folders), *(path.parent for path in paths)]):
        if (folder / TABLE).is_file():
            files = {path.relative_to(folder).as_posix(): path for path in find_media(folder)}
            for name, row in _declared(folder / TABLE, files).items():
                if row["variety"] != UNKNOWN:
                    found.setdefault(files[name], row["variety"])
    return {path: found[path] for path in paths if path in found}


def read_catalogue(folder: Path, varieties: Sequence[str] | None = None) -> list[Entry]:
    """Every recording of a folder and its sub-folders, in a fixed order.

    Parameters
    ----------
    varieties : as of `known_variety`.

    Raises
    ------
    UserError
        When there is no recording, `speakers.csv` or an RTTM is malformed or lists a recording twice, or one speaks of
        a recording that is not there.
    """
    folder = Path(folder)
    files = {path.relative_to(folder).as_posix(): path for path in find_media(folder)}
    if not files:
        raise UserError(f"{folder} holds no video or sound file: put the recordings there.")
    declared = _declared(folder / TABLE, files, varieties)
    return [_entry(path, name, declared.get(name, {})) for name, path in files.items()]


def _entry(path: Path, name: str, row: dict[str, str]) -> Entry:
    rttm, turns = path.with_suffix(".rttm"), None
    if rttm.is_file():
        read = read_rttm(rttm)
        unknown = set(read) - {path.stem, path.name}
        if unknown:
            raise UserError(f"{rttm} speaks of {min(unknown)}, but it lies beside {path.name}: the names should agree.")
        turns = [turn for own in read.values() for turn in own]
    return Entry(
        path, name, turns, row.get("speaker") or None, row.get("variety") or UNKNOWN, row.get("corpus") or UNKNOWN
    )


def _declared(table: Path, files: dict[str, Path], varieties: Sequence[str] | None = None) -> dict[str, dict[str, str]]:
    if not table.is_file():
        return {}
    try:
        text = table.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{table} is not in UTF-8: save it as CSV in UTF-8 (a spreadsheet offers that).") from None
    except OSError as e:
        raise UserError(f"{table} cannot be read ({e}).") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = reader.fieldnames or []
    if "recording" not in columns or not set(columns) <= set(_COLUMNS):
        raise UserError(f"{table} has the columns {', '.join(columns)}: it may have {', '.join(_COLUMNS)}.")
    rows: dict[str, dict] = {}
    for row in reader:
        name = (row["recording"] or "").strip()
        if name in rows:
            raise UserError(f"{table} lists {name} twice, again in line {reader.line_num}: keep one of the rows.")
        try:
            rows[name] = row | {"variety": known_variety(row.get("variety") or "", varieties)}
        except UserError as e:
            raise UserError(f"{table}, line {reader.line_num}: {e}") from None
    absent = sorted(set(rows) - set(files))
    if absent:
        raise UserError(
            f"{table} names {absent[0]!r}, which is not in {table.parent}: correct the name, or drop the row."
        )
    return {name: {key: (value or "").strip() for key, value in row.items() if key} for name, row in rows.items()}
