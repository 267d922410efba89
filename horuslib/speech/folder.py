"""Transcripts of many files in a folder; what was transcribed before (same content, model and settings) is skipped."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from horuslib.core.artifacts import write_json
from horuslib.core.atomic import replacing, sweep
from horuslib.core.errors import UserError
from horuslib.inference.results import fingerprint
from horuslib.speech.formats import FORMATS
from horuslib.speech.model import SpeechModel
from horuslib.speech.speakers import Diarizer, who_said_what
from horuslib.speech.transcribe import Decoding, check_language, transcribe
from horuslib.speech.transcript import Transcript

_STATE = ".transcribed"
"""Folder below the output with a record per file of what its transcript was made from."""


def transcribe_all(
    files: Iterable[tuple[Path, str]],
    model: SpeechModel,
    out: Path,
    formats: Sequence[str],
    language: str | None = "pt",
    decoding: Decoding | None = None,
    processed: Callable[[str, float], None] | None = None,
    diarize: Diarizer | None = None,
    variety: str | None = None,
) -> Iterator[tuple[str, Transcript | None, str]]:
    """Transcribe files; yields name, transcript and "new" or "skipped", or None and the reason it could not be read.

    Parameters
    ----------
    files : as `inference.inputs.find_inputs` gives them.
    out : receives NAME.json and NAME.FORMAT of each.
    formats : keys of `formats.FORMATS`.
    processed : called with a file's name and its seconds that are done.
    diarize : also gives each word a speaker; None for transcripts without speakers.
    variety : of the language, as declared for all files.

    Raises
    ------
    UserError
        When a format or the language is unknown, or `out` cannot be written.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UserError(f"There is no format {', '.join(unknown)}. There are: {', '.join(FORMATS)}.")
    check_language(language, model)
    decoding = decoding or Decoding()
    for path, name in files:
        made_from = _made_from(path, model, language, decoding, diarize, variety)
        stored = _stored(out, name, made_from)
        if stored:
            _write(out, stored, formats, made_from)
            yield name, stored, "skipped"
            continue
        try:
            progress = partial(processed, name) if processed else _ignore
            done = transcribe(path, model, language, name, decoding, progress, variety=variety)
            if diarize:
                done = who_said_what(done, path, diarize)
        except UserError as e:
            yield name, None, str(e)
            continue
        _write(out, done, formats, made_from)
        yield name, done, "new"


def read_transcript(path: Path) -> Transcript:
    """A transcript's JSON; raises UserError when it is none."""
    try:
        return Transcript.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as e:
        raise UserError(
            f"{path} is no transcript ({str(e).splitlines()[0]}): name one that `horus speech` wrote."
        ) from None


def _ignore(seconds: float) -> None:
    """No progress is shown."""


def _made_from(
    path: Path,
    model: SpeechModel,
    language: str | None,
    decoding: Decoding,
    diarize: Diarizer | None,
    variety: str | None,
) -> dict[str, Any] | None:
    """None when the file cannot be read."""
    try:
        source = fingerprint(path)
    except OSError:
        return None
    asked: dict[str, Any] = {"variety": variety} if variety else {}
    if diarize:
        asked["diarized"] = asdict(diarize)
    return {"source": source, "model": model.name, "language": language, **asdict(decoding), **asked}


def _stored(out: Path, name: str, made_from: dict[str, Any] | None) -> Transcript | None:
    try:
        if made_from is None or json.loads(_record(out, name).read_text("utf-8")) != made_from:
            return None
        return read_transcript(out / f"{name}.json")
    except (OSError, ValueError, UserError):
        return None


def _write(out: Path, transcript: Transcript, formats: Sequence[str], made_from: dict[str, Any] | None) -> None:
    """Write the formats and then the record, so that what has one is whole."""
    try:
        for suffix in dict.fromkeys(["json", *formats]):
            target = out / f"{transcript.file}.{suffix}"
            sweep(target.parent)
            with replacing(target) as unfinished:
                unfinished.write_text(FORMATS[suffix][1](transcript), "utf-8")
        write_json(_record(out, transcript.file), made_from)
    except OSError as e:
        raise UserError(
            f"{out} cannot be written ({e.strerror}). What is written is whole: run the same again, and the rest will "
            "be done."
        ) from None


def _record(out: Path, name: str) -> Path:
    return out / _STATE / f"{name}.json"
