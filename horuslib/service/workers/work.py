"""What a worker does for each kind of job, with one model that stays loaded."""

import errno
import json
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from horuslib.audio.media import NoAudioStream, stream_audio
from horuslib.audio.streams.length import Length
from horuslib.audio.track import AudioTrack
from horuslib.core.artifacts import write_json
from horuslib.core.errors import UserError
from horuslib.service.jobs import JobRequest
from horuslib.service.settings import Settings
from horuslib.service.workers import diarizer
from horuslib.speech.speakers import who_said_what
from horuslib.speech.transcript import Transcript
from horuslib.speech.turns import Turn

Progress = Callable[[float], None]
"""Called with the seconds of sound that are done."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_PATIENCE_S, _AGAIN_S = 60.0, 0.2
_TRANSCRIPTION = 0.8
"""Share of the work of `both` that is its transcription, about."""


class Work:
    """The work of one worker process.

    Parameters
    ----------
    model : folder of the model.
    """

    def __init__(self, model: Path, settings: Settings):
        self._model, self._settings = model, settings

    def do(self, task: str, sound: Path, name: str, request: JobRequest, progress: Progress) -> dict[str, Any]:
        """The result of a job, ready for JSON; raises UserError for what the client has to change."""
        return getattr(self, f"_{task}")(sound, name, request, progress)

    @cached_property
    def _speech(self) -> Any:
        from horuslib.speech.model import SpeechModel

        return SpeechModel.load(self._model, threads=self._settings.cpu_threads)

    @cached_property
    def _detector(self) -> Any:
        from horuslib.core.stderr import stderr_to
        from horuslib.inference.detector import Detector

        with stderr_to():
            return Detector.load(self._model)

    def _probe(self, sound: Path, name: str, request: JobRequest, progress: Progress) -> dict[str, Any]:
        try:
            with AudioTrack(sound) as track:
                return {"seconds": track.declared_s or None}
        except NoAudioStream as e:
            return {"seconds": e.duration_s}

    def _diagnose(self, sound: Path, name: str, request: JobRequest, progress: Progress) -> dict[str, Any]:
        from horuslib.inference.pipeline import diagnoses
        from horuslib.inference.results import fingerprint

        done = 0.0

        def decode(path, sample_rate_hz, block_s, notes, lost):
            length = Length(name, self._settings.max_seconds)
            return length.counted(stream_audio(path, sample_rate_hz, block_s, notes, lost), sample_rate_hz)

        def processed(seconds: float) -> None:
            nonlocal done
            done += seconds
            progress(done)

        (found,) = diagnoses([(sound, name)], self._detector, [decode], processed)
        if found["status"] == "error":
            raise UserError(found["message"])
        return {**found, "source": fingerprint(sound)}

    def _transcribe(self, sound: Path, name: str, request: JobRequest, progress: Progress) -> dict[str, Any]:
        from horuslib.speech.transcribe import transcribe

        language = None if request.language == "auto" else request.language
        found = transcribe(
            sound,
            self._speech,
            language,
            name,
            processed=progress,
            max_seconds=self._settings.max_seconds,
            variety=request.variety,
        )
        return found.model_dump(mode="json")

    def _diarize(self, sound: Path, name: str, request: JobRequest, progress: Progress) -> dict[str, Any]:
        longest_s = self._settings.max_seconds
        return diarizer.diarization(sound, name, request.speakers, longest_s, request.variety, progress)

    def _both(self, sound: Path, name: str, request: JobRequest, progress: Progress) -> dict[str, Any]:
        def transcribed(seconds: float) -> None:
            progress(_TRANSCRIPTION * seconds)

        transcript = Transcript.model_validate(self._transcribe(sound, name, request, transcribed))

        def diarize(path: Path, name: str) -> list[Turn]:
            done_s = _TRANSCRIPTION * transcript.duration_s

            def diarized(seconds: float) -> None:
                progress(done_s + (1 - _TRANSCRIPTION) * seconds)

            return diarizer.turns_of(self._diarize(path, name, request, diarized))

        return who_said_what(transcript, sound, diarize).model_dump(mode="json")


def write_result(folder: Path, result: dict[str, Any], patience_s: float = _PATIENCE_S) -> None:
    """Write a job's result whole or not at all; a full disk is waited for, as the work is done.

    Raises
    ------
    UserError
        When the disk is still full after `patience_s`, or does not take it for another reason.
    """
    from horuslib.service.store import RESULT

    content, until = json.loads(json.dumps(result)), time.monotonic() + patience_s
    while True:
        try:
            write_json(folder / RESULT, content)
            return
        except OSError as e:
            full = e.errno in _FULL
            if not full or time.monotonic() > until:
                advice = ": make room on the server's disk and send the job again" if full else ""
                raise UserError(f"The result could not be written ({e.strerror}){advice}.") from None
            time.sleep(_AGAIN_S)
