"""Portuguese speech from the espeak-ng command, with more varied voices and the acoustics of a studio.

espeak-ng pronounces Portuguese, but its voices are similar and too regular. Each voice drawn here has its own vocal
tract length (formants are shifted by resampling), its own pitch, pace and drifting intonation, breath noise in the
vowels and between sentences, a microphone's frequency response, a compressor and a small room.
"""

import io
import shutil
import subprocess
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
import yaml

from horuslib.acoustics import filters, rooms
from horuslib.core.errors import UserError

MEN = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "Andy", "boris", "ed", "Gene", "Gene2", "michel", "travis")
WOMEN = ("f1", "f2", "f3", "f4", "f5", "Alicia", "Andrea", "Annie", "belinda", "linda", "shelby", "grandma")
WHISPERERS = ("whisper", "whisperf")
MANNERS = ("spoken", "whispered", "shouted")
LANGUAGES = ("pt-br", "pt-br", "pt-br", "pt")
"""Brazilian Portuguese in three cases of four, European Portuguese in the rest."""


@dataclass(frozen=True)
class Voice:
    """One speaker: the arguments of espeak-ng, and the processing of its output."""

    name: str
    """espeak-ng's language and variant, such as `pt-br+f3`."""
    words_per_minute: int
    pitch: int
    """0 to 99, espeak-ng's scale."""
    tract: float
    """Length of the vocal tract relative to espeak-ng's: 1.1 is longer, with lower formants."""
    drift: float
    """Random variation of pitch and pace, as a share."""
    breath_db: float
    """Level of breath noise re the voice."""
    tone: tuple[tuple[float, float], ...]
    """Equaliser bands: (centre_hz, gain_db)."""
    room: tuple[float, float]
    """RT60 in seconds and direct-to-reverberant ratio in dB of the room around the speaker; always nearly dry."""


def draw_voice(rng: np.random.Generator, languages: tuple[str, ...] = LANGUAGES, manner: str = MANNERS[0]) -> Voice:
    """A random speaker with the pronunciation of one of espeak-ng's `languages`; the text stays Portuguese.

    Parameters
    ----------
    manner : one of `MANNERS`. Shouting has a high pitch and emphasised mid frequencies, whispering mostly breath noise.
    """
    if manner not in MANNERS:
        raise ValueError(f"manner is {manner!r}; it can be one of {', '.join(MANNERS)}")
    female = bool(rng.random() < 0.5)
    tone = tuple((float(f * rng.uniform(0.8, 1.25)), float(rng.uniform(-4, 4))) for f in (180, 600, 1600, 3200, 6500))
    voice = Voice(
        name=f"{rng.choice(languages)}+{rng.choice(WOMEN if female else MEN)}",
        words_per_minute=int(rng.integers(140, 205)),
        pitch=int(rng.integers(32, 68)),
        tract=float(rng.uniform(0.9, 1.04) if female else rng.uniform(0.95, 1.14)),
        drift=float(rng.uniform(0.008, 0.025)),
        breath_db=float(rng.uniform(-44, -30)),
        tone=tone,
        room=(float(rng.uniform(0.12, 0.3)), float(rng.uniform(10, 18))),
    )
    if manner == "whispered":
        name = f"{voice.name.split('+')[0]}+{rng.choice(WHISPERERS)}"
        return replace(voice, name=name, breath_db=float(rng.uniform(-16, -6)))
    if manner == "shouted":
        emphasis = ((180.0, -6.0), (1600.0, 6.0), (3200.0, 5.0))
        return replace(voice, pitch=int(rng.integers(72, 99)), tone=(*tone, *emphasis))
    return voice


@cache
def sentences() -> dict[str, list[str]]:
    """Topic -> sentences in Portuguese, invented for this project."""
    return yaml.safe_load(Path(__file__).with_name("sentences.yaml").read_text("utf-8"))


def available() -> bool:
    """Whether the espeak-ng command is installed."""
    return shutil.which("espeak-ng") is not None


def say(text: str, voice: Voice) -> tuple[np.ndarray, int]:
    """Synthesise a text with espeak-ng: float32 (N,) without leading and trailing silence, and its sample rate in Hz.

    Raises
    ------
    UserError
        When the command is missing or fails.
    """
    if not available():
        raise UserError(
            "Portuguese speech is made by the espeak-ng command, which is not installed here. "
            "Install it (`sudo apt-get install espeak-ng` on Debian and Ubuntu) and run this again."
        )
    options = ["-v", voice.name, "-s", str(round(voice.words_per_minute * voice.tract)), "-p", str(voice.pitch)]
    command = ["espeak-ng", *options, "-b", "1", "-z", "--stdin", "--stdout"]
    answer = subprocess.run(command, input=text.encode("utf-8"), capture_output=True, timeout=60, check=False)
    if answer.returncode or len(answer.stdout) <= 44:
        raise UserError(f"espeak-ng failed on {text!r} as {voice.name}: {answer.stderr.decode(errors='replace')}")
    spoken, rate_hz = soundfile.read(io.BytesIO(answer.stdout), dtype="float32")
    audible = np.flatnonzero(np.abs(spoken) > 0.01 * np.max(np.abs(spoken)))
    return spoken[audible[0] : audible[-1] + 1], rate_hz


