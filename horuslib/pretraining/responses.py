"""Random impulse responses of rooms and echoes for pretraining, with their parameters."""

import numpy as np

from horuslib.acoustics.rooms import delays_response, echo_response, room_response
from horuslib.audio.levels import c50_db

ROOMS = {
    "any": (0.5, (0.15, 4.0), (-12.0, 15.0)),
    "hall": (0.35, (1.2, 4.0), (-12.0, 1.0)),
    "distant": (0.15, (0.25, 0.6), (-6.0, 4.0)),
}
"""Kind -> (probability, RT60 in seconds, direct-to-reverberant ratio in dB). `distant` is a far microphone."""
FURNISHED = ((0.12, 0.45), (4.0, 16.0))
DAMPING = (0.0, 2.0)
ECHOES = {"slap": 0.3, "regular": 0.35, "delays": 0.25, "feed": 0.1}
"""Kind -> probability. `slap`: one repeat after 60 to 200 ms. `regular`: one to four repeats at equal intervals.
`delays`: two or three independent delays. `feed`: a second feed of the programme over a band-limited line."""
DELAY_S = (0.06, 2.0)
SLAP_S = (0.06, 0.2)
DELAYS_S = (0.3, 2.0)
GAIN_DB = (-18.0, -0.5)
SLAP_GAIN_DB = (-8.0, -0.9)
FEED_GAIN_DB = (-6.0, 0.0)
_AMBIGUOUS_DB = 3.0
"""Where the levels of two delays differ by less, the strongest one is not well defined."""

ResponseAndParameters = tuple[np.ndarray, dict[str, float]]
"""An impulse response and its parameters."""


def draw_room(rng: np.random.Generator, sample_rate_hz: int, furnished: bool = False) -> ResponseAndParameters:
    """A room's impulse response, and its rt60_s and c50_db."""
    if furnished:
        rt60_s, ratio_db = FURNISHED
    else:
        kind = str(rng.choice(list(ROOMS), p=[share for share, *_ in ROOMS.values()]))
        _, rt60_s, ratio_db = ROOMS[kind]
    seconds = _log_uniform(rng, rt60_s)
    response = room_response(rng, sample_rate_hz, seconds, rng.uniform(*ratio_db), rng.uniform(*DAMPING))
    return response, {"rt60_s": seconds, "c50_db": c50_db(response, sample_rate_hz)}


def draw_echo(rng: np.random.Generator, sample_rate_hz: int) -> ResponseAndParameters:
    """An echo's impulse response, and the echo_gain_db and echo_delay_s of its strongest repeat.

    Where two delays have similar levels, echo_delay_s is left out.
    """
    kind = str(rng.choice(list(ECHOES), p=list(ECHOES.values())))
    if kind == "delays":
        return _delays(rng, sample_rate_hz)
    if kind == "feed":
        delay_s, gain_db = _log_uniform(rng, DELAY_S), float(rng.uniform(*FEED_GAIN_DB))
        line_hz = (_log_uniform(rng, (50, 400)), _log_uniform(rng, (2500, 7000)))
        response = delays_response(sample_rate_hz, [delay_s], [gain_db], line_hz)
    else:
        delay_s = _log_uniform(rng, SLAP_S if kind == "slap" else DELAY_S)
        gain_db = float(rng.uniform(*(SLAP_GAIN_DB if kind == "slap" else GAIN_DB)))
        repeats = 1 if kind == "slap" else int(rng.integers(1, 5))
        lowpass_hz = float(rng.uniform(1500, 6000)) if rng.random() < 0.4 else None
        response = echo_response(sample_rate_hz, delay_s, gain_db, repeats, lowpass_hz)
    return response, {"echo_delay_s": delay_s, "echo_gain_db": gain_db}


def _delays(rng: np.random.Generator, sample_rate_hz: int) -> ResponseAndParameters:
    count = int(rng.integers(2, 4))
    delays_s = np.sort([_log_uniform(rng, DELAYS_S) for _ in range(count)])
    gains_db = rng.uniform(*GAIN_DB, count)
    if rng.random() < 0.5:
        gains_db = np.sort(gains_db)[::-1]
    parameters = {"echo_gain_db": float(gains_db.max())}
    if np.sum(gains_db > gains_db.max() - _AMBIGUOUS_DB) == 1:
        parameters["echo_delay_s"] = float(delays_s[gains_db.argmax()])
    return delays_response(sample_rate_hz, delays_s, gains_db), parameters


def _log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))
