"""The folder of recordings: the user's, or the demo conversations when there are none."""

from collections.abc import Mapping
from pathlib import Path

from horuslib.audio.media import find_media
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.workbooks import Inputs
from horuslib.speakers.corpus.catalogue import TABLE
from horuslib.speakers.corrections import ledger_path
from horuslib.tasks import SpeakersTask


def demo_folder(paths: Paths) -> Path:
    """The generated conversations that ship, apart from the demo corpus of the tasks on sound."""
    return paths.demo.with_name("demo_speakers")


def find_recordings(raw: str | Path, paths: Paths) -> Path:
    """The folder of recordings: the one named, else data/raw where it holds media, else the demo conversations.

    Raises
    ------
    UserError
        When the named folder does not exist, or there is no media file in any of them.
    """
    if raw:
        folder = Path(raw).expanduser().resolve()
        if not folder.is_dir():
            raise UserError(f"There is no folder {folder}: give the folder that holds the recordings.")
        if not find_media(folder):
            raise UserError(f"{folder} holds no video or sound file: put the recordings there.")
        return folder
    for folder in (paths.raw, demo_folder(paths)):
        if find_media(folder):
            return folder
    raise UserError(f"{paths.raw} holds no recording, nor are there demo conversations in {demo_folder(paths)}.")


def recordings(task: SpeakersTask, options: Mapping[str, str], paths: Paths) -> Inputs:
    """What the inventory depends on: recordings, turns beside them and the table, by content."""
    folder = find_recordings(options.get("raw", ""), paths)
    files = [*find_media(folder), *folder.rglob("*.rttm"), folder / TABLE]
    content = {p.relative_to(folder).as_posix(): sha256_file(p) for p in sorted(files) if p.is_file()}
    return Inputs(content, {"raw": str(folder)})


def corrections(task: SpeakersTask, options: Mapping[str, str], paths: Paths) -> Inputs:
    """What the review depends on: the ledger of corrections, by content."""
    path = ledger_path(paths)
    return Inputs({path.name: sha256_file(path)} if path.is_file() else {})
