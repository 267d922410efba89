"""The five faults of television sound, made on purpose.

Transforms after audiomentations' interface. What each one makes fits the definition of its class, and the numbers that
decide this (signal-to-noise ratio, RT60, C50, delay, LUFS) are among its parameters.
"""

import numpy as np

from horuslib.sound.levels import active_dbfs, c50_db, from_db, lufs, rms_dbfs
from horuslib.sound.noise import HISSES, coloured_noise, hiss, hum
from horuslib.sound.rooms import convolve, echo_response, room_response
from horuslib.sound.transforms import Fault, check_range

SILENCES = ("zero", "dither", "hum", "noise")
INTERRUPTIONS = ("none", "one_channel", "both_channels")
_MAINS_HZ = (50.0, 60.0)
_PROGRAMME_FLOOR_LUFS = -50.0
"""Quieter than this, there is no programme whose level could be lowered."""
_SEEDS = 2**32


class AddHiss(Fault):
    """Steady noise over the programme, of the kinds of `horuslib.sound.noise.hiss`.

    The ratio is that of the programme's active level, pauses left out, to the noise's RMS.
    """

    def __init__(
        self, min_snr_db=0.0, max_snr_db=20.0, kinds: tuple[str, ...] = HISSES, min_share=1.0, p=1.0, seed=None
    ):
        super().__init__(min_share, p, seed)
        check_range("The signal-to-noise ratio", min_snr_db, max_snr_db)
        if not kinds or not set(kinds) <= set(HISSES):
            raise ValueError(f"kinds are {kinds}; known ones are {HISSES}")
        self.min_snr_db, self.max_snr_db, self.kinds = min_snr_db, max_snr_db, kinds

    def draw_parameters(self, rng, samples, sample_rate):
        low_hz = float(np.exp(rng.uniform(np.log(300), np.log(1500))))
        return {
            "snr_db": float(rng.uniform(self.min_snr_db, self.max_snr_db)),
            "kind": str(rng.choice(self.kinds)),
            "low_hz": low_hz,
            "high_hz": float(rng.uniform(4 * low_hz, max(7500.0, 4 * low_hz))),
            "mains_hz": float(rng.choice(_MAINS_HZ)),
            "noise_seed": int(rng.integers(_SEEDS)),
        }

    def make(self, samples, sample_rate):
        p = self.parameters
        shape = (p["kind"], p["low_hz"], p["high_hz"], p["mains_hz"])
        noise = hiss(np.random.default_rng(p["noise_seed"]), len(samples), sample_rate, *shape)
        level_dbfs = active_dbfs(samples, sample_rate) - p["snr_db"]
        return samples + noise * np.float32(from_db(level_dbfs))


class AddRoom(Fault):
    """The programme in a generated room; by default one that blurs speech.

    RT60 is drawn evenly on a logarithmic scale. A room whose clarity C50 lies outside the bounds is drawn again: over
    about 8 dB speech stays clear however long the room rings, and the sound is not at fault.

    Parameters
    ----------
    running_share : how often the room was there before the sound begins (its ringing is heard from the first sample).
    """

    def __init__(
        self,
        min_rt60_s=0.7,
        max_rt60_s=3.0,
        min_direct_to_reverberant_db=-10.0,
        max_direct_to_reverberant_db=3.0,
        min_c50_db=-30.0,
        max_c50_db=8.0,
        running_share=0.8,
        min_share=1.0,
        p=1.0,
        seed=None,
    ):
        super().__init__(min_share, p, seed)
        check_range("RT60", min_rt60_s, max_rt60_s, 0.1, 10)
        check_range("The direct-to-reverberant ratio", min_direct_to_reverberant_db, max_direct_to_reverberant_db)
        check_range("C50", min_c50_db, max_c50_db)
        self.min_rt60_s, self.max_rt60_s = min_rt60_s, max_rt60_s
        self.min_direct_to_reverberant_db = min_direct_to_reverberant_db
        self.max_direct_to_reverberant_db = max_direct_to_reverberant_db
        self.min_c50_db, self.max_c50_db = min_c50_db, max_c50_db
        self.running_share = running_share

    def draw_parameters(self, rng, samples, sample_rate):
        for _ in range(200):
            p = {
                "rt60_s": float(np.exp(rng.uniform(np.log(self.min_rt60_s), np.log(self.max_rt60_s)))),
                "direct_to_reverberant_db": float(
                    rng.uniform(self.min_direct_to_reverberant_db, self.max_direct_to_reverberant_db)
                ),
                "room_seed": int(rng.integers(_SEEDS)),
                "running": bool(rng.random() < self.running_share),
            }
            p["c50_db"] = c50_db(self._response(p, sample_rate), sample_rate)
            if self.min_c50_db <= p["c50_db"] <= self.max_c50_db:
                return p
        raise ValueError(
            f"no room with an RT60 of {self.min_rt60_s} to {self.max_rt60_s} s and a direct-to-reverberant ratio of "
            f"{self.min_direct_to_reverberant_db} to {self.max_direct_to_reverberant_db} dB has a C50 of "
            f"{self.min_c50_db} to {self.max_c50_db} dB"
        )

    @staticmethod
    def _response(p, sample_rate):
        rng = np.random.default_rng(p["room_seed"])
        return room_response(rng, sample_rate, p["rt60_s"], p["direct_to_reverberant_db"])

    def make(self, samples, sample_rate):
        return convolve(samples, self._response(self.parameters, sample_rate), wrap=self.parameters["running"])


