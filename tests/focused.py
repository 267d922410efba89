"""What a focused fine-tune reads, made quickly: a root with the artifacts of a task on six classes of short sounds."""

import json

import keras
import numpy as np
import pandas as pd
import yaml

from horuslib.augmentation.clips import GainDip
from horuslib.core import artifacts
from horuslib.core.paths import PROJECT, Paths
from horuslib.evaluation.fusion import no_fusion
from horuslib.export.bundle import write_bundle
from horuslib.tasks import load_task
from horuslib.training.model import build_model

FOCUS = "emergency_sirens"
GROUPS = 6
"""Of each class, with two files each; a file has a variation with a gain dip."""
WRONG = 3
"""So many siren files are filed under alert_sounds."""


def write_quick_task(path):
    """The sirens task with a small input and a small network of chance."""
    content = yaml.safe_load((PROJECT / "horuslib" / "tasks" / "sirens_small.yaml").read_text("utf-8"))
    content["name"] = "quick_sirens"
    content["front_end"] |= {"segment_s": 2.0, "image_size": 32, "image_width": 32, "n_mels": 32}
    content["training"] |= {"weights": "none", "width": 0.35, "hidden": 16, "shift_frames": 4}
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def make_focused(task, root, seed=3):
    """Artifacts of 01, 03 to 06 and a package in production; files of a class share a pattern in their inputs."""
    rng, paths = np.random.default_rng(seed), Paths(root=root)
    index, pictures = _examples(task, rng)
    originals = index[index.kind == "original"]
    _write_ingest(task, paths, originals, rng)
    step = artifacts.begin("03_augment", task, paths=paths)
    dip = json.dumps([{"name": GainDip.__name__, "parameters": {}}])
    varied = index[index.kind == "variation"]
    step.write_table("variations", pd.DataFrame({"variation_id": varied.example_id, "transforms": dip}))
    step.finish()
    step = artifacts.begin("04_features", task, paths=paths)
    step.write_table("index", index)
    step.write_array("features", pictures)
    step.finish()
    model = _trained(task, pictures, index)
    step = artifacts.begin("05_train", task, paths=paths)
    for fold in range(3):
        model.save(step.path(f"fold_{fold}.keras"))
    step.finish()
    _write_evaluation(task, paths, originals, rng)
    calibration = {"temperature": 1.5, "ece_before": 0.1, "ece_after": 0.05}
    model.save(root / "trained.keras")
    write_bundle(
        paths.export(task.name), task, root / "trained.keras", calibration, dict.fromkeys(task.faults, 0.5), {}, {}
    )
    return paths


def _examples(task, rng):
    rows, pictures = [], []
    height, width, _ = task.front_end.input_shape
    patterns = rng.uniform(0, 0.4, (len(task.labels), height, width))
    for column, label in enumerate(task.labels):
        for group in range(GROUPS):
            for file in range(2):
                name = f"{column}{group}{file}".ljust(12, "0")
                wrong = label == FOCUS and group == 0 and file < WRONG
                filed = "alert_sounds" if wrong else label
                for kind in ("original", "variation"):
                    rows.append((name, kind, filed, f"{column}{group}", group % 3))
                    pictures.append(0.3 + patterns[column] + rng.normal(0, 0.05, (height, width)))
    index = pd.DataFrame(rows, columns=["recording_id", "kind", "label", "group_id", "fold"])
    index["segment_id"] = index.recording_id + "-0000000"
    index["example_id"] = index.segment_id + np.where(index.kind == "original", "", "-v01")
    index = index.assign(source_label=index.label, split="train", weight=1.0, row=np.arange(len(index)))
    measures = ("rms", "peak", "lufs", "active_dbfs", "echo", "room", "quiet", "noise")
    details = ("measured_delay_s", "measured_rt60_s")
    return index.assign(**dict.fromkeys((*measures, *details), 0.1)), np.array(pictures, np.float16)


def _write_ingest(task, paths, originals, rng):
    step = artifacts.begin("01_ingest", task, paths=paths)
    files = [f"{row.label}/{row.recording_id}.wav" for row in originals.itertuples()]
    hashes = [name.ljust(64, "0") for name in originals.recording_id]
    step.write_table(
        "recordings", pd.DataFrame({"recording_id": originals.recording_id, "path": files, "sha256": hashes})
    )
    columns = ["segment_id", "recording_id", "group_id", "label", "split", "fold"]
    step.write_table("segments", originals[columns].assign(start_s=0.0, end_s=task.front_end.segment_s))
    for name in originals.recording_id:
        step.path(f"audio/{name}.npy")
        step.write_array(f"audio/{name}", rng.normal(0, 0.05, task.front_end.segment_samples).astype(np.float32))
    step.finish()


def _trained(task, pictures, index):
    keras.utils.set_random_seed(0)
    model = build_model(task)
    model.compile("adam", "categorical_crossentropy", jit_compile=False)
    columns = index.label.map(task.labels.index).to_numpy()
    model.fit(
        pictures[..., None].astype(np.float32), np.eye(len(task.labels))[columns], epochs=4, batch_size=16, verbose=0
    )
    return model


def _write_evaluation(task, paths, originals, rng):
    """Predictions that name the true class of every file, nearly always with confidence."""
    true = originals.recording_id.str[0].astype(int).to_numpy()
    p = np.full((len(originals), len(task.labels)), 0.02)
    p[np.arange(len(p)), true] += 1 - p.sum(axis=1)
    columns = ["segment_id", "recording_id", "group_id", "label", "split", "fold"]
    table = originals[columns].assign(start_s=0.0, end_s=task.front_end.segment_s, rms=0.1, peak=0.3)
    table = table.assign(**{f"p_{label}": p[:, i] for i, label in enumerate(task.labels)})
    table = table.assign(predicted=np.array(task.labels)[p.argmax(axis=1)], confidence=p.max(axis=1))
    step = artifacts.begin("06_evaluate", task, paths=paths)
    step.write_table("predictions", table)
    step.write_json("calibration", {"temperature": 1.2, "fusion": no_fusion(task).as_dict(task.labels)})
    step.write_json("thresholds", dict.fromkeys(task.faults, 0.5))
    step.write_json("thresholds_alone", dict.fromkeys(task.faults, 0.5))
    step.finish()


class Constant:
    """Names everything as one label."""

    def __init__(self, task, label):
        self.fusion, self._row = no_fusion(task), np.eye(len(task.labels))[task.labels.index(label)]

    def probabilities(self, inputs):
        return np.tile(self._row, (len(inputs), 1))


def main(root):
    """A root to look at: `python -m tests.focused FOLDER`."""
    root.mkdir(parents=True, exist_ok=True)
    make_focused(load_task(str(write_quick_task(root / "quick_sirens.yaml"))), root)


if __name__ == "__main__":
    import sys
    from pathlib import Path

    main(Path(sys.argv[1]))
