"""Generates the demo corpus of street sound: clips in a folder per class, each by one generator of `synthesis.street`.

Clips are mono at 16 kHz, in Opus; the same seed gives the same samples, while encoded bytes also depend on FFmpeg's
version.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.acoustics import filters
from horuslib.audio.encode import compressed
from horuslib.audio.levels import peak
from horuslib.core.artifacts import write_bytes, write_json
from horuslib.core.errors import UserError
from horuslib.synthesis.street.catalogue import STREET, street_sound
from horuslib.tasks import Task, load_task

SEED = 11
RATE_HZ = 16000
CLIPS = {"siren": 4, "alert": 3, "impact": 6, "traffic": 5, "scream": 6, "surroundings": 1}
"""Clips of each generator, by kind."""
SECONDS = {"impact": (0.6, 3.0), "scream": (0.8, 4.0)}
"""Shortest and longest clip; of other kinds 2 to 8 s."""
_OTHERS_S = (2.0, 8.0)
_BIT_RATE = 24000
_ABOUT = Path(__file__).parent / "about_street.md"


@dataclass(frozen=True)
class Clip:
    """One clip before it is encoded."""

    name: str
    """Path inside the corpus, without suffix: `CLASS/GENERATOR-NUMBER`."""
    label: str
    generator: str
    samples: np.ndarray
    """float32 (N,), mono, at RATE_HZ, full scale 1.0."""


def render_clips(task: Task, seed: int = SEED) -> Iterator[Clip]:
    """Every clip of the corpus, class by class, at levels between about -32 and -14 dBFS RMS."""
    for kind, generators in STREET.items():
        label = task.label_of(kind)
        for generator in generators if label else ():
            for number in range(1, CLIPS[kind] + 1):
                name = f"{label}/{generator}-{number}"
                rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
                seconds = rng.uniform(*SECONDS.get(kind, _OTHERS_S))
                x = street_sound(rng, seconds, RATE_HZ, kind, generator) * filters.gain(rng.uniform(-6, 12))
                yield Clip(name, label, generator, (x * min(1, 0.98 / max(peak(x), 1e-9))).astype(np.float32))


def write_street_corpus(folder: Path, seed: int = SEED) -> list[Clip]:
    """Write the clips, `truth.json` and `README.md`, replacing those of an earlier run.

    Raises
    ------
    UserError
        When the folder holds sound that is not of the corpus.
    """
    folder, clips = Path(folder), list(render_clips(load_task("sirens"), seed))
    names = {f"{clip.name}.webm" for clip in clips}
    others = {path.relative_to(folder).as_posix() for path in folder.rglob("*.webm")} - names
    if others:
        raise UserError(
            f"{folder} holds clips that are not of the demo corpus, such as {min(others)}. "
            "Name an empty folder, so that the two do not mix."
        )
    for clip in clips:
        write_bytes(folder / f"{clip.name}.webm", compressed(clip.samples, RATE_HZ, _BIT_RATE)[0])
    write_json(
        folder / "truth.json",
        {
            f"{clip.name}.webm": {
                "label": clip.label,
                "generator": clip.generator,
                "seconds": round(len(clip.samples) / RATE_HZ, 3),
            }
            for clip in clips
        },
    )
    write_bytes(folder / "README.md", _ABOUT.read_bytes())
    return clips
