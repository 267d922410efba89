"""Generated television: newsreaders, interviews, matches, adverts, music, places, mixed and levelled as a channel does.

A programme is fault-free by construction, hard cases included: pauses, a piano that dies away, an organ in its church,
rain, applause. It is one channel (N,), float32, at the loudness asked for, its peaks under -3 dBFS.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from horuslib.acoustics import filters
from horuslib.audio.levels import lufs, rms
from horuslib.synthesis.ambience import PLACES, room_tone
from horuslib.synthesis.music import STYLES, music
from horuslib.synthesis.speech import LANGUAGES, MANNERS, draw_voice, speech

TARGET_LUFS = -23.0
"""EBU R 128's programme loudness."""
_CEILING_DBFS = -3.0


@dataclass(frozen=True)
class Mix:
    """How a kind of programme is put together."""

    topics: tuple[str, ...] = ()
    """What is talked about; empty when nobody speaks."""
    speakers: int = 1
    pause_s: tuple[float, float] = (0.25, 0.8)
    music: tuple[str, ...] = ()
    """Styles of the music, when there is some."""
    places: tuple[str, ...] = ()
    """Where it happens, when that is heard."""
    below_db: tuple[float, float] = (12.0, 20.0)
    """How far music and place lie under the speech, when somebody speaks."""


KINDS: dict[str, Mix] = {
    "news": Mix(("news", "weather")),
    "report": Mix(("news", "interview"), places=("street", "crowd", "wind"), below_db=(16, 24)),
    "weather": Mix(("weather",), music=("bed",), below_db=(14, 20)),
    "interview": Mix(("interview",), speakers=2, places=("street", "crowd"), below_db=(18, 26)),
    "debate": Mix(("interview", "news"), speakers=3, pause_s=(0.1, 0.4)),
    "sport": Mix(("sport",), pause_s=(0.1, 0.6), places=("stadium",), below_db=(6, 14)),
    "advert": Mix(("advert",), pause_s=(0.1, 0.3), music=("song", "bed", "jingle"), below_db=(8, 14)),
    "drama": Mix(("story",), pause_s=(0.8, 2.2), places=("wind", "sea", "rain"), below_db=(16, 24)),
    "documentary": Mix(("story",), pause_s=(0.6, 1.8), music=("piano", "orchestra", "guitar"), below_db=(10, 16)),
    "reading": Mix(("story", "news"), pause_s=(1.0, 2.0)),
    "variety": Mix(("advert", "sport"), music=("song",), places=("applause",), below_db=(14, 20)),
    **{style: Mix(music=(style,)) for style in STYLES},
    **{place: Mix(places=(place,)) for place in PLACES},
}
"""Kind -> mix: eleven with speech, then every style of music and every place by itself."""
TALK = tuple(kind for kind, mix in KINDS.items() if mix.topics)


@dataclass(frozen=True)
class Programme:
    """A piece of generated television."""

    kind: str
    samples: np.ndarray
    """float32 (N,), mono."""
    parts: tuple[str, ...]
    """What was mixed, such as `speech (news, pt-br+f3)` or `music (bed)`."""


def programme(
    rng: np.random.Generator,
    seconds: float,
    sample_rate_hz: int,
    kind: str | None = None,
    *,
    target_lufs: float = TARGET_LUFS,
    languages: tuple[str, ...] = LANGUAGES,
    manner: str = MANNERS[0],
) -> Programme:
    """A piece of television.

    Parameters
    ----------
    kind : a key of `KINDS`. When not given, one is drawn, with speech two times out of three.
    target_lufs : integrated loudness, reached unless peaks would pass -3 dBFS.
    languages : espeak-ng's voices that the speakers are drawn from.
    manner : how they speak, one of `horuslib.synthesis.speech.MANNERS`.

    Raises
    ------
    UserError
        When the kind has speech and espeak-ng is not installed.
    """
    if kind is None:
        kind = str(rng.choice(TALK if rng.random() < 0.66 else [k for k in KINDS if k not in TALK]))
    mix, n = KINDS[kind], round(seconds * sample_rate_hz)
    talk, parts = np.zeros(n, np.float32), []
    if mix.topics:
        topic, voices = (
            str(rng.choice(mix.topics)),
            tuple(draw_voice(rng, languages, manner) for _ in range(mix.speakers)),
        )
        talk = speech(rng, seconds, sample_rate_hz, voices=voices, topic=topic, pause_s=mix.pause_s)
        parts.append(f"speech ({topic}, {', '.join(voice.name for voice in voices)})")
    x = talk.copy()
    for names, make in ((mix.music, music), (mix.places, _place)):
        if names:
            name = str(rng.choice(names))
            x += _under(rng, make(rng, seconds, sample_rate_hz, name), talk, sample_rate_hz, mix.below_db)
            parts.append(f"{'music' if make is music else 'place'} ({name})")
    x += room_tone(rng, seconds, sample_rate_hz, rng.uniform(-74, -62))
    return Programme(kind, level(x, sample_rate_hz, target_lufs), tuple(parts))


def level(samples: np.ndarray, sample_rate_hz: int, target_lufs: float = TARGET_LUFS) -> np.ndarray:
    """Bring a sound to a loudness (ITU-R BS.1770) with its peaks held under -3 dBFS, as a channel's last stage does."""
    x = np.asarray(samples, np.float32)
    for _ in range(2):  # The second round makes up for what the limiter took.
        x = filters.limit(x * filters.gain(target_lufs - lufs(x, sample_rate_hz)), sample_rate_hz, _CEILING_DBFS)
    return x


def _place(rng: np.random.Generator, seconds: float, sample_rate_hz: int, name: str) -> np.ndarray:
    make: Callable = PLACES[name]
    return make(rng, seconds, sample_rate_hz)


def _under(
    rng: np.random.Generator, bed: np.ndarray, talk: np.ndarray, sample_rate_hz: int, below_db: tuple[float, float]
) -> np.ndarray:
    """Music or a place, turned down under the speech, and further while somebody speaks; as it is without speech."""
    if not talk.any():
        return bed
    speaking = np.clip(filters.envelope(talk, sample_rate_hz, 0.25) / rms(talk), 0, 1)
    depth_db = rng.uniform(*below_db)
    return bed * rms(talk) / rms(bed) * filters.gain(-depth_db + rng.uniform(2, 6) * (0.5 - speaking))
