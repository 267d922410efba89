"""What happens to sound, done to its picture: another sound beside it, a room around it, another speed.

Powers of sounds that know nothing of one another add, and so do those of a sound and its reflections, each a little
later and weaker. Both are right on average; the waveform's own picture differs by chance, most where two powers are
alike. Pictures are (height, width) of kind `mel_fixed`, bands from low to high, as `horuslib.audio.features` makes
them. What this is for: learning from sound that is new whenever it is used.
"""

from functools import lru_cache

import numpy as np

from horuslib.audio.mel import mel_filters, to_hz, to_mel
from horuslib.tasks.sections import FrontEnd

_LEAST = 1e-12


def mix_pictures(picture: np.ndarray, other: np.ndarray, gain_db: float, front_end: FrontEnd) -> np.ndarray:
    """The picture of two sounds at once, from a picture of each.

    Parameters
    ----------
    gain_db : of the other sound.

    Returns
    -------
    (height, width) float32.
    """
    return _picture(_power(picture, front_end) + _power(other, front_end, gain_db), front_end)


def response_energy(response: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """What an impulse response gives back of each band's power, column by column of a picture.

    Parameters
    ----------
    response : (N,) at the front end's rate; what comes later than a segment is long is left out.

    Returns
    -------
    (height, width) float32: of a response that is the direct sound alone, 1 in the first column and 0 after it.
    """
    columns, column = front_end.image_size, round(front_end.segment_samples / front_end.image_size)
    reached = min(columns, len(response) // column + 2)
    padded = np.zeros((reached + 1) * column)
    padded[column:][: len(response)] = response[: reached * column]
    # Squared, these windows are triangles that add up to 1: no energy is lost between two columns.
    window = np.sqrt(1 - np.abs(np.arange(-column, column)) / column)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * column)[::column] * window
    finer = -(-2 * column // front_end.n_fft)
    spectra = np.abs(np.fft.rfft(pieces, finer * front_end.n_fft)[:, ::finer]) ** 2
    energy = np.zeros((columns, columns), np.float32)
    energy[:, :reached] = _bands(front_end) @ spectra.T
    return energy


def reflect_picture(picture: np.ndarray, energy: np.ndarray, front_end: FrontEnd, running: bool) -> np.ndarray:
    """The picture of a sound in a room or with its echo, as loud as without.

    Parameters
    ----------
    energy : from `response_energy`.
    running : whether the room was there before the sound began: what rings past its end comes in at its start.

    Returns
    -------
    (height, width) float32.
    """
    power = _power(picture, front_end).astype(float)  # a transform spreads rounding over 80 dB
    width = power.shape[1]
    length = width if running else 2 * width
    wet = np.fft.irfft(np.fft.rfft(power, length) * np.fft.rfft(energy, length), length)[:, :width]
    wet = np.maximum(wet, _LEAST)
    return _picture(wet * (_loudness(power, front_end) / _loudness(wet, front_end)), front_end)


def change_speed(picture: np.ndarray, factor: float, front_end: FrontEnd) -> np.ndarray:
    """The picture of a sound played `factor` times as fast, and higher by as much (Ko et al. 2015, of waveforms).

    Played faster, it begins again where it ends. Played slower, its highest band stands for what lies above it.

    Returns
    -------
    (height, width) float32.
    """
    height, width = picture.shape
    top_mel = to_mel(front_end.fmax_hz)
    heard_hz = to_hz(np.linspace(0, top_mel, height + 2)[1:-1]) / factor
    bands = np.clip(to_mel(heard_hz) / top_mel * (height + 1) - 1, 0, height - 1)
    turned = np.concatenate([picture, picture[:, :1]], axis=1, dtype=np.float32)
    return _between(_between(turned.T, np.arange(width) * factor % width).T, bands)


def _between(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows at places that may lie between two of them."""
    before = np.minimum(places.astype(int), len(rows) - 2)
    share = (places - before).astype(np.float32)[:, None]
    return (1 - share) * rows[before] + share * rows[before + 1]


def _power(picture: np.ndarray, front_end: FrontEnd, gain_db: float = 0.0) -> np.ndarray:
    low, span = front_end.min_db, front_end.max_db - front_end.min_db
    return 10 ** ((low + span * np.asarray(picture, np.float32) + np.float32(gain_db)) / 10)


def _picture(power: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    low, high = front_end.min_db, front_end.max_db
    db = 10 * np.log10(power)
    return ((np.clip(np.maximum(db, db.max() - front_end.top_db), low, high) - low) / (high - low)).astype(np.float32)


def _loudness(power: np.ndarray, front_end: FrontEnd) -> float:
    """Power over all bands: filters of unit area count as much as they are wide."""
    return float((power.sum(axis=1) / _filters(front_end).max(axis=1).clip(_LEAST)).sum())


@lru_cache(maxsize=4)
def _bands(front_end: FrontEnd) -> np.ndarray:
    """(height, lines): each band's mean over the lines of a spectrum."""
    filters = _filters(front_end)
    return filters / filters.sum(axis=1, keepdims=True).clip(_LEAST)


@lru_cache(maxsize=4)
def _filters(front_end: FrontEnd) -> np.ndarray:
    """The mel filters of a picture's rows: every band is one of them."""
    f = front_end
    return mel_filters(f.sample_rate_hz, f.n_fft, f.image_size, f.fmax_hz)
