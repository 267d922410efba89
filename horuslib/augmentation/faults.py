"""Synthetic faults of television sound: hiss, low volume, test tones, silence (rooms and echoes: see `echoes`).

Transforms with audiomentations' interface. The output of each one meets the definition of its class, and the defining
quantities (signal-to-noise ratio, LUFS, dBFS) are among its parameters.
"""

from collections.abc import Mapping

import numpy as np

from horuslib.audio.levels import active_dbfs, from_db, lufs, rms_dbfs
from horuslib.augmentation.transforms import Fault, check_range
from horuslib.synthesis.noise import HISSES, coloured_noise, hiss, hum

SILENCES = ("zero", "dither", "hum", "noise", "room")
INTERRUPTIONS = ("none", "one_channel", "both_channels")
_MAINS_HZ = (50.0, 60.0)
_PROGRAMME_FLOOR_LUFS = -50.0
"""Below this loudness there is no programme whose level could be lowered."""
_SEEDS = 2**32
_FADED_DB = -30.0


class AddHiss(Fault):
    """Adds steady noise of the kinds of `horuslib.synthesis.noise.hiss` to the programme.

    The signal-to-noise ratio is that of the programme's active level, pauses excluded, to the noise's RMS.

    Parameters
    ----------
    fading_share : probability that the noise fades in or out, over at most two fifths of the sound.
    """

    def __init__(
        self,
        min_snr_db=0.0,
        max_snr_db=20.0,
        kinds: tuple[str, ...] = HISSES,
        fading_share=0.0,
        min_share=1.0,
        p=1.0,
        seed=None,
    ):
        super().__init__(min_share, p, seed)
        check_range("The signal-to-noise ratio", min_snr_db, max_snr_db)
        if not kinds or not set(kinds) <= set(HISSES):
            raise ValueError(f"kinds are {kinds}; known ones are {HISSES}")
        self.min_snr_db, self.max_snr_db, self.kinds = min_snr_db, max_snr_db, kinds
        self.fading_share = fading_share

    def draw_parameters(self, rng, samples, sample_rate):
        low_hz = float(np.exp(rng.uniform(np.log(300), np.log(1500))))
        fades = self.fading_share > 0 and rng.random() < self.fading_share
        fade_share = float(rng.uniform(0.1, 0.4)) if fades else 0.0
        return {
            "fade_share": fade_share,
            "fades_in": bool(fades and rng.random() < 0.5),
            "snr_db": float(rng.uniform(self.min_snr_db, self.max_snr_db)),
            "kind": str(rng.choice(self.kinds)),
            "low_hz": low_hz,
            "high_hz": float(rng.uniform(4 * low_hz, max(7500.0, 4 * low_hz))),
            "mains_hz": float(rng.choice(_MAINS_HZ)),
            "noise_seed": int(rng.integers(_SEEDS)),
        }

    def make(self, samples, sample_rate):
        p = self.parameters
        noise = drawn_noise(p, len(samples), sample_rate)
        if p["fade_share"]:
            n = max(2, round(p["fade_share"] * len(noise)))
            end = slice(None, n) if p["fades_in"] else slice(-1, -n - 1, -1)
            noise[end] *= 10 ** (np.linspace(_FADED_DB, 0, n, dtype=np.float32) / 20)
        level_dbfs = active_dbfs(samples, sample_rate) - p["snr_db"]
        return samples + noise * np.float32(from_db(level_dbfs))


def drawn_noise(parameters: Mapping, n: int, sample_rate_hz: int) -> np.ndarray:
    """The noise of the drawn parameters of an `AddHiss`, without the programme: RMS 1, float32 (n,)."""
    shape = [parameters[name] for name in ("kind", "low_hz", "high_hz", "mains_hz")]
    return hiss(np.random.default_rng(parameters["noise_seed"]), n, sample_rate_hz, *shape)


class LowerVolume(Fault):
    """Low volume: the programme's loudness is reduced to a target.

    The RMS level never falls below `min_rms_dbfs`, where low volume would become silence. Muted sound is rejected: it
    would be silence, not low volume.
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
    """Replaces the programme by a line-up tone: 1 kHz within 1 %, steady or interrupted like EBU idents.

    The level is that of the sine's peak, so that a full-scale sine is 0 dBFS (AES17). Interruptions last 250 ms every
    3 s (EBU Tech 3304): of one channel, which halves the mono mix, or of both. The second and third harmonic are at
    least 30 dB, the noise floor at least 40 dB below the tone.
    """

    __test__ = False  # pytest would collect the class because of its name

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
            "harmonic_db": float(rng.uniform(-70, -30)),
            "even_share": float(rng.random()),
            "noise_db": float(rng.uniform(-80, -40)),
            "noise_seed": int(rng.integers(_SEEDS)),
        }

    def make(self, samples, sample_rate):
        p = self.parameters
        t = np.arange(len(samples)) / sample_rate
        angle = 2 * np.pi * p["frequency_hz"] * t + p["phase"]
        distortion = p["even_share"] * np.sin(2 * angle) + (1 - p["even_share"]) * np.sin(3 * angle)
        tone = np.sin(angle) + from_db(p["harmonic_db"]) * distortion
        if p["interruption"] != "none":
            since_s = (t - p["first_interruption_s"]) % 3.0
            depth = 0.5 if p["interruption"] == "one_channel" else 1.0
            ramp = np.clip(np.minimum(since_s, 0.25 - since_s) / 0.005, 0, 1)
            tone *= 1 - depth * ramp
        tone += from_db(p["noise_db"]) * np.random.default_rng(p["noise_seed"]).standard_normal(len(t)) / np.sqrt(2)
        return tone * from_db(p["dbfs"])


class Silence(Fault):
    """Replaces the programme by digital zero, 16-bit dither, or, at a drawn RMS level, mains hum, noise, or both."""

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
            "hum_share": float(rng.random()),
            "noise_seed": int(rng.integers(_SEEDS)),
        }

    def make(self, samples, sample_rate):
        p = self.parameters
        n, rng = len(samples), np.random.default_rng(p["noise_seed"])
        if p["kind"] == "zero":
            return np.zeros(n)
        if p["kind"] == "dither":
            return (rng.random(n) - rng.random(n)) / 32768
        hum_share = {"hum": 1.0, "noise": 0.0, "room": p["hum_share"]}[p["kind"]]
        floor = np.sqrt(hum_share) * hum(rng, n, sample_rate, p["mains_hz"])
        floor += np.sqrt(1 - hum_share) * coloured_noise(rng, n, sample_rate)
        return floor * from_db(p["dbfs"] - rms_dbfs(floor))
