"""Generated television programmes: news, interviews, matches, adverts, music, places, mixed to broadcast loudness.

A programme is fault-free by construction and includes hard negatives: pauses, decaying piano notes, an organ in a
church, rain, applause. It is mono (N,), float32, at the given loudness, with peaks under -3 dBFS.
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
    """The components of a kind of programme."""

    topics: tuple[str, ...] = ()
    """Topics of the speech; empty without speech."""
    speakers: int = 1
    pause_s: tuple[float, float] = (0.25, 0.8)
    music: tuple[str, ...] = ()
    """Styles of the music; empty without music."""
    places: tuple[str, ...] = ()
    """Background places; empty without ambience."""
    below_db: tuple[float, float] = (12.0, 20.0)
    """Range of the level difference in dB by which music and place are below the speech."""


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
"""Kind -> mix: eleven with speech, then every style of music and every place alone."""
TALK = tuple(kind for kind, mix in KINDS.items() if mix.topics)


@dataclass(frozen=True)
class Programme:
    """An excerpt of generated television."""

    kind: str
    samples: np.ndarray
    """float32 (N,), mono."""
    parts: tuple[str, ...]
    """The components mixed, such as `speech (news, pt-br+f3)` or `music (bed)`."""


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
    """An excerpt of a television programme.

    Parameters
    ----------
    kind : a key of `KINDS`. When not given, one is drawn, with speech in two cases of three.
    target_lufs : integrated loudness, reached unless peaks would exceed -3 dBFS.
    languages : espeak-ng's voices that the speakers are drawn from.
    manner : manner of speaking, one of `horuslib.synthesis.speech.MANNERS`.

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
    """Normalise a sound to a loudness (ITU-R BS.1770) and limit its peaks to -3 dBFS, as the last stage of playout."""
    x = np.asarray(samples, np.float32)
    for _ in range(2):  # The second pass compensates for the limiter's gain reduction.
        x = filters.limit(x * filters.gain(target_lufs - lufs(x, sample_rate_hz)), sample_rate_hz, _CEILING_DBFS)
    return x


def _place(rng: np.random.Generator, seconds: float, sample_rate_hz: int, name: str) -> np.ndarray:
    make: Callable = PLACES[name]
    return make(rng, seconds, sample_rate_hz)


def _under(
    rng: np.random.Generator, bed: np.ndarray, talk: np.ndarray, sample_rate_hz: int, below_db: tuple[float, float]
) -> np.ndarray:
    """Music or a place, attenuated below the speech and ducked further while somebody speaks; unchanged without it."""
    if not talk.any():
        return bed
    speaking = np.clip(filters.envelope(talk, sample_rate_hz, 0.25) / rms(talk), 0, 1)
    depth_db = rng.uniform(*below_db)
    return bed * rms(talk) / rms(bed) * filters.gain(-depth_db + rng.uniform(2, 6) * (0.5 - speaking))
