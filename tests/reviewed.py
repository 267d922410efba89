"""What a panel reads, made quickly: a root with ingest, exploration and evaluation of generated sound."""

import os

import numpy as np
import pandas as pd

from horuslib.audio.encode import write_wav
from horuslib.core import artifacts
from horuslib.core.paths import Paths
from tests.conftest import noise, syllables

GOOD = "900d00000000"
SEGMENTS = 7
"""Of each recording, 5 s every 2.5 s."""


def make_reviewed(task, root, recordings=8, unlabelled=2, seed=20, sound_s=20, varied=None, alarms=0):
    """Artifacts of 01, 02 and 06 under `root`; of the recordings, the last `unlabelled` have no label.
    All of them sound alike.

    Each recording has one label; one segment in three is classified with doubt, and some of these wrongly. `varied` are
    the predictions of variations, none when not given. So many `alarms` were raised on a recording of known-good
    programme, the later the surer.
    """
    rng, paths = np.random.default_rng(seed), Paths(root=root)
    ids = [f"{i:012x}" for i in range(recordings)]
    label_of = {x: task.labels[i % len(task.labels)] for i, x in enumerate(ids)}
    ingest = artifacts.begin("01_ingest", task, paths=paths)
    table = pd.DataFrame({"recording_id": ids, "path": [f"video_{i:02}.mp4" for i in range(recordings)]})
    table = table.assign(sha256=[x.ljust(64, "0") for x in ids], duration_s=20.0, status="ok", group_id=ids)
    ingest.write_table("recordings", table)
    voice = syllables(rng, sound_s) + noise(rng, sound_s, level_dbfs=-50)
    ingest.path(f"audio/{ids[0]}.npy")
    ingest.write_array(f"audio/{ids[0]}", voice)
    for x in ids[1:]:
        os.link(ingest.path(f"audio/{ids[0]}.npy"), ingest.path(f"audio/{x}.npy"))
    good = root / "known_good"
    (good / "radio").mkdir(parents=True)
    if alarms:
        write_wav(
            good / "radio" / "hour.wav",
            noise(np.random.default_rng(1), 12 * alarms, level_dbfs=-25),
            task.front_end.sample_rate_hz,
        )
    archive = {"recording_id": GOOD, "path": "radio/hour.wav", "sha256": GOOD.ljust(64, "0"), "source": "radio"}
    ingest.write_table("known_good", pd.DataFrame([archive] if alarms else [], columns=[*archive]))
    ingest.write_json("known_good_folder", str(good))
    ingest.finish()

    rows = [_row(x, k, label_of[x], task, rng) for x in ids for k in range(SEGMENTS)]
    evaluated = pd.DataFrame(rows).assign(rms=0.1, peak=0.4)
    bare = evaluated.recording_id.isin(ids[len(ids) - unlabelled :])
    explore = artifacts.begin("02_explore", task, paths=paths)
    questioned = evaluated[~bare].iloc[[1]][["segment_id", "label"]]
    explore.write_table("suspicious", questioned.assign(reason="its <loudness> is another class's"))
    explore.finish()

    evaluation = artifacts.begin("06_evaluate", task, paths=paths)
    evaluation.write_table("predictions", evaluated[~bare].reset_index(drop=True))
    evaluation.write_table("unlabelled", evaluated[bare].assign(label=None, fold=-1, split="unlabelled"))
    evaluation.write_table(
        "varied", evaluated[~bare & (evaluated.label == "normal")].iloc[:0] if varied is None else varied
    )
    heard, raised = _programme(task, evaluated, alarms)
    evaluation.write_table("known_good", heard)
    evaluation.write_table("known_good_alarms", raised)
    evaluation.write_json("thresholds", dict.fromkeys(task.faults, 0.5))
    evaluation.write_json("thresholds_alone", dict.fromkeys(task.faults, 0.65))
    evaluation.finish()
    return paths


def _programme(task, evaluated, alarms):
    """What was heard in known-good programme and the alarms there: one every 12 s."""
    columns = ["recording_id", "source", "fold", "type", "start_s", "end_s", "confidence"]
    rows = [(GOOD, "radio", 0, "eco_reverb", 12.0 * k, 12.0 * k + 7.5, 0.6 + 0.01 * k) for k in range(alarms)]
    raised = pd.DataFrame(rows, columns=columns)
    starts = [alarm.start_s + late for alarm in raised.itertuples() for late in (0.0, 2.5)]
    heard = pd.concat([evaluated[:1]] * len(starts), ignore_index=True) if starts else evaluated[:0]
    sure = np.repeat(raised.confidence.to_numpy(), 2)
    p = dict.fromkeys([f"p_{label}" for label in task.labels], 0.0) | {"p_eco_reverb": sure, "p_normal": 1 - sure}
    place = {"recording_id": GOOD, "source": "radio", "start_s": starts, "end_s": np.array(starts) + 5, "fold": 0}
    return heard.assign(**place, **p, label="normal", chosen=""), raised


def _row(recording_id, k, label, task, rng):
    p = rng.dirichlet(np.full(len(task.labels), 0.3))
    if k % 3:
        p = 0.05 * p + 0.95 * (np.array(task.labels) == label)
    place = {"recording_id": recording_id, "group_id": recording_id, "start_s": 2.5 * k, "end_s": 2.5 * k + 5}
    split = {"fold": int(recording_id, 16) % 3, "split": "train"}
    answer = {"predicted": task.labels[p.argmax()], "confidence": p.max()}
    columns = {f"p_{name}": value for name, value in zip(task.labels, p, strict=True)}
    return {"segment_id": f"{recording_id}-{2500 * k:07d}", **place, "label": label, **split, **answer, **columns}
