"""What sound meets on its way without being at fault: codecs, gentle compression, faint noise, a little room.

Gain, clipping, equalisers, shifts and small cuts are audiomentations' own; here are those that it lacks.
"""

import numpy as np

from horuslib.sound.encode import round_trip
from horuslib.sound.faults import AddHiss, AddRoom
from horuslib.sound.levels import active_dbfs, rms
from horuslib.sound.transforms import SeededTransform, check_range

_FRAME_S = 0.01
_SMOOTH_S = 0.15
_FLOOR_DB = -120.0


class CodecRoundTrip(SeededTransform):
    """Through a lossy codec and back, in place, at a drawn bit rate."""

    def __init__(self, codecs=("aac", "mp3"), bit_rates=(48000, 64000, 96000, 128000), p=1.0, seed=None):
        super().__init__(p, seed)
        if not codecs or not bit_rates:
            raise ValueError("CodecRoundTrip needs at least one codec and one bit rate")
        self.codecs, self.bit_rates = codecs, bit_rates

    def draw_parameters(self, rng, samples, sample_rate):
        return {"codec": str(rng.choice(self.codecs)), "bit_rate": int(rng.choice(self.bit_rates))}

    def apply(self, samples, sample_rate):
        return round_trip(samples, sample_rate, self.parameters["codec"], self.parameters["bit_rate"])


class Compress(SeededTransform):
    """Mild dynamic range compression of what rises over a threshold; the RMS level stays as it was.

    Parameters
    ----------
    min_threshold_db, max_threshold_db : threshold against the programme's active level.
    min_ratio, max_ratio : dB in over dB out, above the threshold.
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
        squeezed = samples * gain
        return (squeezed * (level_before / rms(squeezed))).astype(np.float32)


class AddFaintNoise(AddHiss):
    """Noise that belongs to any recording: over 30 dB under the programme, where it is no fault."""

    def __init__(self, min_snr_db=32.0, max_snr_db=55.0, kinds=("white", "pink", "tape"), p=1.0, seed=None):
        check_range("The signal-to-noise ratio of faint noise", min_snr_db, max_snr_db, 30)
        super().__init__(min_snr_db, max_snr_db, kinds, p=p, seed=seed)


class AddLittleRoom(AddRoom):
    """A furnished room: RT60 under 0.4 s, mostly direct sound, clear speech. No fault, though it can be heard."""

    def __init__(
        self,
        min_rt60_s=0.15,
        max_rt60_s=0.4,
        min_direct_to_reverberant_db=4.0,
        max_direct_to_reverberant_db=15.0,
        running_share=0.8,
        p=1.0,
        seed=None,
    ):
        check_range("RT60 of a little room", min_rt60_s, max_rt60_s, 0.1, 0.4)
        super().__init__(
            min_rt60_s,
            max_rt60_s,
            min_direct_to_reverberant_db,
            max_direct_to_reverberant_db,
            min_c50_db=15.0,
            max_c50_db=60.0,
            running_share=running_share,
            p=p,
            seed=seed,
        )
