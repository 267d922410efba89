"""Two models, or two folders of transcripts, against reference texts of the same files."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from horuslib.audio.media import find_media
from horuslib.core.errors import UserError
from horuslib.speech.error_rates import Comparison, Rate, cer, compare, cp_wer, total, wer
from horuslib.speech.folder import read_transcript
from horuslib.speech.model import WEIGHTS, SpeechModel
from horuslib.speech.speakers import Diarizer, who_said_what
from horuslib.speech.transcribe import transcribe
from horuslib.speech.transcript import Transcript

_SEED = 22


@dataclass(frozen=True)
class Said:
    """What is said in one file.

    Attributes
    ----------
    by_speaker : speaker -> all that this speaker says; empty where speakers are unknown.
    """

    text: str
    by_speaker: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Iterable[tuple[str | None, str]]) -> "Said":
        """Of parts (speaker, text) in order of time; parts of nobody are one more speaker's where others are known."""
        parts, found = list(parts), defaultdict(list)
        for speaker, text in parts:
            found[speaker or ""].append(text)
        known = {speaker: " ".join(texts) for speaker, texts in found.items()} if set(found) - {""} else {}
        return cls(" ".join(text for _, text in parts), known)

    @classmethod
    def in_transcript(cls, transcript: Transcript) -> "Said":
        return cls.of((segment.speaker, segment.text) for segment in transcript.segments)


def read_truth(path: Path) -> dict[str, Said]:
    """Name -> what is said, of a CSV with the columns name and text, or of a folder of transcripts.

    A name is that of a file, with or without its suffix. A file may have several lines, in order of time, and a column
    speaker says whose each is.
    """
    truth = {name: Said.in_transcript(read_transcript(file)) for name, file in _stored(path).items()}
    if not path.is_dir():
        truth = {name: Said.of(parts) for name, parts in _read_table(path).items()}
    if not truth:
        raise UserError(f"{path} holds no text: give it a line with name and text for each file.")
    return truth


def _read_table(path: Path) -> dict[str, list[tuple[str | None, str]]]:
    parts: dict[str, list[tuple[str | None, str]]] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as f:
            for row in csv.DictReader(f):
                name, text = Path(row["name"]).stem, str.strip(row["text"])
                parts.setdefault(name, []).append((row.get("speaker"), text))
    except (OSError, UnicodeDecodeError, KeyError, TypeError) as e:
        raise UserError(f"{path} is no table of texts ({e}): a CSV with the columns name and text.") from None
    return parts


def texts_of(
    side: Path,
    sound: Path,
    names: Iterable[str],
    language: str,
    threads: int = 0,
    done: Callable[[str], None] = lambda name: None,
    diarize: Diarizer | None = None,
) -> dict[str, Said]:
    """Name -> text by one side of a comparison: a model's folder transcribes the sound, another holds NAME*.json.

    Parameters
    ----------
    diarize : says who speaks in what a model transcribes; None where speakers are not asked for.

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
            found = transcribe(files[name], model, language)
            texts[name] = Said.in_transcript(who_said_what(found, files[name], diarize) if diarize else found)
            done(name)
        return texts
    if not side.is_dir():
        raise UserError(f"{side} is neither the folder of a model nor one of transcripts.")
    stored = _stored(side)
    _require(names, stored, f"transcript in {side}")
    return {name: Said.in_transcript(read_transcript(stored[name])) for name in names}


def _stored(folder: Path) -> dict[str, Path]:
    """Name -> transcript of a folder."""
    return {path.name.split(".")[0]: path for path in sorted(folder.glob("*.json"))}


def compare_texts(
    truth: Mapping[str, Said], one: Mapping[str, Said], other: Mapping[str, Said], language: str
) -> tuple[Comparison, Rate, Rate]:
    """The comparison by words, and the character error rate of each side."""
    words_one, words_other = (
        [wer(said.text, side[name].text, language) for name, said in truth.items()] for side in (one, other)
    )
    cer_one, cer_other = (
        total([cer(said.text, side[name].text, language) for name, said in truth.items()]) for side in (one, other)
    )
    return compare(words_one, words_other, np.random.default_rng(_SEED)), cer_one, cer_other


def speaker_rates(truth: Mapping[str, Said], side: Mapping[str, Said], language: str) -> Rate | None:
    """cpWER of the files whose reference has speakers; None where there are none.

    A text without speakers counts as one speaker's.
    """
    rates = [
        cp_wer(said.by_speaker, side[name].by_speaker or {"": side[name].text}, language)
        for name, said in truth.items()
        if said.by_speaker
    ]
    return total(rates) if rates else None


def as_text(
    found: Comparison,
    cer_one: Rate,
    cer_other: Rate,
    names: tuple[str, str],
    by_speaker: tuple[Rate | None, Rate | None] = (None, None),
) -> str:
    """The comparison in words: never a reduction without its interval.

    Parameters
    ----------
    by_speaker : `speaker_rates` of each side.
    """
    lines = []
    for name, rate, characters, cp in zip(
        names, (found.one, found.other), (cer_one, cer_other), by_speaker, strict=True
    ):
        lines.append(f"{name}: WER {rate.share:.1%} ({rate.errors} of {rate.length} words), CER {characters.share:.1%}")
        if cp is not None:
            lines[-1] += f", cpWER {cp.share:.1%} ({cp.errors} of {cp.length} words)"
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
