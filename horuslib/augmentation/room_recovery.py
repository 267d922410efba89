"""Validation of `measured_rooms`: how accurately known impulse responses are estimated from the user's recordings."""

import numpy as np
import pandas as pd

from horuslib.acoustics.deconvolution import LEAD_S, deconvolve, recovery_error_db, strongest_repeat
from horuslib.acoustics.rooms import convolve, echo_response, room_response
from horuslib.audio.encode import round_trip
from horuslib.audio.levels import movement_db, rms, rt60_s
from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import load_audio
from horuslib.tasks import Task

ECHO = (0.3, -5.0)
"""Delay in seconds and gain in dB."""
ROOMS_S = (0.5, 1.0, 2.0)
NOISE_DB = 35.0
"""Ratio of the wet signal to noise that is added to it only."""
PIECE_S = (6.0, 10.0)
"""Shortest and longest excerpt of the user's sound."""
_LOWEST_DB = -20.0
"""Lower end of the decay fit: below it, the estimated tail is masked by noise."""
_MAX_CANDIDATES = 20


def recover(ingest: Step, task: Task, rng: np.random.Generator, pieces: int = 2) -> pd.DataFrame:
    """Convolve normal recordings with known rooms and an echo, add noise and a codec, and estimate the response.

    Parameters
    ----------
    pieces : how many recordings: those of largest level variation, since responses cannot be estimated from steady
        sound.

    Returns
    -------
    One row per excerpt and response: recording_id, response, error_db (energy of the estimation error over that of the
    response), agreement, and known and found: RT60 in seconds for rooms, delay in seconds for the echo. Empty where no
    recording has enough normal sound.
    """
    rate, rows = task.front_end.sample_rate_hz, []
    rooms = {f"room, RT60 {seconds:g} s": (seconds, room_response(rng, rate, seconds, 0.0)) for seconds in ROOMS_S}
    known = {f"echo, {ECHO[0]:g} s": (ECHO[0], echo_response(rate, *ECHO, repeats=2)), **rooms}
    for recording_id, dry in _background_pieces(ingest, pieces, task):
        if not dry.any():
            continue
        for name, (seconds, response) in known.items():
            wet = convolve(dry, response)
            noise = rng.standard_normal(len(wet)) * rms(wet) * 10 ** (-NOISE_DB / 20)
            found = deconvolve(dry, round_trip(np.clip(wet + noise, -1, 1), rate), rate)
            tail = found.response[round(LEAD_S * rate) :]
            is_room = name in rooms
            rows.append(
                {
                    "recording_id": recording_id,
                    "response": name,
                    "error_db": recovery_error_db(found.response, response, dry, rate),
                    "agreement": found.agreement,
                    "known": rt60_s(response, rate, _LOWEST_DB) if is_room else seconds,
                    "found": rt60_s(tail, rate, _LOWEST_DB) if is_room else strongest_repeat(found.response, rate)[0],
                }
            )
    return pd.DataFrame(rows, columns=["recording_id", "response", "error_db", "agreement", "known", "found"])


def _background_pieces(ingest: Step, count: int, task: Task) -> list[tuple[str, np.ndarray]]:
    """Excerpts of normal sound of largest level variation, one per recording, holdout excluded."""
    segments, intervals = ingest.table("segments"), ingest.table("intervals")
    sample_rate_hz = task.front_end.sample_rate_hz
    train = set(segments.loc[segments["split"] == "train", "recording_id"])
    normal = intervals[(intervals["label"] == task.background) & intervals["recording_id"].isin(train)]
    longest = normal.assign(length_s=normal["end_s"] - normal["start_s"]).sort_values("length_s", ascending=False)
    longest = longest[longest["length_s"] >= PIECE_S[0]].drop_duplicates("recording_id").head(_MAX_CANDIDATES)
    pieces = []
    for row in longest.itertuples():
        first, last = (round(t * sample_rate_hz) for t in (row.start_s, min(row.end_s, row.start_s + PIECE_S[1])))
        pieces.append((row.recording_id, np.asarray(load_audio(ingest, row.recording_id)[first:last])))
    return sorted(pieces, key=lambda piece: -movement_db(piece[1], sample_rate_hz))[:count]
