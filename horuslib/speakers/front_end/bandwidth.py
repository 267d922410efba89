"""Telephone sound within a recording: where one part is band-limited, only what all parts hold may be compared.

A person who changes from a microphone to a telephone half-way would otherwise be two voices.
"""

import numpy as np

from horuslib.speakers.front_end import mfcc

GAP_DB = 12.0
"""Difference of the high band between the two parts from which they came over different lines."""
LEAST_SHARE = 0.08
"""Of the speech that either part must have."""
_BLOCK = 300
"""Frames per value, three seconds: long enough to hold fricatives, which show what a line passes."""
_HIGH_HZ, _MIDDLE_HZ = (4000.0, 7500.0), (500.0, 3000.0)
_MOST_SWITCHES = 2
"""A person changes the line once, or there and back. Lines that alternate more often belong to different people,
whom everything that distinguishes them may tell apart."""


def shared_bands(log_mel: np.ndarray, spans: np.ndarray) -> np.ndarray | None:
    """The bands that every part of the speech holds; None where that is all of them.

    Parameters
    ----------
    log_mel : (frames, bands) of the recording.
    spans : (n, 2) first frame and end of each region of speech.
    """
    high_db = _high_band_db(log_mel, spans)
    if len(high_db) < 4:
        return None
    middle = (high_db.min() + high_db.max()) / 2
    for _ in range(20):  # two-means in one dimension
        above = high_db > middle
        if above.all() or not above.any():
            return None
        middle = (high_db[above].mean() + high_db[~above].mean()) / 2
    above = high_db > middle
    gap_db = high_db[above].mean() - high_db[~above].mean()
    spread_db = max(high_db[above].std(), high_db[~above].std())
    share, switches = min(above.mean(), 1 - above.mean()), np.sum(above[1:] != above[:-1])
    mixed = gap_db >= max(GAP_DB, 2 * spread_db) and share >= LEAST_SHARE and switches <= _MOST_SWITCHES
    return mfcc.telephone_bands() if mixed else None


def _high_band_db(log_mel: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """(blocks,) level of the high band re the middle one, per block of speech, in dB."""
    centres_hz = mfcc.band_centres_hz()
    high, middle = ((centres_hz >= low) & (centres_hz <= top) for low, top in (_HIGH_HZ, _MIDDLE_HZ))
    speech = np.concatenate([np.arange(a, b) for a, b in spans]) if len(spans) else np.zeros(0, int)
    rows = []
    for start in range(0, len(speech) - _BLOCK // 2, _BLOCK):
        power = np.exp(log_mel[speech[start : start + _BLOCK]].astype(np.float64))
        rows.append(10 * np.log10(power[:, high].mean() / power[:, middle].mean()))
    return np.array(rows)
