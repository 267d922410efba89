"""Generated events as inputs of the default network, with the onsets that it shall find: for pretraining."""

from functools import cache

import numpy as np

from horuslib.acoustics import filters
from horuslib.spectral.events.clocks import Clock
from horuslib.spectral.events.event import SOUND_RATE_HZ, Signals
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.events.sensors import Sensors
from horuslib.spectral.generator.phone import phone_log
from horuslib.spectral.generator.scenario import ROLES, Scenario, draw_scenario
from horuslib.spectral.generator.scene import film
from horuslib.spectral.generator.sounds import add_sounds, place_noise, place_sound
from horuslib.spectral.timing.clock import step_times
from horuslib.spectral.timing.inputs import MOMENTS, Inputs, event_inputs, moment_times
from horuslib.spectral.timing.picture_curves import picture_change
from horuslib.spectral.timing.targets import KINDS, TARGETS

_SIZE = (64, 48)
_WIDTH_S = 0.1
_PLACES, _PLACE_S = 24, 14.0
_MISSED, _SEEN, _NOT_SEEN = 0.12, (1.5, 0.9), (-1.2, 0.8)
"""A person detector's scores are simulated, as it does not know drawn forms: how many forms it misses, and mean and
deviation of its logit with and without a person."""


def make_example(rng: np.random.Generator, duration_s: float, look_width: int) -> tuple[Inputs, np.ndarray, int]:
    """One generated event.

    Returns
    -------
    Its inputs (without embeddings: `look` is zero), (steps, len(TARGETS)) the curves to find, and its role's number.
    """
    role = int(rng.integers(len(ROLES)))
    scenario = draw_scenario(rng, ROLES[role], duration_s)
    seen = film(rng, scenario.onsets_s, scenario.ends_s, scenario.person_there, duration_s, _SIZE)
    log = phone_log(rng, scenario.onsets_s, duration_s)
    times = np.arange(len(seen.frames)) / seen.fps
    picture = Picture(seen.frames, times, *_SIZE)
    bed = _bed(rng, duration_s)
    sound = add_sounds(rng, bed, scenario.onsets_s, SOUND_RATE_HZ)
    sensors = Sensors(dict.fromkeys(log.channels, log.times_s), log.channels, Clock("s", "wall", 0.0), len(log.times_s))
    person = _detector(rng, seen.person, times, duration_s)
    inputs = event_inputs(
        Signals(picture, sound, sensors), duration_s, look_width, picture_change(picture, duration_s), person=person
    )
    return inputs, targets(scenario, seen.person, times, duration_s), role


@cache
def _place(number: int) -> np.ndarray:
    """A place that lasts, of which each event hears another part: generating one takes longer than all the rest."""
    return place_sound(np.random.default_rng([77, number]), _PLACE_S, SOUND_RATE_HZ)


def _bed(rng: np.random.Generator, duration_s: float) -> np.ndarray:
    if rng.random() < 0.5:
        return place_noise(rng, duration_s, SOUND_RATE_HZ)
    place, wanted = _place(int(rng.integers(_PLACES))), round(duration_s * SOUND_RATE_HZ)
    start = int(rng.integers(0, len(place) - wanted))
    return place[start : start + wanted] * filters.gain(rng.uniform(-10, 10))


def targets(scenario: Scenario, person: np.ndarray, times_s: np.ndarray, duration_s: float) -> np.ndarray:
    """(steps, len(TARGETS)) float32: a bump of 0.1 s at each onset, and a person's presence."""
    at = step_times(duration_s)
    found = np.zeros((len(at), len(TARGETS)), np.float32)
    for i, kind in enumerate(KINDS):
        if kind in scenario.onsets_s:
            found[:, i] = np.exp(-0.5 * ((at - scenario.onsets_s[kind]) / _WIDTH_S) ** 2)
    found[:, -1] = np.interp(at, times_s, person) > 0.5
    return found


def _detector(rng: np.random.Generator, person: np.ndarray, times_s: np.ndarray, duration_s: float) -> np.ndarray:
    """(MOMENTS, 2) simulated logits."""
    there = np.interp(moment_times(duration_s), times_s, person)
    base = rng.normal(*_NOT_SEEN, 2)
    rise = np.where(rng.random(2) < _MISSED, rng.uniform(0, 0.5, 2), rng.normal(_SEEN[0], _SEEN[1], 2) - base)
    return base + there[:, None] * np.maximum(rise, 0) + rng.normal(0, 0.35, (MOMENTS, 2))
