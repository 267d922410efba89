"""Hard negatives: normal sound that is easily mistaken for a fault: small rooms, faint echoes and noise, beds, fades,
pauses, signals.

The bounds are those of `horuslib.augmentation.echoes`; for noise, 30 dB below the programme.
"""

import numpy as np

from horuslib.audio.levels import active_dbfs, from_db
from horuslib.augmentation.echoes import CLEAR_C50_DB, FAINT_ECHO_DB, AddEcho, AddRoom
from horuslib.augmentation.faults import AddHiss
from horuslib.augmentation.transforms import SeededTransform, check_range
from horuslib.synthesis import speech
from horuslib.synthesis.ambience import room_tone
from horuslib.synthesis.beds import BEDS
from horuslib.synthesis.music import STYLES, music
from horuslib.synthesis.street.alerts import dialling

KINDS = (*BEDS, *STYLES, "speech")
SIGNALS = ("bleep", "dialling", "alert")
_SEEDS = 2**32
_BLEEP_S, _BLEEP_SHARE, _SIGNAL_SHARES = (0.2, 2.0), 0.4, (0.2, 0.8)
_ALERT_HZ, _BLEEP_HZ, _LOUDEST = (853.0, 960.0), 1000.0, 0.9


class AddBed(SeededTransform):
    """Adds generated ambience, music or speech under the programme.

    The ratio is that of the active levels. Without espeak-ng, no speech is drawn.
    """

    def __init__(self, min_snr_db=5.0, max_snr_db=20.0, kinds: tuple[str, ...] = KINDS, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The ratio of programme to bed", min_snr_db, max_snr_db)
        if not kinds or not set(kinds) <= set(KINDS):
            raise ValueError(f"kinds are {kinds}; known ones are {KINDS}")
        self.min_snr_db, self.max_snr_db, self.kinds = min_snr_db, max_snr_db, kinds

    def draw_parameters(self, rng, samples, sample_rate):
        kinds = [kind for kind in self.kinds if kind != "speech" or speech.available()]
        return {
            "kind": str(rng.choice(kinds)),
            "bed_db": float(rng.uniform(self.min_snr_db, self.max_snr_db)),
            "bed_seed": int(rng.integers(_SEEDS)),
        }

    def apply(self, samples, sample_rate):
        p = self.parameters
        bed = _bed(np.random.default_rng(p["bed_seed"]), len(samples) / sample_rate, sample_rate, p["kind"])
        bed = np.resize(bed, len(samples))
        gain_db = active_dbfs(samples, sample_rate) - p["bed_db"] - active_dbfs(bed, sample_rate)
        return samples + bed * np.float32(from_db(gain_db)) if np.isfinite(gain_db) else samples


class BedInFront(AddBed):
    """A bed in the foreground, at the level of the original programme, which becomes the background: an outdoor report
    dominated by its ambience (rain, a train, a crowd), a concert by its music.

    A piano or a guitar alone has a decay like a room's (`horuslib.acoustics.reflections`) and is no fault.
    """

    def __init__(self, min_snr_db=-25.0, max_snr_db=-3.0, kinds: tuple[str, ...] = (*BEDS, *STYLES), p=1.0, seed=None):
        check_range("The ratio of programme to foreground", min_snr_db, max_snr_db, -60, 0)
        super().__init__(min_snr_db, max_snr_db, kinds, p, seed)

    def apply(self, samples, sample_rate):
        return super().apply(samples, sample_rate) * np.float32(from_db(self.parameters["bed_db"]))


class Fade(SeededTransform):
    """A fade-in from or fade-out to zero, over a part of the sound."""

    def __init__(self, min_share=0.2, max_share=0.6, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The share of a fade", min_share, max_share, 0, 0.7)
        self.min_share, self.max_share = min_share, max_share

    def draw_parameters(self, rng, samples, sample_rate):
        return {
            "fade_share": float(rng.uniform(self.min_share, self.max_share)),
            "fades_in": bool(rng.random() < 0.4),
            "shape": float(rng.uniform(0.7, 1.5)),
        }

    def apply(self, samples, sample_rate):
        p = self.parameters
        n = max(1, round(p["fade_share"] * len(samples)))
        end = slice(None, n) if p["fades_in"] else slice(-1, -n - 1, -1)
        faded = np.array(samples, np.float32)
        faded[end] *= np.linspace(0, 1, n, dtype=np.float32) ** np.float32(p["shape"])
        return faded


class Pause(SeededTransform):
    """A short pause that contains only room tone, far below the programme."""

    def __init__(self, min_pause_s=0.4, max_pause_s=1.4, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The pause", min_pause_s, max_pause_s, 0, 10)
        self.min_pause_s, self.max_pause_s = min_pause_s, max_pause_s

    def draw_parameters(self, rng, samples, sample_rate):
        seconds = len(samples) / sample_rate
        pause_s = float(rng.uniform(self.min_pause_s, min(self.max_pause_s, 0.4 * seconds)))
        return {
            "pause_s": pause_s,
            "pause_start_s": float(rng.uniform(0, seconds - pause_s)),
            "edge_s": float(rng.uniform(0.01, 0.1)),
            "tone_db": float(rng.uniform(-50, -38)),
            "tone_seed": int(rng.integers(_SEEDS)),
        }

    def apply(self, samples, sample_rate):
        p = self.parameters
        t = np.arange(len(samples)) / sample_rate - p["pause_start_s"]
        gate = np.clip(np.maximum(-t, t - p["pause_s"]) / p["edge_s"] + 1, 0, 1)
        level_dbfs = active_dbfs(samples, sample_rate) + p["tone_db"]
        if not np.isfinite(level_dbfs):
            return samples
        rng = np.random.default_rng(p["tone_seed"])
        tone = room_tone(rng, len(samples) / sample_rate, sample_rate, level_dbfs)
        return (samples * gate + tone).astype(np.float32)


class Signals(SeededTransform):
    """A signal in place of a part of the programme: a censor bleep of 1 kHz, dialling (DTMF), a two-tone alert.

    None is a line-up tone, which lasts 5 s or more at 1 kHz: a bleep takes 0.2 to 2 s and two fifths of the sound at
    most, the others hold no steady tone of 1 kHz. Alerts are 853 and 960 Hz together (the attention signal of the
    Emergency Alert System) or in turn.
    """

    def __init__(self, min_db=-6.0, max_db=6.0, kinds: tuple[str, ...] = SIGNALS, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The level of a signal over the programme", min_db, max_db, -20, 12)
        if not kinds or not set(kinds) <= set(SIGNALS):
            raise ValueError(f"kinds are {kinds}; known ones are {SIGNALS}")
        self.min_db, self.max_db, self.kinds = min_db, max_db, kinds

    def draw_parameters(self, rng, samples, sample_rate):
        kind, seconds = str(rng.choice(self.kinds)), len(samples) / sample_rate
        shares = (share * seconds for share in _SIGNAL_SHARES)
        low_s, high_s = (_BLEEP_S[0], min(_BLEEP_S[1], _BLEEP_SHARE * seconds)) if kind == "bleep" else shares
        length_s = float(rng.uniform(min(low_s, high_s), high_s))
        return {
            "kind": kind,
            "length_s": length_s,
            "signal_start_s": float(rng.uniform(0, seconds - length_s)),
            "signal_db": float(rng.uniform(self.min_db, self.max_db)),
            "signal_seed": int(rng.integers(_SEEDS)),
        }

    def apply(self, samples, sample_rate):
        p, level_dbfs = self.parameters, active_dbfs(samples, sample_rate)
        first, n = round(p["signal_start_s"] * sample_rate), round(p["length_s"] * sample_rate)
        signal = _signal(np.random.default_rng(p["signal_seed"]), n, sample_rate, p["kind"])
        gain_db = level_dbfs + p["signal_db"] - active_dbfs(signal, sample_rate)
        if not np.isfinite(gain_db):
            return samples
        signal = signal * min(from_db(gain_db), _LOUDEST / np.abs(signal).max())
        replaced = np.array(samples, np.float32)
        replaced[first : first + n] = signal[: len(replaced) - first]
        return replaced


class AddFaintEcho(AddEcho):
    """An echo too weak to be a fault: its strongest repeat is at most `FAINT_ECHO_DB`."""

    def __init__(self, min_gain_db=-30.0, max_gain_db=FAINT_ECHO_DB, p=1.0, seed=None):
        check_range("The gain of a faint echo", min_gain_db, max_gain_db, -60, FAINT_ECHO_DB)
        super().__init__(min_gain_db=min_gain_db, max_gain_db=max_gain_db, max_repeats=2, p=p, seed=seed)


class AddFaintNoise(AddHiss):
    """The noise floor of any recording: more than 30 dB below the programme, where it is no fault."""

    def __init__(self, min_snr_db=32.0, max_snr_db=55.0, kinds=("white", "pink", "tape"), p=1.0, seed=None):
        check_range("The signal-to-noise ratio of faint noise", min_snr_db, max_snr_db, 30)
        super().__init__(min_snr_db, max_snr_db, kinds, p=p, seed=seed)


class AddLittleRoom(AddRoom):
    """A room in which speech stays clear, its C50 over `CLEAR_C50_DB`: audible, but no fault.

    By default furnished rooms; with an RT60 of up to 4 s, halls with a close microphone.
    """

    def __init__(
        self,
        min_rt60_s=0.15,
        max_rt60_s=0.6,
        min_direct_to_reverberant_db=-3.0,
        max_direct_to_reverberant_db=15.0,
        running_share=0.8,
        p=1.0,
        seed=None,
    ):
        super().__init__(
            min_rt60_s,
            max_rt60_s,
            min_direct_to_reverberant_db,
            max_direct_to_reverberant_db,
            min_c50_db=CLEAR_C50_DB,
            max_c50_db=60.0,
            running_share=running_share,
            p=p,
            seed=seed,
        )


def _bed(rng: np.random.Generator, seconds: float, sample_rate_hz: int, kind: str) -> np.ndarray:
    if kind in BEDS:
        return BEDS[kind](rng, seconds, sample_rate_hz)
    if kind in STYLES:
        return music(rng, seconds, sample_rate_hz, kind)
    return speech.speech(rng, seconds, sample_rate_hz)


def _signal(rng: np.random.Generator, samples: int, sample_rate_hz: int, kind: str) -> np.ndarray:
    """(samples,) at any level."""
    t = np.arange(samples) / sample_rate_hz
    if kind == "bleep":
        return np.sin(2 * np.pi * _BLEEP_HZ * t)
    if kind == "dialling":
        return np.resize(dialling(rng, samples / sample_rate_hz, sample_rate_hz), samples)
    low, high = (np.sin(2 * np.pi * hz * t) for hz in _ALERT_HZ)
    if rng.random() < 0.5:
        return low + high
    return np.where((t / rng.uniform(0.2, 0.6)).astype(int) % 2, high, low)