def utterance(rng: np.random.Generator, text: str, voice: Voice, sample_rate_hz: int) -> np.ndarray:
    """One sentence spoken by that voice, at about -20 dBFS: float32 (N,)."""
    spoken, rate_hz = say(text, voice)
    x = soxr.resample(spoken, rate_hz / voice.tract, sample_rate_hz)
    x = x / np.sqrt(np.mean(x**2)) * filters.gain(-20)
    x = filters.drift(rng, x, sample_rate_hz, voice.drift, rng.uniform(0.4, 0.9))
    x = filters.drift(rng, x, sample_rate_hz, 0.004, 9.0)
    x *= filters.gain(1.5 * filters.slow_curve(rng, len(x), sample_rate_hz, 0.8))
    return x + _breathiness(rng, x, sample_rate_hz, voice.breath_db)


def speech(
    rng: np.random.Generator,
    seconds: float,
    sample_rate_hz: int,
    *,
    voices: tuple[Voice, ...] | None = None,
    topic: str | None = None,
    pause_s: tuple[float, float] = (0.25, 0.8),
) -> np.ndarray:
    """Continuous speech: sentences of one topic, the voices taking turns.

    Parameters
    ----------
    voices : the speakers; one is drawn when not given.
    topic : a key of `sentences()`; drawn when not given.
    pause_s : shortest and longest silence between two sentences.

    Returns
    -------
    float32 (N,), about -20 dBFS while somebody speaks.
    """
    voices = voices or (draw_voice(rng),)
    topic = topic or str(rng.choice(list(sentences())))
    texts = [sentences()[topic][i] for i in rng.permutation(len(sentences()[topic]))]
    responses = [rooms.room_response(rng, sample_rate_hz, *voice.room) for voice in voices]
    total = round(seconds * sample_rate_hz)
    pieces, length, turn = [np.zeros(round(rng.uniform(0, 0.3) * sample_rate_hz), np.float32)], 0, 0
    while length < total:
        voice = voices[turn % len(voices)]
        pieces.append(_inhale(rng, sample_rate_hz, voice.breath_db))
        spoken = utterance(rng, texts[turn % len(texts)], voice, sample_rate_hz)
        pieces.append(_studio(spoken, sample_rate_hz, voice, responses[turn % len(voices)]))
        pieces.append(np.zeros(round(rng.uniform(*pause_s) * sample_rate_hz), np.float32))
        length, turn = sum(map(len, pieces)), turn + 1
    return filters.fade(np.concatenate(pieces)[:total], sample_rate_hz, 0.002, 0.05)


def _breathiness(rng: np.random.Generator, x: np.ndarray, sample_rate_hz: int, breath_db: float) -> np.ndarray:
    """Breath noise with the voice's envelope, mostly above 3 kHz, where espeak-ng's 22 kHz voices are weak."""
    air = filters.band(rng.standard_normal(len(x)), sample_rate_hz, 2500, 13000)
    return (air * filters.envelope(x, sample_rate_hz, 0.012) * filters.gain(breath_db)).astype(np.float32)


def _inhale(rng: np.random.Generator, sample_rate_hz: int, breath_db: float) -> np.ndarray:
    """A short breath in before a sentence."""
    n = round(rng.uniform(0.18, 0.4) * sample_rate_hz)
    swell = np.sin(np.pi * np.linspace(0, 1, n) ** rng.uniform(0.8, 1.6)) ** 2
    air = filters.band(rng.standard_normal(n), sample_rate_hz, 900, rng.uniform(4000, 8000))
    return (air * swell * filters.gain(breath_db - 12)).astype(np.float32)


def _studio(x: np.ndarray, sample_rate_hz: int, voice: Voice, response: np.ndarray) -> np.ndarray:
    """Microphone response, compressor, and the small room around the speaker; the sentence is extended by its tail."""
    x = filters.band(x, sample_rate_hz, 70, None)
    for centre_hz, gain_db in voice.tone:
        x = filters.peaking(x, sample_rate_hz, centre_hz, gain_db)
    x = filters.compress(x, sample_rate_hz, -24, 2.5)
    return rooms.convolve(np.pad(x, (0, len(response))), response)