class AddEcho(Fault):
    """The programme and its repeats. Delays are drawn evenly on a logarithmic scale; two in five repeats are dulled."""

    def __init__(
        self,
        min_delay_s=0.08,
        max_delay_s=1.2,
        min_gain_db=-8.0,
        max_gain_db=-1.0,
        max_repeats=4,
        running_share=0.8,
        min_share=1.0,
        p=1.0,
        seed=None,
    ):
        super().__init__(min_share, p, seed)
        check_range("The delay", min_delay_s, max_delay_s, 0.06, 2)
        check_range("The gain of a repeat", min_gain_db, max_gain_db, -60, 0)
        check_range("The number of repeats", 1, max_repeats, 1, 8)
        self.min_delay_s, self.max_delay_s = min_delay_s, max_delay_s
        self.min_gain_db, self.max_gain_db = min_gain_db, max_gain_db
        self.max_repeats, self.running_share = max_repeats, running_share

    def draw_parameters(self, rng, samples, sample_rate):
        return {
            "delay_s": float(np.exp(rng.uniform(np.log(self.min_delay_s), np.log(self.max_delay_s)))),
            "gain_db": float(rng.uniform(self.min_gain_db, self.max_gain_db)),
            "repeats": int(rng.integers(1, self.max_repeats + 1)),
            "lowpass_hz": float(rng.uniform(2000, 6000)) if rng.random() < 0.4 else None,
            "running": bool(rng.random() < self.running_share),
        }

    def make(self, samples, sample_rate):
        p = self.parameters
        response = echo_response(sample_rate, p["delay_s"], p["gain_db"], p["repeats"], p["lowpass_hz"])
        return convolve(samples, response, wrap=p["running"])


class LowerVolume(Fault):
    """Programme that is there, but too quiet: its loudness is brought down to a target.

    The result never falls under `min_rms_dbfs`, where quiet would become silence. Muted sound is refused: lowered or
    raised, it stays silence.
    """

    def __init__(self, min_lufs=-55.0, max_lufs=-38.0, min_rms_dbfs=-57.0, min_share=1.0, p=1.0, seed=None):
        super().__init__(min_share, p, seed)
        check_range("The loudness", min_lufs, max_lufs, -70, 0)
        self.min_lufs, self.max_lufs, self.min_rms_dbfs = min_lufs, max_lufs, min_rms_dbfs

    def draw_parameters(self, rng, samples, sample_rate):
        return {"lufs": float(rng.uniform(self.min_lufs, self.max_lufs)), "min_rms_dbfs": self.min_rms_dbfs}

    def make(self, samples, sample_rate):
        loudness = lufs(samples, sample_rate)
        if loudness < _PROGRAMME_FLOOR_LUFS:
            raise ValueError(f"nothing audible to lower: {loudness:.1f} LUFS, under {_PROGRAMME_FLOOR_LUFS:.0f}")
        gain_db = max(self.parameters["lufs"] - loudness, self.parameters["min_rms_dbfs"] - rms_dbfs(samples))
        return samples * np.float32(from_db(min(gain_db, 0.0)))


