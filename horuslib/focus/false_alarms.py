"""False alarms of the class in focus on long programme: events per hour of production and candidate, with bounds.

The programme is a folder in which the class in focus is nowhere to be heard; without one, television is generated,
which says how a network takes speech, music and places, and nothing about a channel.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from horuslib.audio.encode import write_wav
from horuslib.core.errors import UserError
from horuslib.evaluation.known_good import rate
from horuslib.inference.detector import Detector
from horuslib.inference.inputs import find_inputs
from horuslib.inference.scan import scan
from horuslib.synthesis import speech
from horuslib.synthesis.programme import KINDS, TALK, programme
from horuslib.tasks import Task

COLUMNS = ["package", "programme", "hours", "events", "per_hour", "low", "high"]
EVENTS = ["package", "file", "start_s", "end_s", "confidence"]
GENERATED_S = 60.0
"""Of each kind of programme."""


def false_alarms(
    folder: str, packages: Mapping[str, Detector], focus: str, task: Task
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How often each package reports the class in focus where it is not.

    Parameters
    ----------
    folder : of the programme; empty for a generated one, which is the same each time.

    Returns
    -------
    rates : `COLUMNS`, a row per package; low and high are the exact 95 % interval of the rate (Garwood 1936).
    events : `EVENTS`, surest first.

    Raises
    ------
    UserError
        When nothing of the folder can be read.
    """
    rates, events = [], []
    with _programme(folder, task) as place, TemporaryDirectory() as out:
        files = find_inputs([place])
        for name, detector in packages.items():
            found = [diagnosis for diagnosis, _ in scan(files, detector, Path(out) / name)]
            hours = sum(diagnosis["duration_s"] for diagnosis in found) / 3600
            if not hours:
                raise UserError(f"Nothing of {folder} can be read: name a folder of long programme with PROGRAMME=.")
            mine = [
                (name, diagnosis["file"], event["start"], event["end"], event["confidence"])
                for diagnosis in found
                for event in diagnosis["events"]
                if event["type"] == focus
            ]
            found_rate = rate(len(mine), hours, task)
            about = (name, folder or "generated", hours, len(mine))
            rates.append((*about, *(found_rate[column] for column in ("per_hour", "low", "high"))))
            events += mine
    table = pd.DataFrame(events, columns=EVENTS).sort_values("confidence", ascending=False, ignore_index=True)
    return pd.DataFrame(rates, columns=COLUMNS), table


@contextmanager
def _programme(folder: str, task: Task) -> Iterator[Path]:
    """The folder, or one of generated programme, which is deleted at the end."""
    if folder:
        yield Path(folder)
        return
    rate_hz = task.front_end.sample_rate_hz
    with TemporaryDirectory() as made:
        for number, kind in enumerate(kind for kind in KINDS if kind not in TALK or speech.available()):
            x = programme(np.random.default_rng([task.seed, number]), GENERATED_S, rate_hz, kind).samples
            write_wav(Path(made) / f"{kind}.wav", x, rate_hz)
        yield Path(made)
