"""Synthetic rooms and echoes, as faults or as hard negatives, separated by measurable bounds.

| measure | a fault | still normal |
|---|---|---|
| clarity C50 of a room | up to `BLURRED_C50_DB`, with an RT60 from `RINGING_RT60_S` on | from `CLEAR_C50_DB` on |
| strongest repeat 60 ms and more after the direct sound | from `AUDIBLE_ECHO_DB` on | up to `FAINT_ECHO_DB` |

Values in between are not generated, since listeners do not agree on them.
"""

import numpy as np

from horuslib.acoustics.rooms import convolve, delays_response, echo_response, room_response
from horuslib.audio.levels import c50_db
from horuslib.augmentation.transforms import Fault, check_range

BLURRED_C50_DB, CLEAR_C50_DB = 8.0, 13.0
RINGING_RT60_S = 0.6
AUDIBLE_ECHO_DB, FAINT_ECHO_DB = -10.0, -15.0
ECHOES = {"slap": 0.25, "regular": 0.4, "delays": 0.25, "feed": 0.1}
"""Kind -> probability. `slap`: one repeat within 200 ms. `regular`: repeats at equal intervals, each weaker. `delays`:
two or three independent repeats. `feed`: a second feed of the programme, over a band-limited line."""
_SLAP_S = 0.2
_FEED_DB = 5.0
"""A second feed is about as loud as the first: at most this much below the highest gain allowed."""
_SEEDS = 2**32


class AddRoom(Fault):
    """Convolves the programme with a generated room; by default one that blurs speech.

    RT60 is drawn from a log-uniform distribution. A room whose clarity C50 is outside the bounds is drawn again: above
    `BLURRED_C50_DB` speech stays clear however long the reverberation, and the sound is no fault.

    Parameters
    ----------
    running_share : probability that the room was present before the sound begins (reverberation from the first sample).
    max_damping : upper bound of the damping of high frequencies, see `room_response`; 0 is none.
    """

    def __init__(
        self,
        min_rt60_s=RINGING_RT60_S,
        max_rt60_s=4.0,
        min_direct_to_reverberant_db=-10.0,
        max_direct_to_reverberant_db=6.0,
        min_c50_db=-30.0,
        max_c50_db=BLURRED_C50_DB,
        running_share=0.8,
        max_damping=2.0,
        min_share=1.0,
        p=1.0,
        seed=None,
    ):
        super().__init__(min_share, p, seed)
        check_range("RT60", min_rt60_s, max_rt60_s, 0.1, 10)
        check_range("The direct-to-reverberant ratio", min_direct_to_reverberant_db, max_direct_to_reverberant_db)
        check_range("C50", min_c50_db, max_c50_db)
        self.min_rt60_s, self.max_rt60_s = min_rt60_s, max_rt60_s
        self.min_direct_to_reverberant_db = min_direct_to_reverberant_db
        self.max_direct_to_reverberant_db = max_direct_to_reverberant_db
        self.min_c50_db, self.max_c50_db = min_c50_db, max_c50_db
        self.running_share, self.max_damping = running_share, max_damping

    def draw_parameters(self, rng, samples, sample_rate):
        for _ in range(200):
            p = {
                "rt60_s": float(np.exp(rng.uniform(np.log(self.min_rt60_s), np.log(self.max_rt60_s)))),
                "direct_to_reverberant_db": float(
                    rng.uniform(self.min_direct_to_reverberant_db, self.max_direct_to_reverberant_db)
                ),
                "damping": float(rng.uniform(0, self.max_damping)),
                "room_seed": int(rng.integers(_SEEDS)),
                "running": bool(rng.random() < self.running_share),
            }
            p["c50_db"] = c50_db(self.response(p, sample_rate), sample_rate)
            if self.min_c50_db <= p["c50_db"] <= self.max_c50_db:
                return p
        raise ValueError(
            f"no room with an RT60 of {self.min_rt60_s} to {self.max_rt60_s} s and a direct-to-reverberant ratio of "
            f"{self.min_direct_to_reverberant_db} to {self.max_direct_to_reverberant_db} dB has a C50 of "
            f"{self.min_c50_db} to {self.max_c50_db} dB"
        )

    @staticmethod
    def response(p, sample_rate):
        """The impulse response of the drawn parameters; sample 0 is the direct sound, 1.0."""
        rng = np.random.default_rng(p["room_seed"])
        return room_response(rng, sample_rate, p["rt60_s"], p["direct_to_reverberant_db"], p["damping"])

    def make(self, samples, sample_rate):
        return convolve(samples, self.response(self.parameters, sample_rate), wrap=self.parameters["running"])


