"""Variations of clips that stay what they are: speed, pitch, gain dips, a missing band, an excerpt, a background.

Every class gets all of them alike: a network would learn a trace of processing that one class alone had.
"""

import numpy as np
from scipy import signal

from horuslib.acoustics import filters
from horuslib.audio.fit import tiled
from horuslib.audio.levels import active_dbfs, from_db, rms, rms_dbfs
from horuslib.augmentation.transforms import SeededTransform, check_range
from horuslib.synthesis import speech
from horuslib.synthesis.noise import noise_like
from horuslib.synthesis.programme import KINDS as PROGRAMMES
from horuslib.synthesis.programme import TALK, programme
from horuslib.synthesis.street.catalogue import HARD, STREET, bed, street_sound

_EDGE_S = 0.01
_SEEDS = 2**32


class Stretch(SeededTransform):
    """Another speed at the same pitch (phase vocoder); what is missing at the end is repeated from the beginning."""

    def __init__(self, factors: tuple[float, ...] = (0.95, 1.05), p=1.0, seed=None):
        super().__init__(p, seed)
        if not factors or min(factors) <= 0:
            raise ValueError(f"The speeds are {factors}; they are greater than 0")
        self.factors = tuple(factors)

    def draw_parameters(self, rng, samples, sample_rate):
        return {"factor": float(rng.choice(self.factors))}

    def apply(self, samples, sample_rate):
        import librosa

        stretched = librosa.effects.time_stretch(samples, rate=self.parameters["factor"])
        return tiled(stretched, len(samples), sample_rate, start=0)


class ShiftPitch(SeededTransform):
    """Another pitch at the same speed: one semitone is 5.9 %."""

    def __init__(self, semitones: tuple[float, ...] = (-1.0, 1.0), p=1.0, seed=None):
        super().__init__(p, seed)
        if not semitones:
            raise ValueError("ShiftPitch needs at least one shift")
        self.semitones = tuple(semitones)

    def draw_parameters(self, rng, samples, sample_rate):
        return {"semitones": float(rng.choice(self.semitones))}

    def apply(self, samples, sample_rate):
        import librosa

        shifted = librosa.effects.pitch_shift(samples, sr=sample_rate, n_steps=self.parameters["semitones"])
        return shifted.astype(np.float32)


