"""Impulse responses measured between the user's recordings, used to augment other recordings.

Where ingest found that a recording with an echo shares sound with one that is dry at that time, the impulse response
between the two is estimated, and kept if both halves of the shared sound agree on it. It is used in the fold of its own
recordings only, so that no model is evaluated on a room that it was trained on.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from horuslib.acoustics.deconvolution import LEAD_S, Estimate, deconvolve, direct_lag, strongest_repeat
from horuslib.acoustics.rooms import convolve
from horuslib.audio.levels import c50_db
from horuslib.augmentation.transforms import Fault
from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import load_audio
from horuslib.tasks import Task

DRY = ("background", "low_volume")
"""Kinds of labels whose sound has no reflections."""
LONGEST_S = 2.5
SHORTEST_S = 4.0
"""Shortest shared sound that allows an estimate."""
MIN_AGREEMENT = 0.7
"""Lowest agreement between the estimates from both halves of the shared sound for a response to be accepted."""
TRIED = 3
"""Number of dry recordings tried per recording with an echo, those with the longest shared sound first."""
COLUMNS = ["response", "recording_id", "dry_id", "fold", "common_s", "error_db", "agreement", "c50_db"]
COLUMNS += ["echo_delay_s", "echo_gain_db"]
_GUARD_S = 0.1


@dataclass(frozen=True)
class Common:
    """An interval of shared sound that has an echo in one recording and is dry in another."""

    recording_id: str
    dry_id: str
    start_s: float
    end_s: float
    offset_s: float
    """The sound at t in the echo recording is at t + offset_s in the dry one."""


class AddOwnRoom(Fault):
    """Convolves the programme with an impulse response measured between the user's recordings.

    Parameters
    ----------
    responses : (R, N), one response per row, with its direct sound at `LEAD_S`.
    choices : the rows to draw from; all when not given.
    """

    def __init__(self, responses: np.ndarray, choices: tuple[int, ...] | None = None, min_share=1.0, p=1.0, seed=None):
        super().__init__(min_share, p, seed)
        self.responses, self.choices = responses, choices if choices is not None else tuple(range(len(responses)))

    def draw_parameters(self, rng, samples, sample_rate):
        row = int(rng.choice(self.choices))
        response = self.responses[row]
        return {"response": row, "c50_db": c50_db(response, sample_rate), "running": bool(rng.random() < 0.8)}

    def make(self, samples, sample_rate):
        response = np.asarray(self.responses[self.parameters["response"]])
        lead = round(LEAD_S * sample_rate)
        wet = convolve(samples, response, wrap=self.parameters["running"])
        return np.append(wet[lead:], np.zeros(lead, np.float32))


@dataclass(frozen=True)
class MeasuredRooms:
    """The impulse responses measured between the user's recordings."""

    table: pd.DataFrame
    """One row per pair that was tried, `COLUMNS`. `response` is its row in `responses`; -1 where it was rejected, or
    another pair gave a better estimate for the same recording."""
    responses: np.ndarray
    """float32 (R, N) at the task's rate, the direct sound of each at `LEAD_S`."""

    def of_fold(self, fold: int) -> tuple[int, ...]:
        """Rows of the responses that may be used for recordings of one fold."""
        found = self.table[(self.table["fold"] == fold) & (self.table["response"] >= 0)]
        return tuple(int(row) for row in found["response"])


