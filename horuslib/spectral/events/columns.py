"""Which physical quantity a column of a sensor log is, from its name: apps name, order and scale them differently.

Names of the capture app (`magnetic_x`), of Sensor Logger (`MAGNETIC FIELD Z (μT)`, `ACCELERATION X (m/s²)`), of phyphox
(`Magnetic field x (µT)`, `Linear Acceleration x (m/s^2)`), and of plain logs (`x, y, z`, whose quantity is guessed from
their magnitude).
"""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

QUANTITIES = {"magnetic": "µT", "accel": "m/s²", "gyro": "rad/s", "orientation": "rad"}
"""Quantities with three axes, and the unit they are brought to."""

_WORDS = {
    "magnetic": r"magnet|campo mag|\bmag\b|\bfield\b|campo",
    "gyro": r"gyro|giro|angular vel|rotation rate",
    "orientation": r"orient|\broll\b|\bpitch\b|\byaw\b|azimuth",
    "accel": r"acc|acel|gravity|gravidade",
}
_SCALAR_WORDS = {
    "audio_peak": r"audio.*(peak|pico)|sound.*peak",
    "humanoid_detected": r"humanoid",
    "bluetooth_count": r"bluetooth|\bble\b",
    "battery_level": r"batter",
}
_AXES = {"x": r"\bx\b", "y": r"\by\b", "z": r"\bz\b"}
_ANGLES = {"roll": r"\broll\b", "pitch": r"\bpitch\b", "yaw": r"\byaw\b|azimuth"}
_MAGNITUDE = r"magnitude|absolute|\babs\b|\bnorm\b|total|intensidade"
_SCALES = {
    "magnetic": (
        (r"\bmt\b|millitesla", 1e3),
        (r"\bnt\b|nanotesla", 1e-3),
        (r"\bgauss\b", 100.0),
        (r"\bt\b|tesla", 1e6),
    ),
    "accel": ((r"\bg\b(?!ravity)", 9.80665), (r"cm/s", 0.01)),
    "gyro": ((r"°|deg|grau", np.pi / 180),),
    "orientation": ((r"°|deg|grau", np.pi / 180),),
}
_TIME = r"^time|timestamp|seconds.elapsed|^tempo|segundos|^t \(|^t$|hora"


@dataclass(frozen=True)
class Column:
    """A column's channel, and the factor that brings it to the unit of QUANTITIES."""

    channel: str
    scale: float = 1.0
    without_gravity: bool = False
    gravity_alone: bool = False
    """What the app says of gravity beside the acceleration: it holds no jolt."""


def is_time(name: str) -> bool:
    """Whether a column holds times."""
    return bool(re.search(_TIME, _plain(name)))


def column_of(name: str) -> Column | None:
    """What a column is, or None when its name says nothing known (plain `x` included)."""
    text = _plain(name)
    for channel, words in _SCALAR_WORDS.items():
        if re.search(words, text):
            return Column(channel)
    quantity = next((q for q, words in _WORDS.items() if re.search(words, text)), None)
    if quantity is None or "accuracy" in text:
        return None
    unit = text[text.find("(") :] if "(" in text else " ".join(text.split()[1:])
    scale = next((s for words, s in _SCALES[quantity] if re.search(words, unit)), 1.0)
    part = next(
        (p for p, words in (_ANGLES if quantity == "orientation" else _AXES).items() if _has(words, text)), None
    )
    if part is None and quantity == "magnetic" and re.search(_MAGNITUDE, text):
        part = "magnitude"
    linear = bool(re.search(r"linear|without|sem gravidade|user", text))
    gravity = quantity == "accel" and not re.search("acc|acel", text)
    return Column(f"{quantity}_{part}", scale, linear and quantity == "accel", gravity) if part else None


def guess_quantity(norms: np.ndarray) -> str | None:
    """The quantity of columns called only x, y, z, from the norm of their rows: the Earth's field, or gravity."""
    finite = norms[np.isfinite(norms)]
    if not len(finite):
        return None
    middle = float(np.median(finite))
    return "magnetic" if 18 <= middle <= 1000 else "accel" if 7 <= middle <= 13 else None


def axis_of(name: str) -> str | None:
    """`x`, `y` or `z` where a column is called only that."""
    text = _plain(name)
    return text if text in _AXES else None


def _has(words: str, text: str) -> bool:
    return bool(re.search(words, text.partition("(")[0]))


def _plain(name: str) -> str:
    """Lower case, one space between words, both signs of micro as one letter."""
    text = unicodedata.normalize("NFKC", name).strip().strip('"').lower()
    return " ".join(text.replace("_", " ").split())
