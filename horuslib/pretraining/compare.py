"""Comparison of starting weights and training protocols by cross-validation on prepared features.

    python -m horuslib.pretraining.compare NAME ROOT [CHOICE...] [--elsewhere NAME ROOT]

trains every choice on `ROOT/artifacts/TASK/04_features` and puts its rows, under the corpus's NAME, into the table that
05_train shows. The folds, model inputs and seeds are the same for all choices. A network trained on one corpus may also
be evaluated on another, which estimates its performance at another site.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.core import artifacts
from horuslib.core.artifacts import sha256_file
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO
from horuslib.evaluation import metrics
from horuslib.tasks import Task, load_task
from horuslib.tasks.sections import Phase
from horuslib.training.weights import BUNDLED, CHOICES

SEED_1 = [
    Phase(name="head", layers="head", learning_rate=1e-4, epochs=10),
    Phase(name="fine_tune", layers="all", learning_rate=1e-5, epochs=30),
]
BOLDER = [
    Phase(name="head", layers="head", learning_rate=1e-3, epochs=5),
    Phase(name="fine_tune", layers="all", learning_rate=3e-4, schedule="cosine", epochs=12),
]
SCRATCH = [Phase(name="scratch", layers="all", learning_rate=1e-3, schedule="cosine", epochs=24)]
OURS = {"weights": "bundled", "phases": BOLDER, "fresh": 0.75, "freeze_batch_norm": True}
PROTOCOLS: dict[str, dict] = {
    "none": OURS | {"weights": "none", "scratch_phases": SCRATCH},
    "bundled, seed 1": OURS | {"phases": SEED_1, "fresh": 0.0, "freeze_batch_norm": False},
    "bundled": OURS,
    "bundled, stored examples only": OURS | {"fresh": 0.0},
    "bundled, batch norm learns": OURS | {"freeze_batch_norm": False},
}
"""Choice -> its settings in `training`."""
COLUMNS = ["task", "corpus", "choice", "backbone", "seeds", "macro_f1", "log_loss", "normal_alarms", "seconds"]


@dataclass(frozen=True)
class Corpus:
    """Prepared features and their name in the table."""

    name: str
    features: np.ndarray
    index: pd.DataFrame


def compare(
    corpus: Corpus, task: Task, choice: str, seeds: Sequence[int], elsewhere: Corpus | None = None
) -> pd.DataFrame:
    """Scores of a choice on the folds of a corpus, and, trained on all of it, on another corpus.

    Parameters
    ----------
    choice : a key of `PROTOCOLS`.
    seeds : one training each; a seed sets the head's initialisation, the order of examples and new hiss.
    elsewhere : evaluation corpus for a network trained on all of `corpus`, for as many epochs as its folds found best.

    Returns
    -------
    One row or two of `COLUMNS`: backbone is the beginning of the SHA-256 of the bundled weights, empty where none were
    used; macro_f1, log_loss (nats, uncalibrated), normal_alarms (share of normal segments predicted as a fault) and
    seconds are means over the seeds.
    """
    rows = pd.DataFrame([row for seed in seeds for row in _scored(corpus, task, PROTOCOLS[choice], seed, elsewhere)])
    backbone = sha256_file(BUNDLED)[:8] if PROTOCOLS[choice]["weights"] == "bundled" else ""
    rows = rows.groupby("corpus", as_index=False).mean().assign(task=task.name, choice=choice, backbone=backbone)
    return rows.assign(seeds=len(seeds), seconds=rows.seconds.round().astype(int))[COLUMNS]


def _scored(corpus: Corpus, task: Task, update: dict, seed: int, elsewhere: Corpus | None) -> list[dict]:
    from keras.models import load_model

    from horuslib.training.train import cross_validate, predict, train_final

    trained = task.model_copy(update={"seed": seed, "training": task.training.model_copy(update=update)})
    started = time.time()
    with tempfile.TemporaryDirectory() as folder:
        result = cross_validate(corpus.features, corpus.index, trained, Path(folder))
        rows = [_scores(result.predictions, task) | {"corpus": corpus.name, "seconds": time.time() - started}]
        if elsewhere is not None:
            train_final(corpus.features, corpus.index, trained, Path(folder), result.best_epochs)
            unseen = elsewhere.index[(elsewhere.index["kind"] == "original") & elsewhere.index["label"].notna()]
            model = load_model(Path(folder) / "model.keras", compile=False)
            scores = _scores(predict(model, elsewhere.features, unseen, trained), task)
            rows.append(
                scores | {"corpus": f"{corpus.name}, evaluated on {elsewhere.name}", "seconds": time.time() - started}
            )
    return rows


def _scores(evaluated: pd.DataFrame, task: Task) -> dict[str, float]:
    probabilities = evaluated[[f"p_{label}" for label in task.labels]].to_numpy()
    probabilities = probabilities[np.arange(len(evaluated)), evaluated["label"].map(task.labels.index)]
    return {
        "macro_f1": metrics.macro_f1(metrics.confusion(evaluated["label"], evaluated["predicted"], task.labels)),
        "log_loss": -np.log(np.maximum(probabilities, 1e-7)).mean(),
        "normal_alarms": (evaluated.loc[evaluated["label"] == task.background, "predicted"] != task.background).mean(),
    }


def remember(rows: pd.DataFrame, path: Path = CHOICES) -> None:
    """Store rows in the table, replacing those of the same task, corpus and choice, also of previously bundled
    weights."""
    key = ["task", "corpus", "choice"]
    older = pd.read_csv(path, keep_default_na=False) if path.is_file() else rows.iloc[:0]
    table = pd.concat([older, rows]).drop_duplicates(key, keep="last").sort_values(key)
    table.to_csv(path, index=False, float_format="%.4f")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m horuslib.pretraining.compare", description=__doc__)
    parser.add_argument("corpus", help="its name in the table")
    parser.add_argument("root", type=Path, help=f"a project root whose artifacts include {AUDIO['features']}")
    parser.add_argument("choices", nargs="*", default=list(PROTOCOLS), help="(default: all)")
    parser.add_argument("--task", default="horus")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each choice (default: %(default)s)")
    parser.add_argument("--elsewhere", nargs=2, metavar=("NAME", "ROOT"), help="another corpus to evaluate on as well")
    arguments = parser.parse_args()
    task = load_task(arguments.task)
    corpus = _read(arguments.corpus, arguments.root, task)
    elsewhere = _read(arguments.elsewhere[0], Path(arguments.elsewhere[1]), task) if arguments.elsewhere else None
    for choice in arguments.choices:
        rows = compare(corpus, task, choice, range(arguments.seeds), elsewhere)
        print(rows.to_string(index=False), flush=True)
        remember(rows)


def _read(name: str, root: Path, task: Task) -> Corpus:
    stored = artifacts.read(AUDIO["features"], task, Paths(root))
    return Corpus(name, stored.array("features"), stored.table("index"))


if __name__ == "__main__":
    main()