def find_measured_rooms(ingest: Step, task: Task) -> MeasuredRooms:
    """Estimate the response of every recording with an echo that shares sound with a dry one.

    Parameters
    ----------
    ingest : 01_ingest.
    """
    rate, segments = task.front_end.sample_rate_hz, ingest.table("segments")
    folds = segments[segments["split"] == "train"].groupby("recording_id")["fold"].first()
    rows, found = [], {}
    for common in _most_common(
        common_moments(ingest.table("intervals"), ingest.table("pairs"), task), set(folds.index)
    ):
        wet, dry = (load_audio(ingest, name) for name in (common.recording_id, common.dry_id))
        estimate = estimate_response(dry, wet, common, rate)
        if estimate is None:
            continue
        delay_s, gain_db = strongest_repeat(estimate.response, rate)
        properties = {"c50_db": c50_db(estimate.response, rate), "echo_delay_s": delay_s, "echo_gain_db": gain_db}
        names = {"recording_id": common.recording_id, "dry_id": common.dry_id, "fold": int(folds[common.recording_id])}
        measured = {"error_db": estimate.error_db, "agreement": estimate.agreement}
        rows.append({"response": -1, **names, "common_s": common.end_s - common.start_s, **measured, **properties})
        best = found.get(common.recording_id)
        if estimate.agreement >= MIN_AGREEMENT and (best is None or estimate.agreement > best[1].agreement):
            found[common.recording_id] = len(rows) - 1, estimate
    responses = np.zeros((len(found), max((len(e.response) for _, e in found.values()), default=0)), np.float32)
    for number, (row, estimate) in enumerate(found.values()):
        rows[row]["response"] = number
        responses[number, : len(estimate.response)] = estimate.response
    return MeasuredRooms(pd.DataFrame(rows, columns=COLUMNS), responses)


def common_moments(intervals: pd.DataFrame, pairs: pd.DataFrame, task: Task) -> Iterator[Common]:
    """For every pair that shares sound: the longest interval with echo in one and dry in the other, both ways."""
    spans, dry_labels = dict(list(intervals.groupby("recording_id"))), [x for x in task.labels if task.kind(x) in DRY]
    for pair in pairs.itertuples():
        for wet, dry, offset_s in ((pair.a, pair.b, pair.offset_s), (pair.b, pair.a, -pair.offset_s)):
            if wet not in spans or dry not in spans:
                continue
            echoes = spans[wet][spans[wet]["label"] == task.label_of("reflections")]
            clean = spans[dry][spans[dry]["label"].isin(dry_labels)]
            overlaps = [
                (max(e.start_s, c.start_s - offset_s) + _GUARD_S, min(e.end_s, c.end_s - offset_s) - _GUARD_S)
                for e in echoes.itertuples()
                for c in clean.itertuples()
            ]
            start_s, end_s = max(overlaps, key=lambda span: span[1] - span[0], default=(0.0, 0.0))
            if end_s - start_s >= SHORTEST_S:
                yield Common(wet, dry, start_s, end_s, offset_s)


def _most_common(moments: Iterable[Common], known: Collection[str]) -> list[Common]:
    """For each recording with an echo, its longest shared intervals; both recordings must be in `known`."""
    kept: dict[str, list[Common]] = {}
    for common in sorted(moments, key=lambda c: c.start_s - c.end_s):
        if common.recording_id in known and common.dry_id in known:
            kept.setdefault(common.recording_id, []).append(common)
    return [common for intervals in kept.values() for common in intervals[:TRIED]]


def estimate_response(dry: np.ndarray, wet: np.ndarray, common: Common, sample_rate_hz: int) -> Estimate | None:
    """The response between two recordings over their shared interval; None where it is silent or cannot be aligned."""
    first = round(common.start_s * sample_rate_hz)
    start = first + round(common.offset_s * sample_rate_hz)
    length = round((common.end_s - common.start_s) * sample_rate_hz)
    x, y = np.asarray(dry[max(0, start) : start + length]), np.asarray(wet[first + max(0, -start) : first + length])
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    if not x.any() or not y.any():
        return None
    lag = direct_lag(x, y, sample_rate_hz)
    x, y = (x[: n - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[: n + lag])
    seconds = len(x) / sample_rate_hz
    if seconds < SHORTEST_S - 0.5:
        return None
    return deconvolve(x, y, sample_rate_hz, min(LONGEST_S, seconds / 3))
