"""Generates the demo corpus from its plan: programmes, faults, encoded videos, labels and ground truth.

Sound is generated at 48 kHz, mono; the same seed gives the same samples, while encoded bytes also depend on FFmpeg's
version.
"""

import csv
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soxr
import yaml

from horuslib.acoustics import filters
from horuslib.audio.encode import write_video
from horuslib.augmentation.recipes import TRANSFORMS
from horuslib.augmentation.transforms import draw
from horuslib.core.artifacts import write_bytes, write_json
from horuslib.core.errors import UserError
from horuslib.demo.picture import FPS, pictures
from horuslib.synthesis.programme import Programme, programme

SEED = 7
RATE_HZ = 48000
HERE = Path(__file__).parent
PLAN = yaml.safe_load((HERE / "plan.yaml").read_text("utf-8"))

_LABELS = {
    "AddEcho": ("eco_reverb", "echo {delay_s:.3f} s x{repeats} {gain_db:.1f} dB"),
    "AddRoom": ("eco_reverb", "room RT60 {rt60_s:.1f} s C50 {c50_db:.1f} dB"),
    "AddHiss": ("ruido_hiss", "{kind} at {snr_db:.1f} dB SNR"),
    "TestTone": ("sinal_teste", "{frequency_hz:.0f} Hz {dbfs:.1f} dBFS, interrupted: {interruption}"),
    "Silence": ("ausencia_audio", "{kind}"),
    "LowerVolume": ("volume_baixo", "to {lufs:.1f} LUFS"),
}
"""Transform -> its label, and the format of its parameters in the truth file."""
_OLD_NAMES = {"eco_reverb": "eco", "ruido_hiss": "hiss", "sinal_teste": "sinal_erro"}
"""Older class names that Horus's label files still use, where they differ."""


@dataclass(frozen=True)
class Video:
    """One video before it is encoded."""

    name: str
    """Path inside the corpus, without suffix."""
    samples: np.ndarray
    """float32 (N,), mono, at RATE_HZ."""
    sources: tuple[str, ...]
    """The programme without the fault: its name and components."""
    faults: tuple[dict, ...]
    """start, end (seconds), label, how."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE_HZ


def _rng(seed: int, *names: str) -> np.random.Generator:
    """A separate generator per name, so that additions to the plan do not change existing videos."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


@lru_cache(maxsize=4)
def base_programme(name: str, seed: int = SEED) -> Programme:
    """A programme of the plan, without faults, within 1.5 LU of -23 LUFS."""
    kind, seconds = PLAN["programmes"][name]
    rng = _rng(seed, "programme", name)
    return programme(rng, seconds, RATE_HZ, kind, target_lufs=-23 + rng.uniform(-1.5, 1.5))


def render(name: str, seed: int = SEED) -> Video:
    """The sound of one video of the plan, and its ground truth."""
    base_name, *fault = PLAN["videos"][name]
    base = base_programme(base_name, seed)
    samples, truth = base.samples, ()
    if fault:
        kind, start_s, end_s = fault
        class_name, options, *given = PLAN["faults"][kind]
        transform = TRANSFORMS[class_name](**options)
        draw(transform, _rng(seed, "fault", name), samples, RATE_HZ)
        seconds = len(samples) / RATE_HZ
        interval = {"start_share": start_s / seconds, "end_share": end_s / seconds}
        transform.parameters = {**transform.parameters, **interval, **(given[0] if given else {})}
        samples = filters.limit(transform.apply(samples, RATE_HZ), RATE_HZ, -2.0)
        label, how = _LABELS[class_name]
        truth = (
            {"start": float(start_s), "end": float(end_s), "label": label, "how": how.format(**transform.parameters)},
        )
    return Video(name, samples, (f"{base_name}: {', '.join(base.parts)}",), truth)


def render_corpus(seed: int = SEED) -> Iterator[Video]:
    """Every video of the plan, grouped by programme."""
    for name in sorted(PLAN["videos"], key=lambda name: PLAN["videos"][name][0]):
        yield render(name, seed)


def write_corpus(folder: Path, seed: int = SEED) -> list[Video]:
    """Write videos, `timestamp.csv`, `truth.json` and `README.md`, replacing those of an earlier run.

    Raises
    ------
    UserError
        When the folder holds videos that are not of the corpus, or espeak-ng is missing.
    """
    folder = Path(folder)
    others = {p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.mp4")} - set(PLAN["videos"])
    if others:
        raise UserError(
            f"{folder} holds videos that are not of the demo corpus, such as {min(others)}.mp4. "
            "Name an empty folder, so that the two do not mix."
        )
    videos = {}
    for video in render_corpus(seed):
        _encode(folder / f"{video.name}.mp4", video, _rng(seed, "video", video.name))
        videos[video.name] = video
        print(f"{video.name}.mp4: {video.sources[0]}", flush=True)
    videos = [videos[name] for name in PLAN["videos"]]
    write_bytes(folder / "timestamp.csv", _timestamps(videos).encode("utf-8"))
    write_json(folder / "truth.json", _truth(videos))
    write_bytes(folder / "README.md", (HERE / "about.md").read_bytes())
    return videos


def _encode(path: Path, video: Video, rng: np.random.Generator) -> None:
    """Encode in the formats of a channel's archive: 44.1 or 48 kHz, mostly stereo, 64 to 96 kb/s."""
    rate_hz = int(rng.choice([44100, 48000, 48000]))
    samples = soxr.resample(video.samples, RATE_HZ, rate_hz) if rate_hz != RATE_HZ else video.samples
    bit_rate = 64000
    if rng.random() < 0.75:
        samples, bit_rate = np.stack([samples, samples], axis=1), int(rng.choice([64000, 64000, 80000, 96000]))
    write_video(path, samples, rate_hz, pictures(rng, video.seconds), FPS, audio_bit_rate=bit_rate)


def _timestamps(videos: list[Video]) -> str:
    """Horus's label file: names without suffix, HH:MM:SS.ss, older class names."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["video_filename", "t_start", "t_end", "class"])
    for video in videos:
        for fault in video.faults:
            times = (
                f"{int(t // 3600):02}:{int(t // 60 % 60):02}:{t % 60:05.2f}" for t in (fault["start"], fault["end"])
            )
            rows.writerow([video.name, *times, _OLD_NAMES.get(fault["label"], fault["label"])])
    return text.getvalue()


def _truth(videos: list[Video]) -> dict[str, dict]:
    return {
        f"{video.name}.mp4": {"sources": list(video.sources), "seconds": video.seconds, "faults": list(video.faults)}
        for video in videos
    }