class AddEcho(Fault):
    """Adds repeats to the programme, of the kinds `ECHOES`. Delays are drawn from a log-uniform distribution.

    Among the drawn parameters, delay_s and gain_db are those of the strongest repeat.

    Parameters
    ----------
    min_gain_db, max_gain_db : of the strongest repeat re the direct sound.
    max_repeats : of regular echoes.
    running_share : probability that the echo was present before the sound begins.
    """

    def __init__(
        self,
        min_delay_s=0.06,
        max_delay_s=2.0,
        min_gain_db=-9.0,
        max_gain_db=-0.5,
        max_repeats=4,
        running_share=0.8,
        min_share=1.0,
        p=1.0,
        seed=None,
    ):
        super().__init__(min_share, p, seed)
        check_range("The delay", min_delay_s, max_delay_s, 0.06, 2)
        check_range("The gain of a repeat", min_gain_db, max_gain_db, -60, 0)
        check_range("The number of repeats", 1, max_repeats, 1, 8)
        self.min_delay_s, self.max_delay_s = min_delay_s, max_delay_s
        self.min_gain_db, self.max_gain_db = min_gain_db, max_gain_db
        self.max_repeats, self.running_share = max_repeats, running_share

    def draw_parameters(self, rng, samples, sample_rate):
        kind = str(rng.choice(list(ECHOES), p=list(ECHOES.values())))
        longest_s = min(_SLAP_S, self.max_delay_s) if kind == "slap" else self.max_delay_s
        delays_s = [self._delay(rng, longest_s)]
        softest_db = max(self.min_gain_db, self.max_gain_db - _FEED_DB) if kind == "feed" else self.min_gain_db
        gains_db = [float(rng.uniform(softest_db, self.max_gain_db))]
        for _ in range(int(rng.integers(1, 3)) if kind == "delays" else 0):
            delays_s.append(self._delay(rng, longest_s))
            gains_db.append(gains_db[0] - float(rng.uniform(0.5, 8)))
        return {
            "kind": kind,
            "delay_s": delays_s[0],
            "gain_db": gains_db[0],
            "delays_s": delays_s,
            "gains_db": gains_db,
            "repeats": int(rng.integers(1, self.max_repeats + 1)) if kind == "regular" else 1,
            "lowpass_hz": float(rng.uniform(2000, 6000)) if rng.random() < 0.4 else None,
            "low_hz": float(np.exp(rng.uniform(np.log(50), np.log(400)))),
            "high_hz": float(rng.uniform(2500, 7000)),
            "running": bool(rng.random() < self.running_share),
        }

    def _delay(self, rng, longest_s):
        return float(np.exp(rng.uniform(np.log(self.min_delay_s), np.log(max(self.min_delay_s, longest_s)))))

    @staticmethod
    def response(p, sample_rate):
        """The impulse response of the drawn parameters; sample 0 is the direct sound, 1.0."""
        if p["kind"] in ("delays", "feed"):
            line_hz = (p["low_hz"], p["high_hz"]) if p["kind"] == "feed" else None
            return delays_response(sample_rate, p["delays_s"], p["gains_db"], line_hz)
        return echo_response(sample_rate, p["delay_s"], p["gain_db"], p["repeats"], p["lowpass_hz"])

    def make(self, samples, sample_rate):
        return convolve(samples, self.response(self.parameters, sample_rate), wrap=self.parameters["running"])
