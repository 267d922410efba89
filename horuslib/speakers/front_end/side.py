"""One pass over a recording: where somebody speaks, and the log-mel frames of all of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.audio.streams.length import Length
from horuslib.core.errors import UserError
from horuslib.speakers.front_end import mfcc, sound, speech

SHORTEST_S = 1.0


class NoSpeech(UserError):
    """A recording in which nobody speaks, or which is too short to say."""


@dataclass(frozen=True)
class Side:
    """One side of a recording.

    Attributes
    ----------
    path, channel : of the sound; channel None is the mix.
    duration_s : of the recording.
    regions : (n, 2) seconds of speech.
    log_mel : (frames, bands) float32, one frame per `mfcc.FRAME_S`.
    """

    path: Path
    channel: int | None
    duration_s: float
    regions: np.ndarray
    log_mel: np.ndarray

    @property
    def spans(self) -> np.ndarray:
        """(n, 2) first frame and end of each region."""
        return mfcc.frame_spans(self.regions, len(self.log_mel))

    @property
    def speech_s(self) -> float:
        return float(np.sum(self.regions[:, 1] - self.regions[:, 0]))


def analyse(
    path: Path,
    channel: int | None = None,
    detector: str = "silero",
    name: str | None = None,
    max_seconds: float | None = None,
) -> Side:
    """Find the speech in one side of a recording, and compute its frames. Memory: 16 kB per second of sound.

    Parameters
    ----------
    name : how messages call the file; its own name by default.
    max_seconds : refuse a longer file, as soon as so much of it has been decoded.

    Raises
    ------
    NoSpeech
        When the sound is shorter than SHORTEST_S or nobody speaks in it.
    UserError
        When it cannot be decoded or is too long, or the detector is not installed.
    """
    path, length = Path(path), Length(name or Path(path).name, max_seconds)
    voice, frames = speech.make_detector(detector), mfcc.LogMel()
    kept, probabilities, held = [], [], np.zeros(0, np.float32)
    for block in length.counted(sound.stream(path, channel), sound.RATE_HZ):
        kept.append(frames.frames(block))
        held = np.concatenate([held, block])
        whole = len(held) // speech.HOP * speech.HOP
        probabilities.append(voice.probabilities(held[:whole]))
        held = held[whole:]
    if len(held):
        probabilities.append(voice.probabilities(np.pad(held, (0, speech.HOP - len(held)))))
    duration_s = length.seconds
    if duration_s < SHORTEST_S:
        raise NoSpeech(
            f"{length.name} lasts {duration_s:.2f} s: a second is the least that voices can be told apart in."
        )
    regions = speech.regions(np.concatenate(probabilities), duration_s)
    if not len(regions):
        raise NoSpeech(f"{length.name}: nobody speaks in its {duration_s:.0f} s (music, noise or silence alone).")
    return Side(path, channel, duration_s, regions, np.vstack(kept))
