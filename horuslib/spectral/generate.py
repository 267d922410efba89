"""Generated events in numbers: made by several processes, the same seeds giving the same events."""

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from horuslib.core.progress import Progress
from horuslib.spectral.generator.examples import make_example
from horuslib.spectral.generator.scenario import ROLES
from horuslib.spectral.models.fit import Generated
from horuslib.spectral.timing.inputs import stacked
from horuslib.tasks import EventsTask

_CHUNK = 16


def generate_events(task: EventsTask, workers: int | None = None) -> Generated:
    """As many generated events as the task asks for, their labels in the task's numbers.

    Parameters
    ----------
    workers : processes; as many as there are processors when not given. The result does not depend on it.
    """
    count, found = task.training.generated_events, []
    one = partial(_example, seed=task.seed, duration_s=task.duration_s)
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool, Progress(count, "events generated", "events") as done:
        for made in pool.map(one, range(count), chunksize=_CHUNK):
            found.append(made)
            done.update(1)
    numbers = np.array([task.number_of(role) for role in ROLES])
    inputs = {name: value for name, value in stacked([x for x, _, _ in found]).items() if name != "look"}
    return Generated(inputs, np.stack([curves for _, curves, _ in found]), numbers[[role for *_, role in found]])


def _example(number: int, seed: int, duration_s: float):
    return make_example(np.random.default_rng([seed, number]), duration_s, look_width=1)
