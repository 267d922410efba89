"""Voices by mel-frequency cepstral coefficients: nothing to install, and no training.

A window is described by the mean of its coefficients and by the spread of them, of their differences and of the
differences' differences, each scaled over the recording's own speech. Loudness (coefficient 0) is left out. For the
question whether two clusters are two voices, coefficient 1, the tilt of the spectrum, is left out too: it changes with
vocal effort and distance.
"""

from collections.abc import Callable

import numpy as np

from horuslib.speakers.backends.voices import Voices, unit
from horuslib.speakers.clusters.comparison import GaussianComparison
from horuslib.speakers.front_end import mfcc
from horuslib.speakers.front_end.bandwidth import shared_bands
from horuslib.speakers.front_end.side import Side
from horuslib.speakers.front_end.windows import Windows

_LEAST_SPREAD = 1e-3
_COMPARED = slice(2, mfcc.COEFFICIENTS)


class Mfcc:
    """The default backend.

    Parameters
    ----------
    scaling : what is done to the (n, d) window features of a recording; `standardised` by default.
    notes : passed on to the user.
    """

    name = "mfcc"
    same = None
    overlap = None

    def __init__(self, scaling: Callable[[np.ndarray], np.ndarray] | None = None, notes: tuple[str, ...] = ()) -> None:
        self._scaling, self._notes = scaling or standardised, notes

    def describe(self, side: Side, windows: Windows) -> Voices:
        bands = shared_bands(side.log_mel, side.spans)
        frames = mfcc.coefficients(side.log_mel, bands)
        notes = self._notes
        if bands is not None:
            notes += ("A part of the speech is band-limited, as by a telephone: only that band is compared.",)
        tiles = mfcc.to_frames(windows.tiles, len(frames))
        comparison = GaussianComparison(frames[:, _COMPARED], tiles, mfcc.FRAME_S)
        return Voices(unit(self._scaling(window_features(frames, side.spans, windows))), comparison, notes)


def window_features(frames: np.ndarray, spans: np.ndarray, windows: Windows) -> np.ndarray:
    """(n, 4 * 19) of each window: mean, and logarithm of the standard deviation of coefficients and differences.

    Parameters
    ----------
    frames : (T, COEFFICIENTS) MFCC of the recording.
    spans : (m, 2) first frame and end of each region of speech: no difference reaches across them.
    """
    used = frames[:, 1:]
    first = mfcc.differences(used, spans)
    second = mfcc.differences(first, spans)
    rows = np.empty((len(windows), 4 * used.shape[1]))
    cuts = mfcc.to_frames(windows.spans, len(frames))
    for i, (a, b) in enumerate(cuts):
        b = max(b, a + 1)
        spread = [np.log(x[a:b].std(axis=0) + _LEAST_SPREAD) for x in (used, first, second)]
        rows[i] = np.concatenate([used[a:b].mean(axis=0), *spread])
    return rows


def standardised(rows: np.ndarray) -> np.ndarray:
    """Each column with mean 0 and standard deviation 1 over the rows; a constant column becomes 0."""
    spread = rows.std(axis=0)
    return (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1)
