"""Who spoke when in one recording: speech, windows, voices, clusters, turns."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from horuslib.audio.streams.length import Length
from horuslib.speakers.backends.registry import make_backend
from horuslib.speakers.backends.voices import Backend, Voices
from horuslib.speakers.clusters.clustering import make_clustering
from horuslib.speakers.clusters.comparison import centroids
from horuslib.speakers.clusters.number import Clustered, Number, choose_together, nearest_division, plausible
from horuslib.speakers.clusters.overlap import second_voices
from horuslib.speakers.clusters.resegmentation import confidences, confidences_of_one, smooth, to_turns
from horuslib.speakers.front_end.side import NoSpeech, analyse
from horuslib.speakers.front_end.sound import sides_of
from horuslib.speakers.front_end.windows import Windows, make_windows
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
    number : what is known of the number of speakers of a whole recording, the sides of a call together.
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
    plausible : least and largest number of speakers that is found where half, or twice, as much is tolerated of one
        voice; None where nothing says so.
    """

    name: str
    turns: list[Turn]
    duration_s: float
    speech_s: float
    vectors: dict[str, np.ndarray]
    notes: tuple[str, ...] = ()
    plausible: tuple[int, int] | None = None

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
    heard = _heard(path, sides.channels, settings, backend, name, max_seconds)
    reason = sides.reason
    if len(heard) > settings.number.at_most and settings.channels == "auto":
        reason = f"{reason} Fewer speakers than sides are asked for: the sides are mixed."
        heard = _heard(path, (None,), settings, backend, name, max_seconds)
    clustered = [one.clustered for one in heard]
    labels = choose_together(clustered, settings.number)
    parts = [_turns(one, own, settings, backend) for one, own in zip(heard, labels, strict=True)]
    turns = sorted((turn for part in parts for turn in part[0]), key=lambda turn: (turn.start_s, turn.end_s))
    order = speakers_of(turns)
    new = named(turns)
    names = dict(zip(order, speakers_of(new), strict=True))
    least, most = plausible(clustered, settings.number)
    return Diarization(
        name=name,
        turns=new,
        duration_s=max(one.duration_s for one in heard),
        speech_s=sum(one.speech_s for one in heard),
        vectors={names[s]: vector for _, vectors in parts for s, vector in vectors.items() if s in names},
        notes=tuple(dict.fromkeys(filter(None, (reason, *(note for one in heard for note in one.voices.notes))))),
        plausible=(min(least, len(order)), max(most, len(order))),
    )


@dataclass(frozen=True)
class _Heard:
    """One side of a recording, with its windows described and ready to be clustered."""

    channel: int
    duration_s: float
    speech_s: float
    windows: Windows
    voices: Voices
    clustered: Clustered


def _heard(
    path: Path,
    channels: Sequence[int | None],
    settings: Settings,
    backend: Backend,
    name: str,
    max_seconds: float | None,
) -> list[_Heard]:
    """The sides on which somebody speaks; raises NoSpeech where nobody does on any."""
    heard, silent = [], None
    for channel in channels:
        try:
            side = analyse(path, channel, settings.detector, name, max_seconds)
        except NoSpeech as e:
            silent = e
            continue
        windows = make_windows(side.regions)
        voices = backend.describe(side, windows)
        clustering = make_clustering(settings.clustering, voices.vectors, settings.number.at_most)
        clustered = Clustered(clustering, voices.comparison, windows.seconds)
        number = 1 if channel is None else channel + 1
        heard.append(_Heard(number, side.duration_s, side.speech_s, windows, voices, clustered))
    if silent and not heard:
        raise silent
    return heard


def _turns(
    heard: _Heard, labels: np.ndarray, settings: Settings, backend: Backend
) -> tuple[list[Turn], dict[str, np.ndarray]]:
    """The turns of one side, and its speakers' mean vectors; speakers are called by channel and cluster."""
    windows, vectors = heard.windows, heard.voices.vectors
    labels = smooth(vectors, labels, windows)
    if labels.max() > 0:
        sure = confidences(vectors, labels)
    elif settings.number.at_most == 1:
        sure = np.ones(len(labels))  # there is nobody else, as the user knows
    else:
        sure = confidences_of_one(vectors, *nearest_division(heard.clustered))
    turns = to_turns(windows, labels, sure, heard.channel)
    if backend.overlap is not None:
        turns = joined([*turns, *second_voices(vectors, labels, windows, turns, backend.overlap)])
    prefix = f"{heard.channel}-"
    means = centroids(vectors, labels)
    return (
        [replace(turn, speaker=prefix + turn.speaker) for turn in turns],
        {f"{prefix}{i}": means[i] for i in range(len(means))},
    )
