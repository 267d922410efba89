"""Labels contradicted by the measured levels: a "silent" segment with speech in it, a line-up tone without a tone.

Each rule is the definition of a kind of label (`tasks.kinds`) with a margin: a segment that violates it should be
listened to again; its label is not necessarily wrong.
"""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from horuslib.audio.levels import active_dbfs, lufs, modulation_db, peak_dbfs, rms_dbfs, tone_share
from horuslib.tasks import Task

LEVELS = ("rms_dbfs", "peak_dbfs", "lufs", "modulation_db", "tone_share", "floor_db")
WHOLE = 0.99
"""Only segments covered entirely by their label are checked: others contain other sound, too."""
SILENT_DBFS, SOUNDING_DBFS = -65.0, -45.0
MOVING_DB, STEADY_DB = 5.0, 1.5
QUIET_DB = 14.0
"""`volume_baixo` begins this far below the target loudness; `normal` is reported from twice as far below."""
NO_TONE, ALL_TONE = 0.5, 0.8
DRY_FLOOR_DB = -40.0
"""Steady noise fills the pauses: there is none where they are this far below the programme."""


def levels(samples: np.ndarray, sample_rate_hz: int) -> dict[str, float]:
    """The measures used by the rules.

    Returns
    -------
    rms_dbfs, peak_dbfs, lufs; modulation_db (how much the level varies); tone_share (share of the power at 1 kHz);
    floor_db (5th percentile of the frame levels re the active level, at most 0).
    """
    samples = np.asarray(samples, np.float32)
    frame = max(1, round(0.05 * sample_rate_hz))
    power = np.mean(samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64) ** 2, axis=1)
    floor = 10 * np.log10(np.percentile(power, 5) + 1e-12)
    return {
        "rms_dbfs": rms_dbfs(samples),
        "peak_dbfs": peak_dbfs(samples),
        "lufs": lufs(samples, sample_rate_hz),
        "modulation_db": modulation_db(samples, sample_rate_hz),
        "tone_share": tone_share(samples, sample_rate_hz),
        "floor_db": min(0.0, floor - active_dbfs(samples, sample_rate_hz)) if samples.any() else 0.0,
    }


def measure(segments: pd.DataFrame, sound: Callable[[object], np.ndarray], sample_rate_hz: int) -> pd.DataFrame:
    """The levels of every segment.

    Parameters
    ----------
    segments : one row each, with segment_id.
    sound : returns the samples of a row of `itertuples`.

    Returns
    -------
    DataFrame with segment_id and the columns `LEVELS`.
    """
    rows = [{"segment_id": row.segment_id, **levels(sound(row), sample_rate_hz)} for row in segments.itertuples()]
    return pd.DataFrame(rows, columns=["segment_id", *LEVELS])


def contradicted_labels(segments: pd.DataFrame, measured: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The labelled segments whose levels contradict their label, and why.

    Parameters
    ----------
    segments : with segment_id, label (None where unlabelled) and weight (the share covered by the label).
    measured : from `measure`.

    Returns
    -------
    The contradicted rows of `segments` with their levels and `reason`; one row per reason.
    """
    checked = segments[segments.label.notna() & (segments.weight >= WHOLE)]
    table = checked.merge(measured, on="segment_id", validate="one_to_one")
    found = []
    for mask, reason_of in _rules(table, task):
        reasons = [re.sub(r"-(?=\d)", "−", reason_of(row)) for row in table[mask].itertuples()]
        found.append(table[mask].assign(reason=reasons))
    together = pd.concat([table.head(0).assign(reason=pd.Series(dtype=str)), *found], ignore_index=True)
    return together.sort_values(["label", "segment_id"], ignore_index=True)


def _rules(x: pd.DataFrame, task: Task) -> list[tuple[pd.Series, Callable]]:
    """Each rule: a mask of the rows that violate it, and a function that gives the reason for a row."""
    target = task.decision.channel_lufs
    kind = x.label.map(task.kind)
    silent = x.rms_dbfs < SILENT_DBFS
    varying = (x.modulation_db > MOVING_DB) & (x.rms_dbfs > SILENT_DBFS)
    return [
        (
            (kind == "silence") & varying,
            lambda r: f"speech or music may be audible at {r.rms_dbfs:.0f} dBFS",
        ),
        (
            (kind == "silence") & ~varying & (x.rms_dbfs > SOUNDING_DBFS),
            lambda r: f"a steady sound at {r.rms_dbfs:.0f} dBFS is not silence",
        ),
        (
            (kind != "silence") & silent,
            lambda r: f"nothing is audible ({r.rms_dbfs:.0f} dBFS)",
        ),
        (
            (kind == "low_volume") & (x.lufs > target - QUIET_DB + 4),
            lambda r: f"not quiet: {r.lufs:.0f} LUFS, target {target:.0f}",
        ),
        (
            (kind == "background") & ~silent & (x.lufs < target - 2 * QUIET_DB),
            lambda r: f"very quiet: {r.lufs:.0f} LUFS, target {target:.0f}",
        ),
        (
            (kind == "test_tone") & ~silent & (x.tone_share < NO_TONE),
            lambda r: f"only {r.tone_share:.0%} of the power is at 1 kHz",
        ),
        (
            ~kind.isin(["test_tone", "silence"]) & ~silent & (x.tone_share > ALL_TONE),
            lambda r: f"a 1 kHz tone has {r.tone_share:.0%} of the power",
        ),
        (
            (kind == "hiss") & ~silent & (x.floor_db < DRY_FLOOR_DB),
            lambda r: f"the pauses are {-r.floor_db:.0f} dB below the programme: no noise fills them",
        ),
        (
            (kind == "reflections") & ~silent & (x.modulation_db < STEADY_DB),
            lambda r: f"the level is steady (varies by {r.modulation_db:.1f} dB): no echo can be detected in it",
        ),
    ]
