"""Channel effects that are no fault: lossy codecs, gentle compression, low sample rates, narrow lines.

Gain, clipping, equalisers, shifts and small cuts come from audiomentations; this module has those that it lacks.
"""

import numpy as np

from horuslib.acoustics import filters
from horuslib.audio.encode import round_trip
from horuslib.audio.levels import active_dbfs, rms
from horuslib.augmentation.transforms import SeededTransform, check_range

_FRAME_S = 0.01
_SMOOTH_S = 0.15
_FLOOR_DB = -120.0


class CodecRoundTrip(SeededTransform):
    """A round trip through a lossy codec at a drawn bit rate, without delay; the RMS level is preserved.

    LAME attenuates by 0.45 dB, a peculiarity of that encoder rather than a codec artefact, which is compensated.
    """

    def __init__(self, codecs=("aac", "mp3"), bit_rates=(48000, 64000, 96000, 128000), p=1.0, seed=None):
        super().__init__(p, seed)
        if not codecs or not bit_rates:
            raise ValueError("CodecRoundTrip needs at least one codec and one bit rate")
        self.codecs, self.bit_rates = codecs, bit_rates

    def draw_parameters(self, rng, samples, sample_rate):
        return {"codec": str(rng.choice(self.codecs)), "bit_rate": int(rng.choice(self.bit_rates))}

    def apply(self, samples, sample_rate):
        coded = round_trip(samples, sample_rate, self.parameters["codec"], self.parameters["bit_rate"])
        return _at_level_of(coded, samples)


class Compress(SeededTransform):
    """Mild dynamic range compression above a threshold; the RMS level is preserved.

    Parameters
    ----------
    min_threshold_db, max_threshold_db : threshold re the programme's active level.
    min_ratio, max_ratio : dB in per dB out, above the threshold.
    """

    def __init__(self, min_threshold_db=-6.0, max_threshold_db=3.0, min_ratio=1.3, max_ratio=3.0, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The threshold", min_threshold_db, max_threshold_db)
        check_range("The ratio", min_ratio, max_ratio, 1, 20)
        self.min_threshold_db, self.max_threshold_db = min_threshold_db, max_threshold_db
        self.min_ratio, self.max_ratio = min_ratio, max_ratio

    def draw_parameters(self, rng, samples, sample_rate):
        return {
            "threshold_db": float(rng.uniform(self.min_threshold_db, self.max_threshold_db)),
            "ratio": float(rng.uniform(self.min_ratio, self.max_ratio)),
        }

    def apply(self, samples, sample_rate):
        level_before = rms(samples)
        if level_before == 0:
            return samples
        frame = round(_FRAME_S * sample_rate)
        starts = np.arange(0, len(samples), frame)
        power = np.add.reduceat(np.square(samples, dtype=np.float64), starts) / frame
        smooth = np.hanning(round(_SMOOTH_S / _FRAME_S) + 2)
        power = np.convolve(power, smooth / smooth.sum(), "same")
        level_db = 10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DB / 10)))
        over_db = level_db - active_dbfs(samples, sample_rate) - self.parameters["threshold_db"]
        gain_db = -np.maximum(over_db, 0) * (1 - 1 / self.parameters["ratio"])
        gain = np.interp(np.arange(len(samples)), starts + frame / 2, 10 ** (gain_db / 20))
        compressed = samples * gain
        return (compressed * (level_before / rms(compressed))).astype(np.float32)


class LowRate(SeededTransform):
    """Downsampling and upsampling again: the band above half the lower rate is lost.

    Rates not below the sound's own change nothing.
    """

    def __init__(self, rates_hz=(8000, 11025, 12000, 14000), p=1.0, seed=None):
        super().__init__(p, seed)
        if not rates_hz or min(rates_hz) < 4000:
            raise ValueError(f"rates_hz are {rates_hz}; LowRate needs at least one, none under 4000")
        self.rates_hz = rates_hz

    def draw_parameters(self, rng, samples, sample_rate):
        return {"rate_hz": int(rng.choice(self.rates_hz))}

    def apply(self, samples, sample_rate):
        rate_hz = self.parameters["rate_hz"]
        if rate_hz >= sample_rate:
            return samples
        return filters.low_rate(samples, sample_rate, rate_hz)


class NarrowLine(SeededTransform):
    """A telephone or reporter's line: a steep band-pass of about 300 to 3400 Hz; the RMS level is preserved."""

    def draw_parameters(self, rng, samples, sample_rate):
        return {"low_hz": float(rng.uniform(200, 400)), "high_hz": float(rng.uniform(2800, 4000))}

    def apply(self, samples, sample_rate):
        filtered = filters.band(samples, sample_rate, self.parameters["low_hz"], self.parameters["high_hz"], order=4)
        return _at_level_of(filtered, samples)


def _at_level_of(changed: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """A sound scaled to the RMS level of another."""
    level = rms(changed)
    return (changed * np.float32(rms(samples) / level)).astype(np.float32) if level > 0 else changed
