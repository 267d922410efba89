"""Training targets of a segment: which faults are present, and how strong they are.

Ill-defined targets are masked: the RT60 of dry speech, or the presence of a room whose clarity lies between the classes
or which covers only a small part of the segment. The bounds are those of the classes (`horuslib.augmentation.echoes`),
with a gap.
"""

import numpy as np

from horuslib.audio.levels import lufs, rms_dbfs
from horuslib.augmentation.echoes import AUDIBLE_ECHO_DB, BLURRED_C50_DB, CLEAR_C50_DB, FAINT_ECHO_DB

FAULTS = ("room", "echo", "hiss", "quiet", "tone", "silence")
"""Binary targets, independent of one another."""
VALUES = ("log_rt60", "c50_db", "log_delay", "echo_gain_db", "snr_db", "lufs")
"""Regression targets: natural logarithms of seconds, decibels, LUFS."""
SCALES = {
    "log_rt60": (0.0, 1.0),
    "c50_db": (8.0, 9.0),
    "log_delay": (-1.0, 1.0),
    "echo_gain_db": (-9.0, 5.0),
    "snr_db": (22.0, 13.0),
    "lufs": (-28.0, 12.0),
}
"""(centre, spread) of each value: the target is (value - centre) / spread."""
UNKNOWN = np.nan
_HISS_SNR_DB, _FAINT_SNR_DB = 22.0, 28.0
_QUIET_LUFS, _NORMAL_LUFS = -37.0, -34.0
_AUDIBLE_DBFS = -58.0
_NO_SHARE, _CLEAR_SHARE = 0.15, 0.6
"""A fault counts as absent up to the first share of the segment, as present from the second on; unknown in between."""
_LONG_PAUSE_SHARE = 0.4


def truth(parameters: dict[str, float], samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Targets of one segment of a scene.

    Parameters
    ----------
    parameters : as `Scene.parameters_between` returns them.
    samples : (N,) of the segment, whose level is measured.

    Returns
    -------
    float32 (12,): the faults (0 or 1), then the scaled values; NaN where masked.
    """
    share = parameters.get("fault_share", 1.0)
    if share <= _NO_SHARE:
        parameters = {name: parameters[name] for name in ("pause_share", "fade") if name in parameters}
    loudness = UNKNOWN if share > _NO_SHARE and "silence" in parameters else lufs(samples, sample_rate_hz)
    faults = {
        "room": _between(-parameters.get("c50_db", np.inf), -CLEAR_C50_DB, -BLURRED_C50_DB),
        "echo": _between(parameters.get("echo_gain_db", -np.inf), FAINT_ECHO_DB, AUDIBLE_ECHO_DB),
        "hiss": _between(-parameters.get("snr_db", np.inf), -_FAINT_SNR_DB, -_HISS_SNR_DB),
        "quiet": 0.0 if "silence" in parameters else _quiet(parameters, loudness),
        "tone": parameters.get("tone", 0.0),
        "silence": _silent(parameters, rms_dbfs(samples)),
    }
    if _NO_SHARE < share < _CLEAR_SHARE:
        faults = {name: UNKNOWN if present else present for name, present in faults.items()}
        parameters = {}
    values = {
        "log_rt60": np.log(parameters.get("rt60_s", UNKNOWN)),
        "c50_db": np.clip(parameters.get("c50_db", UNKNOWN), -12, 30),
        "log_delay": np.log(parameters.get("echo_delay_s", UNKNOWN)),
        "echo_gain_db": parameters.get("echo_gain_db", UNKNOWN),
        "snr_db": parameters.get("snr_db", UNKNOWN),
        "lufs": np.maximum(loudness, -70.0),
    }
    scaled = [(values[name] - centre) / spread for name, (centre, spread) in SCALES.items()]
    return np.array([*faults.values(), *scaled], np.float32)


def _quiet(parameters: dict[str, float], loudness: float) -> float:
    """Target of low volume; unknown for the end of a fade and for tones."""
    if "tone" in parameters:
        return UNKNOWN
    quiet = _between(-parameters.get("quiet_lufs", loudness), -_NORMAL_LUFS, -_QUIET_LUFS)
    return UNKNOWN if quiet and "fade" in parameters else quiet


def _silent(parameters: dict[str, float], level_dbfs: float) -> float:
    """Target of silence; unknown for long pauses and barely audible sound."""
    if "silence" in parameters:
        return 1.0
    ambiguous = level_dbfs < _AUDIBLE_DBFS or parameters.get("pause_share", 0.0) > _LONG_PAUSE_SHARE
    return UNKNOWN if ambiguous else 0.0


def _between(value: float, no: float, yes: float) -> float:
    """0 up to `no`, 1 from `yes` on, unknown in between."""
    return 0.0 if value <= no else 1.0 if value >= yes else UNKNOWN
