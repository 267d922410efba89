"""Scenes: generated programme on which something happens, and the truth about it.

A scene goes the way of sound: programme, equaliser, room or echo, noise, level, codec. Faults come alone or together,
from hardly audible to hopeless; most of the others are hard normals (furnished rooms, faint noise, narrow bands).
"""

from dataclasses import dataclass, field

import numpy as np
from audiomentations import BandPassFilter, ClippingDistortion, HighShelfFilter, LowShelfFilter, PeakingFilter

from horuslib.sound.faults import AddHiss, Silence, TestTone
from horuslib.sound.levels import c50_db, from_db, lufs, peak
from horuslib.sound.robustness import CodecRoundTrip, Compress
from horuslib.sound.rooms import convolve, echo_response, room_response
from horuslib.sound.transforms import draw, replay

SCENES = {
    "normal": 0.24,
    "room": 0.2,
    "echo": 0.2,
    "hiss": 0.14,
    "mixed": 0.1,
    "quiet": 0.06,
    "tone": 0.03,
    "silence": 0.03,
}
"""What happens, and how often. `mixed` is hiss over a room or an echo."""
RT60_S = (0.15, 4.0)
DIRECT_TO_REVERBERANT_DB = (-12.0, 15.0)
FURNISHED_RT60_S = (0.12, 0.45)
FURNISHED_DB = (4.0, 16.0)
ECHO_DELAY_S = (0.06, 2.0)
ECHO_GAIN_DB = (-18.0, -0.5)
HISS_SNR_DB = (0.0, 45.0)
HEARD_LUFS = (-32.0, -12.0)
QUIET_LUFS = (-60.0, -36.0)
SILENCE_DBFS = (-96.0, -62.0)
TONE_DBFS = (-36.0, -1.0)


@dataclass
class Scene:
    """Sound and what is true of it."""

    samples: np.ndarray
    """float32 (N,), mono."""
    facts: dict[str, float] = field(default_factory=dict)
    """What was done: rt60_s, c50_db, echo_delay_s, echo_gain_db, snr_db; 1.0 for tone and silence."""


def scene(rng: np.random.Generator, programme: np.ndarray, sample_rate_hz: int, moves: bool) -> Scene:
    """One scene on a piece of programme.

    Parameters
    ----------
    programme : (N,) fault-free sound.
    moves : whether it rises and falls. In held chords and rain nobody hears a room, so none is put there.
    """
    happening = str(rng.choice(list(SCENES), p=list(SCENES.values())))
    if not moves and happening in ("room", "echo", "mixed"):
        happening = str(rng.choice(["hiss", "normal"]))
    if happening in ("tone", "silence"):
        return _replaced(rng, programme, sample_rate_hz, happening)
    made = Scene(_filtered(rng, programme, sample_rate_hz))
    wet = rng.choice(["room", "echo"]) if happening == "mixed" else happening
    if wet == "room":
        _room(rng, made, sample_rate_hz, RT60_S, DIRECT_TO_REVERBERANT_DB)
    elif wet == "echo":
        _echo(rng, made, sample_rate_hz)
    elif moves and rng.random() < 0.3:
        _room(rng, made, sample_rate_hz, FURNISHED_RT60_S, FURNISHED_DB)
    if happening in ("hiss", "mixed"):
        _hiss(rng, made, sample_rate_hz, HISS_SNR_DB)
    elif rng.random() < 0.3:
        _hiss(rng, made, sample_rate_hz, (30.0, 60.0))
    quiet = happening == "quiet" or (happening == "mixed" and rng.random() < 0.3)
    level_lufs = rng.uniform(*(QUIET_LUFS if quiet else HEARD_LUFS))
    made.samples = made.samples * np.float32(from_db(level_lufs - lufs(made.samples, sample_rate_hz)))
    made.samples /= np.float32(max(1.0, peak(made.samples)))
    _delivered(rng, made, sample_rate_hz)
    return made


def _replaced(rng: np.random.Generator, programme: np.ndarray, sample_rate_hz: int, by: str) -> Scene:
    transform = TestTone(*TONE_DBFS) if by == "tone" else Silence(*SILENCE_DBFS)
    made = Scene(_applied(transform, rng, programme, sample_rate_hz), {by: 1.0})
    if by == "tone":
        _delivered(rng, made, sample_rate_hz)
    return made


def _filtered(rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Microphones, equalisers, compressors and narrow lines: the sound of a channel, not a fault."""
    choices = {
        PeakingFilter(100, 6000, -9, 9, 0.5, 2.0, p=1.0): 0.3,
        LowShelfFilter(80, 400, -9, 6, p=1.0): 0.2,
        HighShelfFilter(1500, 6000, -12, 6, p=1.0): 0.3,
        BandPassFilter(400, 2500, 0.8, 1.9, p=1.0): 0.08,
        Compress(max_ratio=5.0): 0.25,
        ClippingDistortion(1, 4, p=1.0): 0.06,
    }
    for transform, share in choices.items():
        if rng.random() < share:
            samples = _applied(transform, rng, samples, sample_rate_hz)
    return samples


def _room(
    rng: np.random.Generator,
    made: Scene,
    sample_rate_hz: int,
    rt60_s: tuple[float, float],
    direct_to_reverberant_db: tuple[float, float],
) -> None:
    made.facts["rt60_s"] = float(np.exp(rng.uniform(*np.log(rt60_s))))
    response = room_response(rng, sample_rate_hz, made.facts["rt60_s"], rng.uniform(*direct_to_reverberant_db))
    made.facts["c50_db"] = c50_db(response, sample_rate_hz)
    made.samples = convolve(made.samples, response, wrap=True)


def _echo(rng: np.random.Generator, made: Scene, sample_rate_hz: int) -> None:
    made.facts["echo_delay_s"] = float(np.exp(rng.uniform(*np.log(ECHO_DELAY_S))))
    made.facts["echo_gain_db"] = float(rng.uniform(*ECHO_GAIN_DB))
    repeats, dulled = int(rng.integers(1, 5)), rng.random() < 0.4
    lowpass_hz = float(rng.uniform(1500, 6000)) if dulled else None
    echo = (made.facts["echo_delay_s"], made.facts["echo_gain_db"], repeats, lowpass_hz)
    made.samples = convolve(made.samples, echo_response(sample_rate_hz, *echo), wrap=True)


def _hiss(rng: np.random.Generator, made: Scene, sample_rate_hz: int, snr_db: tuple[float, float]) -> None:
    step = draw(AddHiss(*snr_db), rng, made.samples, sample_rate_hz)
    made.facts["snr_db"] = step["parameters"]["snr_db"]
    made.samples = replay(step, {"AddHiss": AddHiss}, made.samples, sample_rate_hz)


def _delivered(rng: np.random.Generator, made: Scene, sample_rate_hz: int) -> None:
    """One scene in five arrives through a lossy codec."""
    if rng.random() < 0.2:
        made.samples = _applied(CodecRoundTrip(), rng, made.samples, sample_rate_hz)


def _applied(transform, rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    step = draw(transform, rng, samples, sample_rate_hz)
    return replay(step, {step["name"]: type(transform)}, samples, sample_rate_hz)
