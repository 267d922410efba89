"""`horus speech`: transcribes media files, or compares two models."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from horuslib.cli.status import DONE, SOME_UNREADABLE
from horuslib.core.errors import UserError

if TYPE_CHECKING:
    from horuslib.service.workers.diarizer import Diarizer

_HELP = """Write a transcript per media file, with word times: INPUT.json and the formats that are asked for.
Files that were transcribed before (same content, model and settings) are skipped.
`horus speech compare A B --truth TABLE.csv` prints the error rates of two models, or of two folders of transcripts,
and whether the second is better."""
_STATUS = "Exit status: 0 done, 2 wrong usage, 3 some files were unreadable."
_COMPARE = "compare"


def add(commands: argparse._SubParsersAction) -> None:
    speech = commands.add_parser(
        "speech",
        help="transcribe media files; compare two models",
        description=_HELP,
        epilog=_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    speech.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="as in `horus scan`: a media file, a folder, a 'pattern/**/*.mp4', @LIST or -; or: compare A B",
    )
    speech.add_argument(
        "--model", type=Path, metavar="DIR", help="a Whisper model in CTranslate2's format (environment: MODEL_DIR)"
    )
    speech.add_argument("--out", type=Path, default=Path("transcripts"), metavar="DIR", help="(%(default)s)")
    speech.add_argument(
        "--formats", default="srt", metavar="LIST", help="besides json: srt,vtt,txt,rttm,textgrid (srt)"
    )
    speech.add_argument("--language", default="pt", help="ISO 639-1 code, or auto (%(default)s)")
    speech.add_argument("--variety", metavar="CODE", help="of the language, such as pt-BR: declared, for the JSON")
    speech.add_argument("--threads", type=int, default=0, metavar="N", help="of the processor (all; with --workers, 1)")
    speech.add_argument("--diarize", action="store_true", help="say who speaks, too: each word gets a speaker")
    speech.add_argument("--speakers", type=int, metavar="N", help="--diarize, and exactly so many people speak")
    several = speech.add_mutually_exclusive_group()
    several.add_argument("--workers", type=int, default=1, metavar="N", help="processes of this machine (%(default)s)")
    several.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="distribute the files over a Dask cluster")
    speech.add_argument(
        "--truth",
        type=Path,
        metavar="TABLE",
        help="compare: a table with the columns name, text and maybe speaker; or reference transcripts",
    )
    speech.add_argument("--sound", type=Path, metavar="DIR", help="compare: folder of the sound (that of the table)")
    speech.set_defaults(command=_speech)


def _speech(given: argparse.Namespace) -> int:
    if given.threads < 0:
        raise UserError(f"--threads is {given.threads}: it should be 0 (all) or more.")
    if given.workers < 1:
        raise UserError(f"--workers is {given.workers}: it should be 1 or more.")
    if given.speakers is not None and given.speakers < 1:
        raise UserError(f"--speakers is {given.speakers}: it should be 1 or more.")
    return _compare(given) if given.inputs[0] == _COMPARE else _transcribe(given)


def _transcribe(given: argparse.Namespace) -> int:
    from horuslib.core.progress import Progress
    from horuslib.inference.inputs import find_inputs

    files = find_inputs(given.inputs)
    unreadable, skipped, seconds = [], 0, 0.0
    with Progress(len(files), "speech", "files") as progress:
        for name, length_s, how in _transcripts(given, files):
            progress.update(1, name)
            if length_s is None:
                unreadable.append(f"{name}: {how}")
            else:
                skipped += how == "skipped"
                seconds += length_s
    before = f" ({skipped} done before, skipped)" if skipped else ""
    print(f"{len(files)} files{before}, {seconds / 3600:.2f} h of sound; transcripts in {given.out}")
    for line in unreadable:
        print(f"Could not be read: {line}", file=sys.stderr)
    return SOME_UNREADABLE if unreadable else DONE


def _transcripts(given: argparse.Namespace, files: list[tuple[Path, str]]) -> Iterator[tuple[str, float | None, str]]:
    """Name, seconds (None where it cannot be read) and "new", "skipped" or the reason, per file."""
    language = None if given.language == "auto" else given.language
    formats = [name for name in given.formats.split(",") if name]
    if given.scheduler is not None or given.workers > 1:
        from horuslib.speech.cluster import transcribe_on_workers

        yield from transcribe_on_workers(
            files, _model(given), given.out, formats, language, given.threads, given.scheduler, given.workers,
            _diarizer(given), given.variety,
        )  # fmt: skip
        return
    from horuslib.speech.folder import transcribe_all
    from horuslib.speech.model import SpeechModel

    model = SpeechModel.load(_model(given), threads=given.threads)
    found = transcribe_all(files, model, given.out, formats, language, diarize=_diarizer(given), variety=given.variety)
    for name, transcript, how in found:
        yield name, None if transcript is None else transcript.duration_s, how


def _diarizer(given: argparse.Namespace) -> "Diarizer | None":
    if not given.diarize and given.speakers is None:
        return None
    from horuslib.service.workers.diarizer import Diarizer

    return Diarizer(given.speakers)


def _compare(given: argparse.Namespace) -> int:
    if len(given.inputs) != 3 or given.truth is None:
        raise UserError(
            "`horus speech compare` takes two folders and a table: horus speech compare A B --truth TABLE.csv."
        )
    from horuslib.core.progress import Progress
    from horuslib.service.workers.diarizer import Diarizer
    from horuslib.speech.comparison import as_text, compare_texts, read_truth, speaker_rates, texts_of

    sides = [Path(side) for side in given.inputs[1:]]
    truth = read_truth(given.truth)
    sound = given.sound or given.truth.parent
    diarize = Diarizer(given.speakers) if any(said.by_speaker for said in truth.values()) else None
    with Progress(2 * len(truth), "compare", "files") as progress:
        one, other = (
            texts_of(side, sound, truth, given.language, given.threads, lambda name: progress.update(1, name), diarize)
            for side in sides
        )
    found, cer_one, cer_other = compare_texts(truth, one, other, given.language)
    by_speaker = speaker_rates(truth, one, given.language), speaker_rates(truth, other, given.language)
    print(as_text(found, cer_one, cer_other, (str(sides[0]), str(sides[1])), by_speaker))
    return DONE


def _model(given: argparse.Namespace) -> Path:
    if given.model is not None:
        return given.model
    if os.environ.get("MODEL_DIR"):
        return Path(os.environ["MODEL_DIR"])
    raise UserError("Which speech model? Name its folder: --model DIR, or the environment variable MODEL_DIR.")
