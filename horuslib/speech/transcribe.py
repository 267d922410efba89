"""A media file becomes a transcript: decode, find speech, run the model on batches of chunks, guard, time, split."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from horuslib.audio.media import NoAudioStream, stream_audio
from horuslib.audio.streams.length import Length
from horuslib.audio.tracks import Note
from horuslib.core.errors import UserError
from horuslib.speech import guards
from horuslib.speech.chunks import RATE_HZ, Chunk, speech_chunks
from horuslib.speech.guards import Decoded
from horuslib.speech.lines import segments_of
from horuslib.speech.model import SpeechModel
from horuslib.speech.transcript import Transcript, Word
from horuslib.speech.word_times import within_speech

_BLOCK_S = 120.0
_BATCHES = {"cpu": 4, "cuda": 8}
_RETRY_TEMPERATURES = (0.2, 0.6)
_TOKENS, _TOKENS_PER_S = 15, 10.0
"""The most that a chunk may have: fast Portuguese speech has about 6 a second, so that a loop ends early."""


@dataclass(frozen=True)
class Decoding:
    """How the model decodes; on a CPU the defaults are the fastest of `bench speech` that lose no accuracy."""

    beam: int = 5
    batch: int | None = None
    """Chunks that are decoded together; None for four on a CPU, of which more gain little, and eight on a GPU."""

    def chunks(self, device: str) -> int:
        return self.batch or _BATCHES.get(device, 1)


def transcribe(
    path: str | Path,
    model: SpeechModel,
    language: str | None = "pt",
    name: str | None = None,
    decoding: Decoding | None = None,
    processed: Callable[[float], None] = lambda seconds: None,
    max_seconds: float | None = None,
    variety: str | None = None,
) -> Transcript:
    """Transcribe one media file.

    Parameters
    ----------
    language : ISO 639-1; None detects it from the first speech.
    name : how the transcript calls the file; its own name by default.
    processed : called with the seconds of the file that are done, as they grow.
    max_seconds : refuse a longer file, as soon as so much of it has been decoded.
    variety : of the language, such as pt-BR, as declared: goes into the transcript.

    Raises
    ------
    UserError
        When the file cannot be read or is too long, or the model does not know the language.
    """
    path = Path(path)
    check_language(language, model)
    notes: list[str] = []
    odd: list[Note] = []
    length = Length(name or path.name, max_seconds)
    words: list[Word] = []
    try:
        blocks = length.counted(stream_audio(path, RATE_HZ, _BLOCK_S, odd), RATE_HZ)
        chunks = speech_chunks(blocks)
        how = decoding or Decoding()
        while batch := list(islice(chunks, how.chunks(model.device))):
            decoded, language = _decode(batch, model, language, how)
            for chunk, text in zip(batch, decoded, strict=True):
                words += _words(chunk, text, notes)
            processed(batch[-1].end_s)
    except NoAudioStream as e:
        length.seconds = e.duration_s
        notes.append("the file has no audio stream")
    processed(length.seconds)
    return Transcript(
        file=name or path.name,
        duration_s=round(length.seconds, 3),
        language=language or "",
        variety=variety,
        model=model.name,
        segments=tuple(segments_of(words)),
        notes=(*(note for note in odd if isinstance(note, str)), *notes),
    )


def check_language(language: str | None, model: SpeechModel) -> None:
    """Raise UserError when the model does not know the language."""
    known = model.whisper.supported_languages
    if language is not None and language not in known:
        raise UserError(
            f"The language {language!r} is unknown to the model {model.name}: give an ISO 639-1 code such as "
            f"{known[0] if len(known) == 1 else 'pt'}."
        )


def _decode(
    batch: list[Chunk], model: SpeechModel, language: str | None, how: Decoding
) -> tuple[list[Decoded], str | None]:
    """What the model makes of each chunk, and the language it was decoded in."""
    from faster_whisper import BatchedInferencePipeline

    ends = np.cumsum([len(chunk.samples) for chunk in batch]) / RATE_HZ
    starts = np.concatenate([[0.0], ends[:-1]])
    found, info = BatchedInferencePipeline(model.whisper).transcribe(
        np.concatenate([chunk.samples for chunk in batch]),
        language=language,
        beam_size=how.beam,
        batch_size=len(batch),
        max_new_tokens=_most_tokens(max(len(chunk.samples) for chunk in batch)),
        word_timestamps=True,
        clip_timestamps=[{"start": s, "end": e} for s, e in zip(starts, ends, strict=True)],
    )
    of: list[list[Any]] = [[] for _ in batch]
    for segment in found:
        of[int(np.searchsorted(ends, segment.seek / 100 + 0.02, side="right"))].append(segment)
    decoded = [
        _decoded(segments, chunk.start_s - start) for segments, chunk, start in zip(of, batch, starts, strict=True)
    ]
    again = [
        _again(chunk, model, info.language, how) if guards.is_doubtful(d) else d
        for chunk, d in zip(batch, decoded, strict=True)
    ]
    return again, info.language


def _again(chunk: Chunk, model: SpeechModel, language: str, how: Decoding) -> Decoded:
    """Decode a chunk alone and by sampling, which leaves loops that a beam falls into."""
    import ctranslate2

    ctranslate2.set_random_seed(0)
    segments, _ = model.whisper.transcribe(
        chunk.samples,
        language=language,
        beam_size=how.beam,
        temperature=_RETRY_TEMPERATURES,
        best_of=1,
        max_new_tokens=_most_tokens(len(chunk.samples)),
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    return _decoded(list(segments), chunk.start_s)


def _most_tokens(samples: int) -> int:
    return min(220, round(_TOKENS + _TOKENS_PER_S * samples / RATE_HZ))


def _decoded(segments: list[Any], offset_s: float) -> Decoded:
    words: list[tuple[str, float, float, float]] = []
    for word in (word for segment in segments for word in segment.words or ()):
        start_s, end_s = float(word.start) + offset_s, float(word.end) + offset_s
        if words and not word.word.startswith(" "):  # the second part of "deu-se"
            text, first_s, _, probability = words.pop()
            words.append((text + word.word.strip(), first_s, end_s, min(probability, float(word.probability))))
        elif word.word.strip():
            words.append((word.word.strip(), start_s, end_s, float(word.probability)))
    if not segments:
        return Decoded((), 0.0, 1.0, 0.0)
    return Decoded(
        tuple(words),
        float(np.mean([segment.avg_logprob for segment in segments])),
        float(max(segment.no_speech_prob for segment in segments)),
        float(max(segment.compression_ratio for segment in segments)),
    )


def _words(chunk: Chunk, decoded: Decoded, notes: list[str]) -> list[Word]:
    """The words of a chunk that pass the guards, with their final times."""
    where = f"{chunk.start_s:.1f} to {chunk.end_s:.1f} s"
    reason = guards.reason_to_discard(decoded, sum(end_s - start_s for start_s, end_s in chunk.regions))
    if reason:
        notes.append(f"{where}: {decoded.text[:60]!r} was discarded ({reason})")
        return []
    single = guards.without_loops(decoded)
    if single is not decoded:
        notes.append(f"{where}: the text repeated itself; the first round is kept")
        decoded = single
    times = within_speech([(start_s, end_s) for _, start_s, end_s, _ in decoded.words], chunk.regions)
    return [
        Word(text=text, start_s=start_s, end_s=end_s, probability=round(min(1.0, max(0.0, probability)), 3))
        for (text, _, _, probability), (start_s, end_s) in zip(decoded.words, times, strict=True)
    ]
