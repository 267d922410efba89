"""Generated events as folders in the layout of the capture app, in the dialects that logs really come in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from horuslib.audio.encode import write_wav
from horuslib.core.artifacts import write_bytes, write_json
from horuslib.spectral.generator.film_file import write_film
from horuslib.spectral.generator.phone import PhoneLog, phone_log
from horuslib.spectral.generator.scenario import ROLES, Scenario, draw_scenario
from horuslib.spectral.generator.scene import Film, film
from horuslib.spectral.generator.sounds import add_sounds, place_sound
from horuslib.tasks import EventsTask

DIALECTS = ("app", "app", "milliseconds", "boot", "seconds", "semicolon", "words", "shuffled", "repeated", "logger")
"""app: nanoseconds since 1970. boot: seconds since the phone started. semicolon: decimal commas. words: booleans in
Portuguese. logger: Sensor Logger's names, axes in the order z, y, x."""
_FIRST = datetime(2025, 1, 17, 14, 30, 52, 123456, tzinfo=UTC)
_APART_MIN = 97
_SIZE = (160, 120)
_BOOT_S = 88452.8
_FLAG_RIGHT = 0.85
"""The app's flag is right this often: it is an input that must not be believed."""


@dataclass(frozen=True)
class MadeEvent:
    """A generated event before it is written."""

    scenario: Scenario
    film: Film
    sound: np.ndarray
    """(n,) mono."""
    rate_hz: int
    log: PhoneLog
    flag: bool
    """What the app's detector claims."""


def make_event(rng: np.random.Generator, role: str, duration_s: float, rate_hz: int = 16000) -> MadeEvent:
    """An event of a role, in full."""
    scenario = draw_scenario(rng, role, duration_s)
    seen = film(rng, scenario.onsets_s, scenario.ends_s, scenario.person_there, duration_s, _SIZE)
    sound = add_sounds(rng, place_sound(rng, duration_s, rate_hz), scenario.onsets_s, rate_hz)
    flag = bool(seen.person.any()) == (rng.random() < _FLAG_RIGHT)
    return MadeEvent(scenario, seen, sound, rate_hz, phone_log(rng, scenario.onsets_s, duration_s), flag)


def write_events(
    folder: Path, count: int, classes: Mapping[str, str], duration_s: float, seed: int = 20
) -> dict[str, dict]:
    """Write so many events, the roles in turn; the same seed gives the same events.

    Parameters
    ----------
    classes : role -> class name.

    Returns
    -------
    Event -> its truth: class, onsets in seconds, dialect.
    """
    truth = {}
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        made = make_event(rng, ROLES[number % len(ROLES)], duration_s, 16000 if number % 3 else 11025)
        dialect = DIALECTS[int(rng.integers(len(DIALECTS)))]
        starts = _FIRST + timedelta(minutes=_APART_MIN * number)
        name = f"event_{starts:%Y%m%d_%H%M%S}"
        label = classes[made.scenario.role]
        write_event(folder / name, made, label, starts, dialect, duration_s, rng)
        truth[name] = {"class": label, "onsets_s": made.scenario.onsets_s, "dialect": dialect}
    return truth


def write_demo(folder: Path, task: EventsTask, count: int = 40) -> dict[str, dict]:
    """The demo corpus of a task: so many events, and `truth.json` beside them, which says when what happens."""
    roles = {role: task.roles[role] for role in ROLES}
    truth = write_events(folder, count, roles, task.duration_s, task.seed)
    write_json(folder / "truth.json", truth)
    return truth


def write_event(
    folder: Path, made: MadeEvent, label: str | None, starts: datetime, dialect: str, duration_s: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Write an event's four files."""
    write_film(folder / "video.mp4", made.film.frames, made.film.fps)
    write_wav(folder / "audio.wav", made.sound, made.rate_hz)
    write_bytes(folder / "sensors.csv", sensors_csv(made, starts, dialect, rng).encode("utf-8"))
    about = {
        "event_id": folder.name, "device_id": f"device_{int(rng.integers(1, 4)):02d}",
        "timestamp": f"{starts:%Y-%m-%dT%H:%M:%S.%f}Z", "duration_s": duration_s, "video_fps": made.film.fps,
        "audio_sample_rate": made.rate_hz, "humanoid_detected": made.flag,
        **({"classification": label} if label else {}), "notes": "",
    }  # fmt: skip
    write_bytes(folder / "metadata.json", json.dumps(about, indent=2, ensure_ascii=False).encode("utf-8"))


def sensors_csv(made: MadeEvent, starts: datetime, dialect: str, rng: np.random.Generator) -> str:
    """The log's text in a dialect."""
    log = made.log
    words = ("não", "sim") if dialect == "words" else ("False", "True")
    columns = {"timestamp": _times(log.times_s, starts, dialect)}
    columns |= {name: [f"{value:.4f}" for value in values] for name, values in log.channels.items()}
    columns["audio_peak"] = [f"{peak:.4f}" for peak in _peaks(made)]
    columns["humanoid_detected"] = [words[made.flag]] * len(log.times_s)
    columns["bluetooth_count"] = [str(x) for x in rng.integers(0, 6, len(log.times_s))]
    if dialect == "logger":
        columns = _as_logger(columns)
    rows = list(zip(*columns.values(), strict=True))
    if dialect == "shuffled":
        rows = [rows[i] for i in rng.permutation(len(rows))]
    if dialect == "repeated":
        rows = [row for i, row in enumerate(rows) for _ in range(2 if i % 10 == 0 else 1)]
    if dialect == "semicolon":
        rows = [tuple(cell.replace(".", ",") for cell in row) for row in rows]
    join = (";" if dialect == "semicolon" else ",").join
    return "\n".join([join(columns), *map(join, rows)]) + "\n"


def _times(times_s: np.ndarray, starts: datetime, dialect: str) -> list[str]:
    if dialect in ("boot", "seconds"):
        return [f"{t + (_BOOT_S if dialect == 'boot' else 0):.4f}" for t in times_s]
    micro = int(starts.timestamp()) * 10**6 + starts.microsecond
    if dialect == "milliseconds":
        return [str((micro + round(t * 1e6)) // 1000) for t in times_s]
    return [str((micro + round(t * 1e6)) * 1000) for t in times_s]


def _peaks(made: MadeEvent) -> np.ndarray:
    """The microphone's level around each row, as the app logs it."""
    reach = round(0.1 * made.rate_hz)
    middle = np.round(made.log.times_s * made.rate_hz).astype(int)
    return np.array([np.abs(made.sound[max(0, m - reach) : m + reach]).max(initial=0.0) for m in middle])


def _as_logger(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    names = {"magnetic": "MAGNETIC FIELD {} (μT)", "accel": "ACCELEROMETER {} (m/s²)", "gyro": "GYROSCOPE {} (rad/s)"}
    out = {"time": columns["timestamp"]}
    for quantity, title in names.items():
        out |= {title.format(axis.upper()): columns[f"{quantity}_{axis}"] for axis in "zyx"}
    return out | {"humanoid_detected": columns["humanoid_detected"]}
