"""What the panel of events reads, made quickly: generated events and answers to them, without a training."""

import numpy as np
import pandas as pd

from horuslib.core import artifacts
from horuslib.core.paths import Paths
from horuslib.core.workbooks import SPECTRAL
from horuslib.spectral.corrections import content_of
from horuslib.spectral.generator.folder import write_events
from horuslib.spectral.generator.scenario import ROLES
from horuslib.spectral.timing.clock import step_count
from horuslib.spectral.timing.targets import TARGETS

EVENTS, UNLABELLED = 8, 2
"""Of the events, the last two have no class."""


def write_reviewed_events(task, folder, seed=3):
    """The events in a folder, which takes seconds; returns theirs, in order."""
    truth = write_events(folder, EVENTS, {role: task.roles[role] for role in ROLES}, task.duration_s, seed)
    return [folder / key for key in truth]


def make_reviewed_events(task, root, folders):
    """Artifacts of the steps events, train and evaluate under `root`; returns its paths.

    The first event is answered wrongly and surely, all others rightly; the event of the form has an onset at 2.05 s.
    """
    paths = Paths(root=root)
    labels = [task.labels[i % len(task.labels)] for i in range(EVENTS)]
    numbers = np.arange(EVENTS) % len(task.labels)
    said = numbers.copy()
    said[0] = 1
    answers = np.full((EVENTS, len(task.labels)), 0.05)
    answers[np.arange(EVENTS), said] = 0.85 - 0.05 * np.arange(EVENTS)
    answers /= answers.sum(1, keepdims=True)
    curves = np.zeros((EVENTS, step_count(task.duration_s), len(TARGETS)), np.float32)
    curves[3, 20, TARGETS.index("person")] = 0.9
    known = np.arange(EVENTS) < EVENTS - UNLABELLED
    table = pd.DataFrame(
        {
            "key": [folder.name for folder in folders],
            "folder": list(map(str, folders)),
            "content": list(map(content_of, folders)),
            "label": [label if there else None for label, there in zip(labels, known, strict=True)],
            "split": np.where(known, "train", "unlabelled"),
            "fold": np.where(known, np.arange(EVENTS) % 2, -1),
        }
    )
    for word, content in {"events": table, "train": curves, "evaluate": answers}.items():
        step = artifacts.begin(SPECTRAL[word], task, paths=paths)
        if word == "events":
            step.write_table("events", content)
        else:
            step.write_array("curves" if word == "train" else "answers", content)
        step.finish()
    return paths
