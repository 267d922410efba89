"""Events: the default network in folds by film, by sound, by log, beside boosted trees, the flag alone, late fusion.

Reads `../shared/spectral` (events and truth.csv, which is used for folds by source alone) and is skipped without it.
`HORUS_BENCH_SEED=1` also trains the late-fusion network, which takes most of an hour on two cores.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from bench.report import Skip
from horuslib.core.paths import PROJECT
from horuslib.spectral import assemble, generate, ingest
from horuslib.spectral.events.event import find_events
from horuslib.spectral.models import folds, scores
from horuslib.spectral.models.ensemble import Ensemble
from horuslib.spectral.models.trees import cross_validate_trees
from horuslib.tasks import load_events_task

TITLE = "Classes of events: what each network reaches in folds by source"
CORPUS = PROJECT.parent / "shared" / "spectral"
CACHE = Path(tempfile.gettempdir()) / "horus-bench-looks"


def run() -> tuple[pd.DataFrame, dict]:
    """A row per network and way of folding: accuracy, macro-F1, calibration error."""
    if not (CORPUS / "truth.csv").is_file():
        raise Skip(f"{CORPUS} is not there")
    task, with_late_fusion = load_events_task("spectral"), bool(os.environ.get("HORUS_BENCH_SEED"))
    table = ingest.ingest(CORPUS, task, Path("none")).events
    table = table[table.key.str.startswith("event_")].reset_index(drop=True)
    by_key = {event.key: event for event in find_events(CORPUS, task.labels, task.duration_s)[0]}
    image_networks = assemble.open_image_networks(task, CACHE, for_late_fusion=with_late_fusion)
    done = list(
        assemble.assemble_all(
            [by_key[k] for k in table.key], image_networks, task.duration_s, for_late_fusion=with_late_fusion
        )
    )
    inputs = [one.inputs for one in done]
    labels = ingest.class_numbers(table.label, task)
    generated, ensemble, rows, uses = generate.generate_events(task), Ensemble(task, image_networks.width), [], []
    start = ensemble.pretrain(generated, task.training.pretraining_epochs)

    def add(what: str, by: str, probabilities: np.ndarray, groups) -> None:
        found = scores.score(probabilities, labels, list(groups), task.labels)
        rows.append(
            {"network": what, "folds by": by, **{k: found[k] for k in ("events", "accuracy", "macro_f1", "ece")}}
        )
        print(rows[-1], flush=True)

    add("generated events alone", "none seen", ensemble.predict([start], inputs).probabilities, table.key)
    for by, groups in _sources(table).items():
        fold = ingest.folds_of(labels, groups, task)
        found = folds.cross_validate(ensemble, inputs, labels, fold, generated, start)
        sure, _ = scores.calibrated(found.probabilities, labels, fold)
        add("default", by, sure, groups)
        add("boosted trees of onsets and lags", by, cross_validate_trees(inputs, labels, fold, task.seed), groups)
        add(
            "the flag alone",
            by,
            scores.flag_alone(table.humanoid_any.to_numpy(float), labels, fold, len(task.labels)),
            groups,
        )
        if not uses:
            uses = _uses(ensemble, found, fold, inputs, labels)
            if with_late_fusion:
                x = assemble.late_fusion_inputs(done)
                answers = folds.cross_validate_late_fusion(
                    x, labels, fold, len(task.labels), Path(tempfile.mkdtemp()), task.seed
                )
                add("late fusion", by, answers, groups)
    return pd.DataFrame(rows), {"uses": uses, "eyes": image_networks.sentence}


def _uses(ensemble: Ensemble, found: folds.Folds, fold: np.ndarray, inputs: list, labels: np.ndarray) -> list[dict]:
    """The table of conditions, each event asked of its fold's networks."""

    def predict(changed):
        return folds.predict_folds(ensemble, found.members, changed, fold)

    return scores.uses(predict, inputs, labels, ensemble.task.number_of("ambient")).to_dict("records")


def _sources(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Ways of grouping: what content says, and what the truth says of the foreground of sounds and of the logs."""
    truth = pd.read_csv(CORPUS / "truth.csv").set_index("event").loc[table.key].reset_index()
    plain = truth[["audio", "sensors"]].fillna("none").replace({r"@[\d.]+": "", r":-?\d+uT": ""}, regex=True)
    return {
        "film": table.film,
        "sound": plain.audio.str.split("|").str[-1],
        "log": plain.sensors,
    }
