"""`horus speech`: transcribes media files, or compares two models."""

import argparse
import os
import sys
from pathlib import Path

from horuslib.cli.status import DONE, SOME_UNREADABLE
from horuslib.core.errors import UserError

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
    speech.add_argument("--threads", type=int, default=0, metavar="N", help="of the processor (all)")
    speech.add_argument("--truth", type=Path, metavar="CSV", help="compare: a table with the columns name and text")
    speech.add_argument("--sound", type=Path, metavar="DIR", help="compare: folder of the sound (that of the table)")
    speech.set_defaults(command=_speech)


def _speech(given: argparse.Namespace) -> int:
    if given.threads < 0:
        raise UserError(f"--threads is {given.threads}: it should be 0 (all) or more.")
    return _compare(given) if given.inputs[0] == _COMPARE else _transcribe(given)


def _transcribe(given: argparse.Namespace) -> int:
    from horuslib.core.progress import Progress
    from horuslib.inference.inputs import find_inputs
    from horuslib.speech.folder import transcribe_all
    from horuslib.speech.model import SpeechModel

    files = find_inputs(given.inputs)
    model = SpeechModel.load(_model(given), threads=given.threads)
    language = None if given.language == "auto" else given.language
    formats = [name for name in given.formats.split(",") if name]
    unreadable, skipped, seconds = [], 0, 0.0
    with Progress(len(files), "speech", "files") as progress:
        for name, transcript, how in transcribe_all(files, model, given.out, formats, language):
            progress.update(1, name)
            if transcript is None:
                unreadable.append(f"{name}: {how}")
            else:
                skipped += how == "skipped"
                seconds += transcript.duration_s
    before = f" ({skipped} done before, skipped)" if skipped else ""
    print(f"{len(files)} files{before}, {seconds / 3600:.2f} h of sound; transcripts in {given.out}")
    for line in unreadable:
        print(f"Could not be read: {line}", file=sys.stderr)
    return SOME_UNREADABLE if unreadable else DONE


def _compare(given: argparse.Namespace) -> int:
    if len(given.inputs) != 3 or given.truth is None:
        raise UserError(
            "`horus speech compare` takes two folders and a table: horus speech compare A B --truth TABLE.csv."
        )
    from horuslib.core.progress import Progress
    from horuslib.speech.comparison import as_text, compare_texts, read_truth, texts_of

    sides = [Path(side) for side in given.inputs[1:]]
    truth = read_truth(given.truth)
    sound = given.sound or given.truth.parent
    with Progress(2 * len(truth), "compare", "files") as progress:
        one, other = (
            texts_of(side, sound, truth, given.language, given.threads, lambda name: progress.update(1, name))
            for side in sides
        )
    found, cer_one, cer_other = compare_texts(truth, one, other, given.language)
    print(as_text(found, cer_one, cer_other, (str(sides[0]), str(sides[1]))))
    return DONE


def _model(given: argparse.Namespace) -> Path:
    if given.model is not None:
        return given.model
    if os.environ.get("MODEL_DIR"):
        return Path(os.environ["MODEL_DIR"])
    raise UserError("Which speech model? Name its folder: --model DIR, or the environment variable MODEL_DIR.")
