"""Diarization as jobs and `horus speech --diarize` use it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from horuslib.speech.turns import Turn

_BLOCK_S = 30.0
_DESCRIBED = 0.9
"""Share of a diarization that is done when voices are described, about; clusters remain."""


@dataclass(frozen=True)
class Diarizer:
    """Turns of a file, for `speech.speakers.who_said_what`.

    Attributes
    ----------
    speakers : how many people speak, where that is known.
    max_seconds : refuse a longer file.
    """

    speakers: int | None = None
    max_seconds: float | None = None

    def __call__(self, path: Path, name: str) -> list[Turn]:
        return turns_of(diarization(path, name, self.speakers, self.max_seconds))


def diarization(
    sound: Path,
    name: str,
    speakers: int | None,
    max_seconds: float | None = None,
    variety: str | None = None,
    processed: Callable[[float], None] = lambda seconds: None,
) -> dict[str, Any]:
    """Who speaks when, as `horus speakers diarize` writes it (`speakers/schema.json`): no turns where nobody speaks.

    Parameters
    ----------
    name : how the result calls the file.
    speakers : how many people speak, where that is known.
    max_seconds : refuse a longer file, as soon as so much of it has been decoded.
    variety : of the Portuguese spoken, as the client declares it.
    processed : called with the seconds that are done, once for each side of a call, or for the whole.

    Raises
    ------
    UserError
        When the sound cannot be decoded, or is too long.
    """
    from horuslib.speakers.backends.registry import make_backend
    from horuslib.speakers.clusters.number import Number
    from horuslib.speakers.diarize import Diarization, Settings, diarize
    from horuslib.speakers.front_end.side import NoSpeech
    from horuslib.speakers.output import UNKNOWN, as_json

    settings = Settings(number=Number(exact=speakers))
    try:
        backend = _Reporting(make_backend(settings.backend), processed)
        found = diarize(sound, settings, backend, name, max_seconds)
    except NoSpeech as e:
        found = Diarization(name, [], _seconds(sound), 0.0, {}, (str(e),))
        if not found.duration_s:
            raise
    return as_json(found, sound, settings, variety or UNKNOWN)


class _Reporting:
    """A backend that says how far it is when it has described the voices of a side."""

    def __init__(self, backend: Any, processed: Callable[[float], None]):
        self._backend, self._processed = backend, processed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def describe(self, side: Any, windows: Any) -> Any:
        voices = self._backend.describe(side, windows)
        self._processed(_DESCRIBED * side.duration_s)
        return voices


def _seconds(sound: Path) -> float:
    """Of a file in which nobody speaks."""
    from horuslib.audio.media import stream_audio
    from horuslib.speech.chunks import RATE_HZ

    return sum(len(block) for block in stream_audio(sound, RATE_HZ, _BLOCK_S)) / RATE_HZ


def turns_of(found: dict[str, Any]) -> list[Turn]:
    """The turns of a `diarize` job's JSON."""
    names = [f.name for f in fields(Turn)]
    return [Turn(**{name: turn[name] for name in names if name in turn}) for turn in found["turns"]]
