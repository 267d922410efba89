"""Scenes: generated programmes with or without generated faults, and the parameters of the faults.

The processing order is that of a real signal chain: programme, bed, equaliser, room or echo, noise, level, codec.
Faults occur alone or combined, from barely audible to extreme, over the whole scene or part of it; most other scenes
are hard negatives (furnished rooms, distant microphones, beds, faint noise, narrow bands, pauses, fades).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from horuslib.acoustics.rooms import convolve
from horuslib.audio.levels import from_db, lufs, peak
from horuslib.augmentation.faults import AddHiss, Silence, TestTone
from horuslib.augmentation.transforms import draw, replay
from horuslib.pretraining.beds import BELOW_DB, FAULT_BELOW_DB, lay
from horuslib.pretraining.channel import applied, delivered, filtered
from horuslib.pretraining.responses import ResponseAndParameters, draw_echo, draw_room
from horuslib.synthesis.ambience import room_tone

SCENES = {
    "normal": 0.28,
    "room": 0.18,
    "echo": 0.19,
    "hiss": 0.17,
    "mixed": 0.07,
    "quiet": 0.05,
    "tone": 0.03,
    "silence": 0.03,
}
"""Kind of scene -> probability. `mixed` is hiss over a room or an echo."""
HISS_SNR_DB = (-2.0, 45.0)
FAINT_SNR_DB = (30.0, 60.0)
NORMAL_LUFS = (-32.0, -12.0)
QUIET_LUFS = (-60.0, -36.0)
SILENCE_DBFS = (-96.0, -62.0)
TONE_DBFS = (-36.0, -1.0)
TRANSITION_SHARE = 0.25
"""Share of faults that begin or end inside the scene."""
TRANSITION_S = {"hiss": (0.02, 3.0), "quiet": (0.02, 1.0)}
"""Duration of the crossfade to and from the fault; 20 to 200 ms for other faults."""
BED_SHARE = 0.45
PAUSE_S = (0.8, 3.0)
FADE_S = (0.5, 7.0)
Seconds = tuple[float, float]


@dataclass
class Scene:
    """The sound of a scene and its ground truth."""

    samples: np.ndarray
    """float32 (N,), mono."""
    parameters: dict[str, float] = field(default_factory=dict)
    """Parameters of what was applied: rt60_s, c50_db, echo_delay_s, echo_gain_db, snr_db, quiet_lufs; 1.0 for tone,
    silence, fade."""
    spans: dict[str, Seconds] = field(default_factory=dict)
    """Interval of `fault` where it does not cover the whole scene, and of `pause`."""

    def parameters_between(self, start_s: float, end_s: float) -> dict[str, float]:
        """The parameters, and the shares `fault_share` and `pause_share` of that interval."""
        shares = {
            f"{name}_share": max(0.0, min(end, end_s) - max(start, start_s)) / (end_s - start_s)
            for name, (start, end) in self.spans.items()
        }
        return self.parameters | shares


def scene(
    rng: np.random.Generator,
    programme: np.ndarray,
    sample_rate_hz: int,
    moves: bool,
    beds: Sequence[np.ndarray] = (),
) -> Scene:
    """One random scene on an excerpt of programme.

    Parameters
    ----------
    programme : (N,) fault-free sound.
    moves : whether its level varies. In sound of steady level (held chords, rain) rooms and echoes are inaudible and
        therefore not applied.
    beds : background sounds that may be mixed with the programme.
    """
    kind = str(rng.choice(list(SCENES), p=list(SCENES.values())))
    if not moves and kind in ("room", "echo", "mixed"):
        kind = str(rng.choice(["hiss", "normal"]))
    below_db = BELOW_DB if kind in ("normal", "quiet", "tone", "silence") else FAULT_BELOW_DB
    if beds and rng.random() < BED_SHARE:
        programme = lay(rng, programme, beds[rng.integers(len(beds))], sample_rate_hz, below_db)
    clean = filtered(rng, programme, sample_rate_hz)
    result = Scene(clean)
    reflections = rng.choice(["room", "echo"]) if kind == "mixed" else kind
    if reflections == "room":
        _convolve(result, draw_room(rng, sample_rate_hz))
    elif reflections == "echo":
        _convolve(result, draw_echo(rng, sample_rate_hz))
    elif moves and rng.random() < 0.3:
        _convolve(result, draw_room(rng, sample_rate_hz, furnished=True))
        clean = result.samples
    if kind in ("hiss", "mixed"):
        _add_hiss(rng, result, sample_rate_hz, HISS_SNR_DB)
    elif rng.random() < 0.3:
        _add_hiss(rng, result, sample_rate_hz, FAINT_SNR_DB)
    if kind == "normal":
        _add_pause_or_fade(rng, result, sample_rate_hz)
        clean = result.samples
    _set_level(rng, result, clean, sample_rate_hz, kind)
    result.samples = np.clip(delivered(rng, result.samples, sample_rate_hz), -1, 1)
    return result


def _convolve(result: Scene, response_and_parameters: ResponseAndParameters) -> None:
    response, parameters = response_and_parameters
    result.samples = convolve(result.samples, response, wrap=True)
    result.parameters |= parameters


def _add_hiss(rng: np.random.Generator, result: Scene, sample_rate_hz: int, snr_db: tuple[float, float]) -> None:
    step = draw(AddHiss(*snr_db), rng, result.samples, sample_rate_hz)
    result.parameters["snr_db"] = step["parameters"]["snr_db"]
    result.samples = replay(step, {"AddHiss": AddHiss}, result.samples, sample_rate_hz)


def _add_pause_or_fade(rng: np.random.Generator, result: Scene, sample_rate_hz: int) -> None:
    """Sometimes a pause with room tone, or a fade: hard negatives for silence and low volume."""
    choice, n = rng.random(), len(result.samples)
    seconds = n / sample_rate_hz
    if choice < 0.12:
        start_s = rng.uniform(0, seconds - PAUSE_S[1])
        end_s = start_s + rng.uniform(*PAUSE_S)
        gate = 1 - _between(rng, n, sample_rate_hz, (start_s, end_s), (0.01, 0.1))
        tone = room_tone(rng, seconds, sample_rate_hz, rng.uniform(-75, -58))
        result.samples, result.spans["pause"] = result.samples * gate + tone[:n], (start_s, end_s)
    elif choice < 0.24:
        fade_s = rng.uniform(*FADE_S)
        position = (np.arange(n) / sample_rate_hz - rng.uniform(0, seconds - fade_s / 2)) / fade_s
        fade = np.clip(position if rng.random() < 0.3 else 1 - position, 0, 1) ** rng.uniform(1, 2)
        result.samples, result.parameters["fade"] = result.samples * fade.astype(np.float32), 1.0


def _set_level(rng: np.random.Generator, result: Scene, clean: np.ndarray, sample_rate_hz: int, kind: str) -> None:
    """Set the scene's loudness, apply faults of level, and restrict the fault to an interval in a share of cases."""
    n = len(result.samples)
    gain = from_db(rng.uniform(*NORMAL_LUFS) - lufs(result.samples, sample_rate_hz))
    gain = np.float32(min(gain, 1 / max(peak(result.samples), 1e-6)))
    clean, faulty = clean * gain, result.samples * gain
    if kind == "quiet" or (kind == "mixed" and rng.random() < 0.3):
        result.parameters["quiet_lufs"] = rng.uniform(*QUIET_LUFS)
        faulty = faulty * np.float32(from_db(result.parameters["quiet_lufs"] - lufs(faulty, sample_rate_hz)))
    elif kind in ("tone", "silence"):
        transform = TestTone(*TONE_DBFS) if kind == "tone" else Silence(*SILENCE_DBFS)
        faulty, result.parameters = applied(transform, rng, faulty, sample_rate_hz), {kind: 1.0}
    result.samples = faulty
    if kind != "normal" and rng.random() < TRANSITION_SHARE:
        result.spans["fault"] = _random_interval(rng, n / sample_rate_hz)
        edge_s = TRANSITION_S.get(kind, (0.02, 0.2))
        inside = _between(rng, n, sample_rate_hz, result.spans["fault"], edge_s)
        result.samples = clean + inside * (faulty - clean)


def _random_interval(rng: np.random.Generator, seconds: float) -> Seconds:
    """A random interval: to the end (40 %), from the start (40 %), or inside, at least a quarter of the scene long."""
    first, second = np.sort(rng.uniform(0.1, 0.9, 2)) * seconds
    choice = rng.random()
    if choice < 0.4:
        return first, seconds
    return (0.0, second) if choice < 0.8 else (0.7 * first, max(second, 0.7 * first + 0.25 * seconds))


def _between(
    rng: np.random.Generator, n: int, sample_rate_hz: int, span: Seconds, edge_s: tuple[float, float]
) -> np.ndarray:
    """Gate (n,): 1 inside the span, 0 outside, 0.5 at its ends; no edge where the span reaches an end of the sound."""
    t, edge = np.arange(n) / sample_rate_hz, rng.uniform(*edge_s)
    inside = np.ones(n)
    if span[0] > 0:
        inside = np.minimum(inside, np.clip((t - span[0]) / edge + 0.5, 0, 1))
    if span[1] < n / sample_rate_hz:
        inside = np.minimum(inside, np.clip((span[1] - t) / edge + 0.5, 0, 1))
    return inside.astype(np.float32)