class GainDip(SeededTransform):
    """The level drops for a fraction of a second: something passes between the source and the microphone."""

    def __init__(self, min_dip_s=0.3, max_dip_s=0.8, min_db=-40.0, max_db=-12.0, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The dip", min_dip_s, max_dip_s, 2 * _EDGE_S, 10)
        check_range("The depth of the dip", min_db, max_db, -90, 0)
        self.min_dip_s, self.max_dip_s, self.min_db, self.max_db = min_dip_s, max_dip_s, min_db, max_db

    def draw_parameters(self, rng, samples, sample_rate):
        dip_s = float(rng.uniform(self.min_dip_s, self.max_dip_s))
        return {
            "dip_s": dip_s,
            "dip_start_s": float(rng.uniform(0, max(0.0, len(samples) / sample_rate - dip_s))),
            "dip_db": float(rng.uniform(self.min_db, self.max_db)),
        }

    def apply(self, samples, sample_rate):
        p = self.parameters
        since = np.arange(len(samples)) / sample_rate - p["dip_start_s"]
        inside = np.clip(np.minimum(since, p["dip_s"] - since) / _EDGE_S + 0.5, 0, 1)
        return (samples * filters.gain(p["dip_db"] * inside)).astype(np.float32)


class BandStop(SeededTransform):
    """A narrow band is missing, as over a distance: a notch whose edges (-3 dB) lie within a range.

    Parameters
    ----------
    q : centre over width of the band.
    """

    def __init__(self, low_hz=1000.0, high_hz=2000.0, q=4.0, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The band", low_hz, high_hz, 20)
        half, middle = 1 / (2 * q), np.sqrt(1 + 1 / (4 * q * q))
        self.q, self.centres_hz = q, (low_hz / (middle - half), high_hz / (middle + half))
        check_range(f"With Q {q:g} the centre of the band", *self.centres_hz)

    def draw_parameters(self, rng, samples, sample_rate):
        return {"stop_hz": float(rng.uniform(*self.centres_hz)), "q": float(self.q)}

    def apply(self, samples, sample_rate):
        b, a = signal.iirnotch(self.parameters["stop_hz"], self.parameters["q"], fs=sample_rate)
        return signal.lfilter(b, a, samples).astype(np.float32)


class ToLevel(SeededTransform):
    """Any level between two, whatever it was: the level of a recording says nothing of what was recorded."""

    def __init__(self, min_dbfs=-38.0, max_dbfs=-14.0, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The level", min_dbfs, max_dbfs, -90, 0)
        self.min_dbfs, self.max_dbfs = min_dbfs, max_dbfs

    def draw_parameters(self, rng, samples, sample_rate):
        return {"to_dbfs": float(rng.uniform(self.min_dbfs, self.max_dbfs))}

    def apply(self, samples, sample_rate):
        change_db = self.parameters["to_dbfs"] - rms_dbfs(samples)
        return (samples * np.float32(from_db(change_db))) if np.isfinite(change_db) else samples


class CutOff(SeededTransform):
    """The upper edge of what the microphone, the codec or the sampling rate left."""

    def __init__(self, min_cutoff_hz=2500.0, max_cutoff_hz=8000.0, p=1.0, seed=None):
        super().__init__(p, seed)
        check_range("The upper edge", min_cutoff_hz, max_cutoff_hz, 100)
        self.min_cutoff_hz, self.max_cutoff_hz = min_cutoff_hz, max_cutoff_hz

    def draw_parameters(self, rng, samples, sample_rate):
        return {"cutoff_hz": float(np.exp(rng.uniform(np.log(self.min_cutoff_hz), np.log(self.max_cutoff_hz))))}

    def apply(self, samples, sample_rate):
        return filters.band(samples, sample_rate, None, self.parameters["cutoff_hz"], order=6)


class NoiseInstead(SeededTransform):
    """Noise of the sound's length, level and spectrum in its place: what is left of a siren without its pitch."""

    def draw_parameters(self, rng, samples, sample_rate):
        return {"noise_seed": int(rng.integers(_SEEDS))}

    def apply(self, samples, sample_rate):
        noise = noise_like(np.random.default_rng(self.parameters["noise_seed"]), samples)
        return (noise * rms(samples)).astype(np.float32)


class ProgrammeInstead(SeededTransform):
    """Generated television in the place of the sound; without espeak-ng, such as nobody speaks in."""

    def draw_parameters(self, rng, samples, sample_rate):
        kinds = [kind for kind in PROGRAMMES if kind not in TALK or speech.available()]
        return {"programme": str(rng.choice(kinds)), "programme_seed": int(rng.integers(_SEEDS))}

    def apply(self, samples, sample_rate):
        rng = np.random.default_rng(self.parameters["programme_seed"])
        made = programme(rng, len(samples) / sample_rate, sample_rate, self.parameters["programme"]).samples
        return np.resize(made, len(samples))


class LayOnBackground(SeededTransform):
    """An excerpt of a clip on a background: repeated over all of it, or once at a random place.

    Parameters
    ----------
    backgrounds : (K, N) sounds to lay it on; with none, background is generated.
    choices : rows of `backgrounds` that may be used.
    min_share, max_share : of the clip, that is kept.
    min_snr_db, max_snr_db : active level of the clip over that of the background.
    once_share : share of copies in which the clip is heard once; elsewhere it is repeated.
    """

    def __init__(
        self,
        backgrounds: np.ndarray | None = None,
        choices: tuple[int, ...] = (),
        min_share=0.4,
        max_share=1.0,
        min_snr_db=3.0,
        max_snr_db=20.0,
        once_share=0.5,
        clip_s=0.0,
        p=1.0,
        seed=None,
    ):
        super().__init__(p, seed)
        check_range("The share of the clip", min_share, max_share, 0.01, 1)
        check_range("The ratio of clip to background", min_snr_db, max_snr_db)
        self.backgrounds, self.choices, self.clip_s = backgrounds, choices, clip_s
        self.min_share, self.max_share = min_share, max_share
        self.min_snr_db, self.max_snr_db, self.once_share = min_snr_db, max_snr_db, once_share

    def draw_parameters(self, rng, samples, sample_rate):
        seconds = len(samples) / sample_rate
        clip_s = min(self.clip_s or seconds, seconds)
        return {
            "excerpt_s": max(min(clip_s, 0.8), clip_s * float(rng.uniform(self.min_share, self.max_share))),
            "from_share": float(rng.random()),
            "at_share": float(rng.random()),
            "once": bool(rng.random() < self.once_share),
            "snr_db": float(rng.uniform(self.min_snr_db, self.max_snr_db)),
            "background": int(rng.choice(self.choices)) if len(self.choices) else -1,
            "background_share": float(rng.random()),
            "background_seed": int(rng.integers(_SEEDS)),
        }

    def apply(self, samples, sample_rate):
        p, n = self.parameters, len(samples)
        start, length = round(p["from_share"] * n), max(1, round(p["excerpt_s"] * sample_rate))
        excerpt = np.roll(samples, -start)[:length]
        under = np.roll(self._background(n, sample_rate), round(p["background_share"] * n))
        gain_db = active_dbfs(excerpt, sample_rate) - p["snr_db"] - active_dbfs(under, sample_rate)
        under = under * np.float32(from_db(gain_db)) if np.isfinite(gain_db) else 0 * under
        if p["once"]:
            heard = np.zeros(n, np.float32)
            at = round(p["at_share"] * (n - length))
            heard[at : at + length] = filters.fade(excerpt, sample_rate)
        else:
            heard = tiled(excerpt, n, sample_rate, start=round(p["at_share"] * 0.9 * length) % max(1, length * 3 // 4))
        return (heard + under).astype(np.float32)

    def _background(self, n: int, sample_rate_hz: int) -> np.ndarray:
        chosen = self.parameters["background"]
        if chosen < 0 or self.backgrounds is None:
            return bed(np.random.default_rng(self.parameters["background_seed"]), n / sample_rate_hz, sample_rate_hz)
        return np.resize(np.asarray(self.backgrounds[chosen], np.float32), n)


class StreetSound(SeededTransform):
    """A generated sound of a kind, over the segment as its background or in its place (`synthesis.street`).

    Parameters
    ----------
    kind : of `synthesis.street.catalogue.STREET`.
    over_share : share of examples that are heard over the segment.
    hard_share : share of examples drawn from what is easily mistaken (`catalogue.HARD`), where the kind has it.
    """

    def __init__(self, kind="siren", over_share=0.5, min_snr_db=0.0, max_snr_db=20.0, hard_share=0.5, p=1.0, seed=None):
        super().__init__(p, seed)
        if kind not in STREET:
            raise ValueError(f"{kind!r} is no generated kind; there are {', '.join(STREET)}")
        check_range("The ratio of sound to background", min_snr_db, max_snr_db)
        self.kind, self.over_share, self.min_snr_db, self.max_snr_db = kind, over_share, min_snr_db, max_snr_db
        self.hard_share = hard_share

    def draw_parameters(self, rng, samples, sample_rate):
        over, hard = bool(rng.random() < self.over_share), rng.random() < self.hard_share
        return {
            "kind": self.kind,
            "name": str(rng.choice(HARD[self.kind] if hard and self.kind in HARD else list(STREET[self.kind]))),
            "over_db": float(rng.uniform(self.min_snr_db, self.max_snr_db)) if over else None,
            "sound_seed": int(rng.integers(_SEEDS)),
        }

    def apply(self, samples, sample_rate):
        p = self.parameters
        rng, seconds = np.random.default_rng(p["sound_seed"]), len(samples) / sample_rate
        x = np.resize(street_sound(rng, seconds, sample_rate, p["kind"], p["name"]), len(samples))
        if p["over_db"] is None:
            return x
        gain_db = active_dbfs(x, sample_rate) - p["over_db"] - active_dbfs(samples, sample_rate)
        return x + samples * np.float32(from_db(gain_db)) if np.isfinite(gain_db) else x
