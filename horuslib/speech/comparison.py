"""Two models, or two folders of transcripts, against reference texts of the same files."""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from horuslib.audio.media import find_media
from horuslib.core.errors import UserError
from horuslib.speech.error_rates import Comparison, Rate, cer, compare, total, wer
from horuslib.speech.folder import read_transcript
from horuslib.speech.model import WEIGHTS, SpeechModel
from horuslib.speech.transcribe import transcribe

_SEED = 22


def read_truth(path: Path) -> dict[str, str]:
    """Name -> text of a CSV with at least these two columns; a name is that of a file, with or without its suffix."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as f:
            rows = list(csv.DictReader(f))
        truth = {Path(row["name"]).stem: row["text"] for row in rows}
    except (OSError, UnicodeDecodeError, KeyError, TypeError) as e:
        raise UserError(f"{path} is no table of texts ({e}): a CSV with the columns name and text.") from None
    if not truth:
        raise UserError(f"{path} holds no text: give it a line with name and text for each file.")
    return truth


def texts_of(
    side: Path,
    sound: Path,
    names: Iterable[str],
    language: str,
    threads: int = 0,
    done: Callable[[str], None] = lambda name: None,
) -> dict[str, str]:
    """Name -> text by one side of a comparison: a model's folder transcribes the sound, another holds NAME*.json.

    Raises
    ------
    UserError
        When a file or a transcript is missing.
    """
    names = list(names)
    if (side / WEIGHTS).is_file():
        model = SpeechModel.load(side, threads=threads)
        files = {path.stem: path for path in find_media(sound)}
        _require(names, files, f"sound in {sound}")
        texts = {}
        for name in names:
            texts[name] = transcribe(files[name], model, language).text
            done(name)
        return texts
    if not side.is_dir():
        raise UserError(f"{side} is neither the folder of a model nor one of transcripts.")
    stored = {path.name.split(".")[0]: path for path in sorted(side.glob("*.json"))}
    _require(names, stored, f"transcript in {side}")
    return {name: read_transcript(stored[name]).text for name in names}


def compare_texts(
    truth: Mapping[str, str], one: Mapping[str, str], other: Mapping[str, str], language: str
) -> tuple[Comparison, Rate, Rate]:
    """The comparison by words, and the character error rate of each side."""
    words_one, words_other = (
        [wer(text, side[name], language) for name, text in truth.items()] for side in (one, other)
    )
    cer_one, cer_other = (
        total([cer(text, side[name], language) for name, text in truth.items()]) for side in (one, other)
    )
    return compare(words_one, words_other, np.random.default_rng(_SEED)), cer_one, cer_other


def as_text(found: Comparison, cer_one: Rate, cer_other: Rate, names: tuple[str, str]) -> str:
    """The comparison in words: never a reduction without its interval."""
    lines = [
        f"{name}: WER {rate.share:.1%} ({rate.errors} of {rate.length} words), CER {characters.share:.1%}"
        for name, rate, characters in zip(names, (found.one, found.other), (cer_one, cer_other), strict=True)
    ]
    verdict = "no difference is shown"
    if found.low > 0:
        verdict = f"{names[1]} is better"
    elif found.high < 0:
        verdict = f"{names[0]} is better"
    lines.append(
        f"{names[1]} makes {found.reduction:.1%} fewer errors than {names[0]} (95 % interval {found.low:.1%} to "
        f"{found.high:.1%}, paired bootstrap over {found.files} files): {verdict}."
    )
    return "\n".join(lines)


def _require(names: Iterable[str], found: Mapping[str, Path], what: str) -> None:
    missing = [name for name in names if name not in found]
    if missing:
        shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise UserError(f"There is no {what} for {len(missing)} names of the table: {shown}.")
