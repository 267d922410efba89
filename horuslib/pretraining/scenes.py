"""Scenes: generated programme on which something happens, and the truth about it.

A scene goes the way of sound: programme, place, equaliser, room or echo, noise, level, codec. Faults come alone or
together, from hardly audible to hopeless, all the time or from some moment on or up to one; most of the others are hard
normals (furnished rooms, far microphones, real life underneath, faint noise, narrow bands, pauses, fades).
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
from horuslib.pretraining.responses import Wet, draw_echo, draw_room
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
"""What happens, and how often. `mixed` is hiss over a room or an echo."""
HISS_SNR_DB = (-2.0, 45.0)
FAINT_SNR_DB = (30.0, 60.0)
HEARD_LUFS = (-32.0, -12.0)
QUIET_LUFS = (-60.0, -36.0)
SILENCE_DBFS = (-96.0, -62.0)
TONE_DBFS = (-36.0, -1.0)
TRANSITION_SHARE = 0.25
"""How many faults begin or end inside the scene."""
TRANSITION_S = {"hiss": (0.02, 3.0), "quiet": (0.02, 1.0)}
"""How long it takes to come or go; elsewhere 20 to 200 ms."""
BED_SHARE = 0.45
PAUSE_S = (0.8, 3.0)
FADE_S = (0.5, 7.0)
Seconds = tuple[float, float]


@dataclass
class Scene:
    """Sound and what is true of it."""

    samples: np.ndarray
    """float32 (N,), mono."""
    facts: dict[str, float] = field(default_factory=dict)
    """What was done: rt60_s, c50_db, echo_delay_s, echo_gain_db, snr_db, quiet_lufs; 1.0 for tone, silence, fade."""
    spans: dict[str, Seconds] = field(default_factory=dict)
    """When, where not all the time: of `fault`, of a `pause`."""

    def facts_between(self, start_s: float, end_s: float) -> dict[str, float]:
        """The facts, and `fault_share` and `pause_share` of that stretch."""
        shares = {
            f"{name}_share": max(0.0, min(end, end_s) - max(start, start_s)) / (end_s - start_s)
            for name, (start, end) in self.spans.items()
        }
        return self.facts | shares


def scene(
    rng: np.random.Generator,
    programme: np.ndarray,
    sample_rate_hz: int,
    moves: bool,
    beds: Sequence[np.ndarray] = (),
) -> Scene:
    """One scene on a piece of programme.

    Parameters
    ----------
    programme : (N,) fault-free sound.
    moves : whether it rises and falls. In held chords and rain nobody hears a room, so none is put there.
    beds : what may lie under the programme.
    """
    happening = str(rng.choice(list(SCENES), p=list(SCENES.values())))
    if not moves and happening in ("room", "echo", "mixed"):
        happening = str(rng.choice(["hiss", "normal"]))
    below_db = BELOW_DB if happening in ("normal", "quiet", "tone", "silence") else FAULT_BELOW_DB
    if beds and rng.random() < BED_SHARE:
        programme = lay(rng, programme, beds[rng.integers(len(beds))], sample_rate_hz, below_db)
    clean = filtered(rng, programme, sample_rate_hz)
    made = Scene(clean)
    wet = rng.choice(["room", "echo"]) if happening == "mixed" else happening
    if wet == "room":
        _inside(made, draw_room(rng, sample_rate_hz))
    elif wet == "echo":
        _inside(made, draw_echo(rng, sample_rate_hz))
    elif moves and rng.random() < 0.3:
        _inside(made, draw_room(rng, sample_rate_hz, furnished=True))
        clean = made.samples
    if happening in ("hiss", "mixed"):
        _hiss(rng, made, sample_rate_hz, HISS_SNR_DB)
    elif rng.random() < 0.3:
        _hiss(rng, made, sample_rate_hz, FAINT_SNR_DB)
    if happening == "normal":
        _interrupted(rng, made, sample_rate_hz)
        clean = made.samples
    _levelled(rng, made, clean, sample_rate_hz, happening)
    made.samples = np.clip(delivered(rng, made.samples, sample_rate_hz), -1, 1)
    return made


def _inside(made: Scene, wet: Wet) -> None:
    response, facts = wet
    made.samples = convolve(made.samples, response, wrap=True)
    made.facts |= facts


def _hiss(rng: np.random.Generator, made: Scene, sample_rate_hz: int, snr_db: tuple[float, float]) -> None:
    step = draw(AddHiss(*snr_db), rng, made.samples, sample_rate_hz)
    made.facts["snr_db"] = step["parameters"]["snr_db"]
    made.samples = replay(step, {"AddHiss": AddHiss}, made.samples, sample_rate_hz)


def _interrupted(rng: np.random.Generator, made: Scene, sample_rate_hz: int) -> None:
    """Now and then a pause with its room tone, or a fade: normal, and easily taken for less."""
    kind, n = rng.random(), len(made.samples)
    seconds = n / sample_rate_hz
    if kind < 0.12:
        start_s = rng.uniform(0, seconds - PAUSE_S[1])
        end_s = start_s + rng.uniform(*PAUSE_S)
        gate = 1 - _between(rng, n, sample_rate_hz, (start_s, end_s), (0.01, 0.1))
        tone = room_tone(rng, seconds, sample_rate_hz, rng.uniform(-75, -58))
        made.samples, made.spans["pause"] = made.samples * gate + tone[:n], (start_s, end_s)
    elif kind < 0.24:
        fade_s = rng.uniform(*FADE_S)
        place = (np.arange(n) / sample_rate_hz - rng.uniform(0, seconds - fade_s / 2)) / fade_s
        fade = np.clip(place if rng.random() < 0.3 else 1 - place, 0, 1) ** rng.uniform(1, 2)
        made.samples, made.facts["fade"] = made.samples * fade.astype(np.float32), 1.0


def _levelled(rng: np.random.Generator, made: Scene, clean: np.ndarray, sample_rate_hz: int, happening: str) -> None:
    """Bring the scene to its level, with the fault all the time or inside its span."""
    n = len(made.samples)
    heard = from_db(rng.uniform(*HEARD_LUFS) - lufs(made.samples, sample_rate_hz))
    heard = np.float32(min(heard, 1 / max(peak(made.samples), 1e-6)))
    clean, faulty = clean * heard, made.samples * heard
    if happening == "quiet" or (happening == "mixed" and rng.random() < 0.3):
        made.facts["quiet_lufs"] = rng.uniform(*QUIET_LUFS)
        faulty = faulty * np.float32(from_db(made.facts["quiet_lufs"] - lufs(faulty, sample_rate_hz)))
    elif happening in ("tone", "silence"):
        transform = TestTone(*TONE_DBFS) if happening == "tone" else Silence(*SILENCE_DBFS)
        faulty, made.facts = applied(transform, rng, faulty, sample_rate_hz), {happening: 1.0}
    made.samples = faulty
    if happening != "normal" and rng.random() < TRANSITION_SHARE:
        made.spans["fault"] = _span(rng, n / sample_rate_hz)
        edge_s = TRANSITION_S.get(happening, (0.02, 0.2))
        inside = _between(rng, n, sample_rate_hz, made.spans["fault"], edge_s)
        made.samples = clean + inside * (faulty - clean)


def _span(rng: np.random.Generator, seconds: float) -> Seconds:
    """From some moment on, up to one, or a stretch of at least a quarter."""
    first, second = np.sort(rng.uniform(0.1, 0.9, 2)) * seconds
    kind = rng.random()
    if kind < 0.4:
        return first, seconds
    return (0.0, second) if kind < 0.8 else (0.7 * first, max(second, 0.7 * first + 0.25 * seconds))


def _between(
    rng: np.random.Generator, n: int, sample_rate_hz: int, span: Seconds, edge_s: tuple[float, float]
) -> np.ndarray:
    """1 inside the span, 0 outside, half way at its ends; a span that reaches an end of the sound has no edge there."""
    t, edge = np.arange(n) / sample_rate_hz, rng.uniform(*edge_s)
    inside = np.ones(n)
    if span[0] > 0:
        inside = np.minimum(inside, np.clip((t - span[0]) / edge + 0.5, 0, 1))
    if span[1] < n / sample_rate_hz:
        inside = np.minimum(inside, np.clip((span[1] - t) / edge + 0.5, 0, 1))
    return inside.astype(np.float32)
