"""Who spoke when in one recording: speech, windows, voices, clusters, turns."""

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from horuslib.audio.streams.length import Length
from horuslib.speakers.backends.registry import make_backend
from horuslib.speakers.backends.voices import Backend
from horuslib.speakers.clusters.clustering import make_clustering
from horuslib.speakers.clusters.comparison import centroids
from horuslib.speakers.clusters.number import Number, choose
from horuslib.speakers.clusters.overlap import second_voices
from horuslib.speakers.clusters.resegmentation import confidences, smooth, to_turns
from horuslib.speakers.front_end.side import NoSpeech, Side, analyse
from horuslib.speakers.front_end.sound import sides_of
from horuslib.speakers.front_end.windows import make_windows
from horuslib.speech.turns import Turn, joined, named, speakers_of
from horuslib.tasks.speakers_task import DiarizationSection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What a diarization is made with.

    Attributes
    ----------
    backend : name of what voices are described by (`backends.voices`).
    detector : "silero" or "energy".
    clustering : "agglomerative" or "spectral".
    channels : "auto", "mix" or "split" (`sound.sides_of`).
    number : what is known of the number of speakers, per side of a call.
    """

    backend: str = "mfcc"
    detector: str = "silero"
    clustering: str = "agglomerative"
    channels: str = "auto"
    number: Number = field(default_factory=Number)


def settings_of(section: DiarizationSection) -> Settings:
    """The settings that a task's section asks for."""
    number = Number(section.speakers, section.least, section.most)
    return Settings(section.backend, section.speech, section.clustering, section.channels, number)


@dataclass(frozen=True)
class Diarization:
    """The turns of one recording.

    Attributes
    ----------
    turns : sorted by start; speakers are S01, S02... in the order in which they first speak.
    duration_s, speech_s : of the recording, and of the speech found in it.
    vectors : speaker -> (d,) mean of the voice's embeddings, of unit length.
    notes : what the user should know, as sentences.
    """

    name: str
    turns: list[Turn]
    duration_s: float
    speech_s: float
    vectors: dict[str, np.ndarray]
    notes: tuple[str, ...] = ()

    @property
    def speakers(self) -> list[str]:
        return speakers_of(self.turns)


def diarize(
    path: Path,
    settings: Settings | None = None,
    backend: Backend | None = None,
    name: str | None = None,
    max_seconds: float | None = None,
) -> Diarization:
    """Say who spoke when in a recording.

    Parameters
    ----------
    backend : where several recordings are diarized, one loaded backend for all; by default that of the settings.
    name : how the result and messages call the file; its own name by default.
    max_seconds : refuse a longer file, as soon as so much of it has been decoded.

    Raises
    ------
    NoSpeech
        When nobody speaks, or the sound is too short.
    UserError
        When the sound cannot be decoded or is too long, something named is not installed, or the number asked for is
        impossible.
    """
    settings, path = settings or Settings(), Path(path)
    backend = backend or make_backend(settings.backend)
    name = name or path.name
    sides = sides_of(path, settings.channels, Length(name, max_seconds))
    parts, silent = [], None
    for channel in sides.channels:
        try:
            side = analyse(path, channel, settings.detector, name, max_seconds)
            parts.append(_diarize_side(side, settings, backend))
        except NoSpeech as e:
            silent = e
    if silent and not parts:
        raise silent
    turns = sorted((turn for part in parts for turn in part.turns), key=lambda turn: (turn.start_s, turn.end_s))
    order = speakers_of(turns)
    new = named(turns)
    names = dict(zip(order, speakers_of(new), strict=True))
    return Diarization(
        name=name,
        turns=new,
        duration_s=max(part.duration_s for part in parts),
        speech_s=sum(part.speech_s for part in parts),
        vectors={names[s]: vector for part in parts for s, vector in part.vectors.items() if s in names},
        notes=tuple(dict.fromkeys(filter(None, (sides.reason, *(note for part in parts for note in part.notes))))),
    )


def _diarize_side(side: Side, settings: Settings, backend: Backend) -> Diarization:
    """One side; its speakers are called by channel and cluster."""
    windows = make_windows(side.regions)
    voices = backend.describe(side, windows)
    clustering = make_clustering(settings.clustering, voices.vectors, settings.number.at_most)
    labels = choose(clustering, voices.comparison, windows.seconds, settings.number)
    labels = smooth(voices.vectors, labels, windows)
    channel = 1 if side.channel is None else side.channel + 1
    turns = to_turns(windows, labels, confidences(voices.vectors, labels), channel)
    if backend.overlap is not None:
        turns = joined([*turns, *second_voices(voices.vectors, labels, windows, turns, backend.overlap)])
    prefix = f"{channel}-"
    means = centroids(voices.vectors, labels)
    return Diarization(
        name=side.path.name,
        turns=[replace(turn, speaker=prefix + turn.speaker) for turn in turns],
        duration_s=side.duration_s,
        speech_s=side.speech_s,
        vectors={f"{prefix}{i}": means[i] for i in range(len(means))},
        notes=voices.notes,
    )