class TestTone(Fault):
    """A line-up tone in place of the programme: 1 kHz within 1 %, steady or interrupted as EBU idents are.

    The level is that of the sine's peak, so that a full-scale sine is 0 dBFS (AES17). Interruptions last 250 ms every
    3 s (EBU Tech 3304): of one channel, which halves the mono mix, or of both. Harmonics and floor stay 40 dB under the
    tone.
    """

    __test__ = False  # Not a test, whatever pytest makes of the name.

    def __init__(self, min_dbfs=-30.0, max_dbfs=-3.0, min_share=1.0, p=1.0, seed=None):
        super().__init__(min_share, p, seed)
        check_range("The level", min_dbfs, max_dbfs, -60, 0)
        self.min_dbfs, self.max_dbfs = min_dbfs, max_dbfs

    def draw_parameters(self, rng, samples, sample_rate):
        return {
            "dbfs": float(rng.uniform(self.min_dbfs, self.max_dbfs)),
            "frequency_hz": float(rng.uniform(990, 1010)),
            "phase": float(rng.uniform(0, 2 * np.pi)),
            "interruption": str(rng.choice(INTERRUPTIONS, p=(0.6, 0.2, 0.2))),
            "first_interruption_s": float(rng.uniform(0, 3)),
            "harmonic_db": float(rng.uniform(-70, -40)),
            "noise_db": float(rng.uniform(-80, -40)),
            "noise_seed": int(rng.integers(_SEEDS)),
        }

    def make(self, samples, sample_rate):
        p = self.parameters
        t = np.arange(len(samples)) / sample_rate
        angle = 2 * np.pi * p["frequency_hz"] * t + p["phase"]
        tone = np.sin(angle) + from_db(p["harmonic_db"]) * np.sin(3 * angle)
        if p["interruption"] != "none":
            since_s = (t - p["first_interruption_s"]) % 3.0
            depth = 0.5 if p["interruption"] == "one_channel" else 1.0
            ramp = np.clip(np.minimum(since_s, 0.25 - since_s) / 0.005, 0, 1)
            tone *= 1 - depth * ramp
        tone += from_db(p["noise_db"]) * np.random.default_rng(p["noise_seed"]).standard_normal(len(t)) / np.sqrt(2)
        return tone * from_db(p["dbfs"])


class Silence(Fault):
    """No programme: digital zero, 16-bit dither, mains hum or faint noise, the last two at a drawn RMS level."""

    def __init__(
        self, min_dbfs=-96.0, max_dbfs=-62.0, kinds: tuple[str, ...] = SILENCES, min_share=1.0, p=1.0, seed=None
    ):
        super().__init__(min_share, p, seed)
        check_range("The level", min_dbfs, max_dbfs, -140, -40)
        if not kinds or not set(kinds) <= set(SILENCES):
            raise ValueError(f"kinds are {kinds}; known ones are {SILENCES}")
        self.min_dbfs, self.max_dbfs, self.kinds = min_dbfs, max_dbfs, kinds

    def draw_parameters(self, rng, samples, sample_rate):
        return {
            "dbfs": float(rng.uniform(self.min_dbfs, self.max_dbfs)),
            "kind": str(rng.choice(self.kinds)),
            "mains_hz": float(rng.choice(_MAINS_HZ)),
            "noise_seed": int(rng.integers(_SEEDS)),
        }

    def make(self, samples, sample_rate):
        p = self.parameters
        n, rng = len(samples), np.random.default_rng(p["noise_seed"])
        if p["kind"] == "zero":
            return np.zeros(n)
        if p["kind"] == "dither":
            return (rng.random(n) - rng.random(n)) / 32768
        floor = hum(rng, n, sample_rate, p["mains_hz"]) if p["kind"] == "hum" else coloured_noise(rng, n, sample_rate)
        return floor * from_db(p["dbfs"])
