"""What backends that are neural networks have in common: windows in batches, unit vectors, one comparison."""

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from horuslib.speakers.backends.voices import Voices, unit
from horuslib.speakers.clusters.comparison import CosineComparison
from horuslib.speakers.front_end import sound
from horuslib.speakers.front_end.side import Side
from horuslib.speakers.front_end.windows import Windows, samples_of

BATCH = 32
MEL_BANDS = 80


def describe(
    side: Side, windows: Windows, embed: Callable[[np.ndarray], np.ndarray], fixed: float, per_s: float
) -> Voices:
    """The voices of a recording, whose sound is read once more.

    Parameters
    ----------
    embed : (batch, samples) float32 at 16 kHz -> (batch, d).
    fixed, per_s : what `CosineComparison` tolerates of one voice.
    """
    pieces = samples_of(sound.stream(side.path, side.channel), windows)
    vectors = unit(np.vstack([embed(np.stack(batch)) for batch in _batches(pieces)]).astype(np.float64))
    return Voices(vectors, CosineComparison(vectors, windows.seconds, fixed, per_s))


def _batches(pieces: Iterator[np.ndarray]) -> Iterator[list[np.ndarray]]:
    while batch := list(islice(pieces, BATCH)):  # itertools.batched needs Python 3.12
        yield batch


def filterbank(samples: np.ndarray) -> np.ndarray:
    """(frames, MEL_BANDS) Kaldi's log-mel filterbank of (N,) samples, its mean over time subtracted.

    The input of WeSpeaker's, 3D-Speaker's and Kaldi's networks: 25 ms every 10 ms, no dither, 16-bit scale.
    """
    from kaldi_native_fbank import FbankOptions, OnlineFbank

    options = FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = sound.RATE_HZ
    options.mel_opts.num_bins = MEL_BANDS
    bank = OnlineFbank(options)
    bank.accept_waveform(sound.RATE_HZ, (np.asarray(samples) * 32768).tolist())
    bank.input_finished()
    frames = np.stack([bank.get_frame(i) for i in range(bank.num_frames_ready)])
    return frames - frames.mean(axis=0)
