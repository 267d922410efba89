"""What the network is asked about a segment: which faults are there, and how strong what is there.

Questions without an honest answer are masked: nobody asks for the RT60 of a dry voice, nor whether a room is a fault
when its clarity lies just between or it comes in near the segment's end. The bounds are those of the classes
(`horuslib.augmentation.echoes`), with a gap.
"""

import numpy as np

from horuslib.audio.levels import lufs, rms_dbfs
from horuslib.augmentation.echoes import BLURRED_C50_DB, CLEAR_C50_DB, FAINT_ECHO_DB, HEARD_ECHO_DB

FAULTS = ("room", "echo", "hiss", "quiet", "tone", "silence")
"""Present or not, each by itself."""
VALUES = ("log_rt60", "c50_db", "log_delay", "echo_gain_db", "snr_db", "lufs")
"""How strong: natural logarithms of seconds, decibels, LUFS."""
SCALES = {
    "log_rt60": (0.0, 1.0),
    "c50_db": (8.0, 9.0),
    "log_delay": (-1.0, 1.0),
    "echo_gain_db": (-9.0, 5.0),
    "snr_db": (22.0, 13.0),
    "lufs": (-28.0, 12.0),
}
"""(centre, spread) of each value: the network is asked for (value - centre) / spread."""
UNKNOWN = np.nan
_HISS_SNR_DB, _FAINT_SNR_DB = 22.0, 28.0
_QUIET_LUFS, _HEARD_LUFS = -37.0, -34.0
_AUDIBLE_DBFS = -58.0
_NO_SHARE, _CLEAR_SHARE = 0.15, 0.6
"""A fault is there when it fills this much of the segment; up to the first it is not."""
_LONG_PAUSE_SHARE = 0.4


def truth(facts: dict[str, float], samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Answers for one segment of a scene.

    Returns
    -------
    float32 (12,): the faults (0 or 1), then the scaled values; NaN where nothing is asked.
    """
    share = facts.get("fault_share", 1.0)
    if share <= _NO_SHARE:
        facts = {name: facts[name] for name in ("pause_share", "fade") if name in facts}
    loudness = UNKNOWN if share > _NO_SHARE and "silence" in facts else lufs(samples, sample_rate_hz)
    faults = {
        "room": _between(-facts.get("c50_db", np.inf), -CLEAR_C50_DB, -BLURRED_C50_DB),
        "echo": _between(facts.get("echo_gain_db", -np.inf), FAINT_ECHO_DB, HEARD_ECHO_DB),
        "hiss": _between(-facts.get("snr_db", np.inf), -_FAINT_SNR_DB, -_HISS_SNR_DB),
        "quiet": 0.0 if "silence" in facts else _quiet(facts, loudness),
        "tone": facts.get("tone", 0.0),
        "silence": _silent(facts, rms_dbfs(samples)),
    }
    if _NO_SHARE < share < _CLEAR_SHARE:
        faults = {name: UNKNOWN if there else there for name, there in faults.items()}
        facts = {}
    values = {
        "log_rt60": np.log(facts.get("rt60_s", UNKNOWN)),
        "c50_db": np.clip(facts.get("c50_db", UNKNOWN), -12, 30),
        "log_delay": np.log(facts.get("echo_delay_s", UNKNOWN)),
        "echo_gain_db": facts.get("echo_gain_db", UNKNOWN),
        "snr_db": facts.get("snr_db", UNKNOWN),
        "lufs": np.maximum(loudness, -70.0),
    }
    scaled = [(values[name] - centre) / spread for name, (centre, spread) in SCALES.items()]
    return np.array([*faults.values(), *scaled], np.float32)


def _quiet(facts: dict[str, float], loudness: float) -> float:
    """Too quiet; a fade's end is for nobody to say, nor is the level of a tone."""
    if "tone" in facts:
        return UNKNOWN
    quiet = _between(-facts.get("quiet_lufs", loudness), -_HEARD_LUFS, -_QUIET_LUFS)
    return UNKNOWN if quiet and "fade" in facts else quiet


def _silent(facts: dict[str, float], level_dbfs: float) -> float:
    """Empty: no programme at all. Long pauses and what is hardly audible are not asked for."""
    if "silence" in facts:
        return 1.0
    doubtful = level_dbfs < _AUDIBLE_DBFS or facts.get("pause_share", 0.0) > _LONG_PAUSE_SHARE
    return UNKNOWN if doubtful else 0.0


def _between(value: float, no: float, yes: float) -> float:
    """0 up to `no`, 1 from `yes` on, unknown between."""
    return 0.0 if value <= no else 1.0 if value >= yes else UNKNOWN
