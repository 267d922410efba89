"""What starting weights and training protocols are worth, on the folds of prepared features.

    python -m horuslib.learn.pretrain.compare NAME ROOT [CHOICE...]

trains every choice on `ROOT/artifacts/TASK/04_features` and puts its rows, under the corpus's NAME, into the table that
05_train shows. The folds, pictures and seeds are the same for all choices.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib import artifacts
from horuslib.artifacts import sha256_file
from horuslib.learn import metrics
from horuslib.learn.weights import BUNDLED, CHOICES
from horuslib.paths import Paths
from horuslib.tasks import Task, load_task
from horuslib.tasks.task import Phase

SEED_1 = (
    Phase(name="head", layers="head", learning_rate=1e-4, epochs=10),
    Phase(name="fine_tune", layers="all", learning_rate=1e-5, epochs=30),
)
PROTOCOLS: dict[str, tuple[str, tuple[Phase, ...]]] = {
    "none, 1e-3 cosine": ("none", (Phase(name="all", layers="all", learning_rate=1e-3, schedule="cosine", epochs=24),)),
    "bundled, seed 1": ("bundled", SEED_1),
    "bundled, head then 3e-4 cosine": (
        "bundled",
        (
            Phase(name="head", layers="head", learning_rate=1e-3, epochs=5),
            Phase(name="fine_tune", layers="all", learning_rate=3e-4, schedule="cosine", epochs=12),
        ),
    ),
    "bundled, 1e-3 cosine": (
        "bundled",
        (Phase(name="fine_tune", layers="all", learning_rate=1e-3, schedule="cosine", epochs=12),),
    ),
}
"""Choice -> (training.weights, the phases)."""


def compare(features: np.ndarray, index: pd.DataFrame, task: Task, choices: list[str], corpus: str) -> pd.DataFrame:
    """Cross-validate each choice.

    Parameters
    ----------
    features, index : what 04_features wrote.
    choices : keys of `PROTOCOLS`.

    Returns
    -------
    One row per choice: task, corpus, choice, backbone (the beginning of the SHA-256 of the bundled weights; empty where
    none were used), and out of fold macro_f1, log_loss (nats, uncalibrated), normal_alarms
    (share of normal segments called a fault), then epochs and seconds over all folds.
    """
    from horuslib.learn.train import cross_validate

    rows = []
    for choice in choices:
        weights, phases = PROTOCOLS[choice]
        update = {"weights": weights, "phases": list(phases), "scratch_phases": list(phases)}
        trained = task.model_copy(update={"training": task.training.model_copy(update=update)})
        began = time.time()
        with tempfile.TemporaryDirectory() as folder:
            made = cross_validate(features, index, trained, Path(folder))
        judged = made.predictions
        right = judged[[f"p_{label}" for label in task.labels]].to_numpy()
        right = right[np.arange(len(judged)), judged["label"].map(task.labels.index)]
        rows.append(
            {
                "task": task.name,
                "corpus": corpus,
                "choice": choice,
                "backbone": sha256_file(BUNDLED)[:8] if weights == "bundled" else "",
                "macro_f1": metrics.macro_f1(metrics.confusion(judged["label"], judged["predicted"], task.labels)),
                "log_loss": -np.log(np.maximum(right, 1e-7)).mean(),
                "normal_alarms": (judged.loc[judged["label"] == "normal", "predicted"] != "normal").mean(),
                "epochs": len(made.history),
                "seconds": round(time.time() - began),
            }
        )
        print(rows[-1])
    return pd.DataFrame(rows)


def remember(rows: pd.DataFrame, path: Path = CHOICES) -> None:
    """Put rows into the stored table, in place of older ones of the same task, corpus, choice and backbone."""
    key = ["task", "corpus", "choice", "backbone"]
    older = pd.read_csv(path, keep_default_na=False) if path.is_file() else rows.iloc[:0]
    table = pd.concat([older, rows]).drop_duplicates(key, keep="last").sort_values(key)
    table.to_csv(path, index=False, float_format="%.4f")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m horuslib.learn.pretrain.compare", description=__doc__)
    parser.add_argument("corpus", help="its name in the table")
    parser.add_argument("root", type=Path, help="a root whose artifacts have 04_features")
    parser.add_argument("choices", nargs="*", default=list(PROTOCOLS), help="(default: all)")
    parser.add_argument("--task", default="horus")
    arguments = parser.parse_args()
    task = load_task(arguments.task)
    stored = artifacts.read("04_features", task, Paths(arguments.root))
    for choice in arguments.choices:
        remember(compare(stored.array("features"), stored.table("index"), task, [choice], arguments.corpus))


if __name__ == "__main__":
    main()
