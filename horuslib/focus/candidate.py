"""The candidate package, what it is evaluated by, and the record that the gate leaves."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from horuslib import __version__
from horuslib.core.artifacts import PROVENANCE, OpenStep, Step, sha256_file, write_json
from horuslib.core.paths import Paths
from horuslib.evaluation import evaluate, metrics
from horuslib.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from horuslib.evaluation.cross_fitting import probabilities, truth
from horuslib.evaluation.fusion import Fusion
from horuslib.export.bundle import write_bundle
from horuslib.focus.figures import calibrated
from horuslib.focus.held_out import evaluate_folder, mistaken, with_tags
from horuslib.focus.ledger import QuarantineLedger, ledger_path
from horuslib.focus.promote import CANDIDATE, RULING
from horuslib.focus.settings import FocusSettings
from horuslib.inference.detector import Detector
from horuslib.tasks import Task

PACKAGE = Path(__file__).resolve().parents[1]
EVIDENCE = {
    "held_out": "Held-out recordings: the test folder, else the holdout",
    "folds": "Out of fold, all recordings",
}

_ABOUT = {"source": "path", "sha256": "sha256"}


def joined(
    predictions: pd.DataFrame, state: pd.DataFrame, ingest: Step, features: Step, fusion: Fusion, task: Task
) -> pd.DataFrame:
    """Predictions of folds, calibrated and fused, with source and sha256 of each file, `filed`, and `now`, the label
    that it is trained as.

    `now` is missing for what a tag takes out; what waits in quarantine counts as filed, since no person has said more.
    """
    known = state.set_index("segment_id")
    rows = evaluate.join(predictions, ingest.table("segments"), features.table("index"))
    filed = rows["segment_id"].map(known["filed"]).fillna(rows["label"])
    now = rows["segment_id"].map(known["label"].where(known["state"] != "quarantined", known["filed"]))
    calibrating = calibrated(rows.assign(label=now.fillna(filed)), fusion, task)
    recordings = ingest.table("recordings").set_index("recording_id")
    about = {name: rows["recording_id"].map(recordings[column]) for name, column in _ABOUT.items()}
    return calibrating.assign(filed=filed, now=now, **about)


def write(
    tuned: Step, after: pd.DataFrame, evaluated: Step, focus: str, task: Task, paths: Paths | None = None
) -> Path:
    """Write the fine-tuned model as a package, `artifacts/TASK/candidate`.

    Parameters
    ----------
    after : of `joined`. evaluated : 06_evaluate, whose thresholds and fusion hold on.
    """
    raw = tuned.table("after")
    now = after.set_index("segment_id")["now"]
    raw = raw.assign(label=raw["segment_id"].map(now)).dropna(subset=["label"])
    p, y = probabilities(raw, task), truth(raw, task)
    temperature = fit_temperature(p, y)
    error = {"ece_before": expected_calibration_error(p, y)}
    error["ece_after"] = expected_calibration_error(apply_temperature(p, temperature), y)
    known = after.dropna(subset=["now"])
    found = metrics.evaluate(known["now"], known["predicted"], task.labels)
    scores = {
        "macro_f1": {
            "out_of_fold": metrics.macro_f1_of(known["now"], known["predicted"], task.labels),
            "holdout": None,
        },
        "per_class": found.to_dict("index"),
        "focus": focus,
    }
    folder = (paths or Paths()).task(task.name) / CANDIDATE
    calibration = {"temperature": temperature, **error, "fusion": evaluated.json("calibration")["fusion"]}
    thresholds = evaluated.json("thresholds"), evaluated.json("thresholds_alone")
    summary = {"focus": tuned.json("summary")}
    return write_bundle(
        folder, task, tuned.path("model.keras"), calibration, thresholds[0], scores, summary, thresholds[1]
    )


def detectors(folder: Path, task: Task, paths: Paths | None = None) -> dict[str, Detector]:
    """`before`: the package in production; `after`: the candidate."""
    production = (paths or Paths()).export(task.name)
    return {
        name: Detector.load(place, environment={}, dotenv=place / "no.env")
        for name, place in (("before", production), ("after", folder))
    }


def held_out(
    test: str,
    both: Sequence[pd.DataFrame],
    packages: Mapping[str, Detector],
    ledger: QuarantineLedger,
    settings: FocusSettings,
    step: OpenStep,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What neither model learnt from: the test folder evaluated with both; without one, nothing of the folds.

    Both stand in the step as `held_out`, with the sound of those files of the test folder that are predicted wrongly.

    Parameters
    ----------
    both : of `joined`, before and after.

    Returns
    -------
    before, after : rows with group_id, filed, now, predicted and p_<label>; empty where there is no held-out sound.
    """
    if test:
        sound = step.path("audio")
        before, after = with_tags(evaluate_folder(Path(test), packages, ledger.task, sound), ledger, settings)
        heard = set(after["recording_id"][mistaken(before, after)])
        for path in sound.glob("*.npy"):
            if path.stem not in heard:
                path.unlink()
    else:
        before, after = (x[x["split"] == "holdout"].reset_index(drop=True) for x in both)
    told = after.assign(label=after["filed"], predicted_before=before["predicted"], mistaken=mistaken(before, after))
    step.write_table("held_out", told)
    return before, after


def corrected(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows under the labels `now`; what a tag takes out is left out."""
    known = rows.dropna(subset=["now"])
    return known.assign(label=known["now"])


def code_version(package: Path = PACKAGE) -> str:
    """SHA-256 of all modules and settings of the library: `__version__` changes with releases only."""
    found = hashlib.sha256()
    for path in sorted(p for p in package.rglob("*") if p.suffix in (".py", ".yaml")):
        found.update(f"{path.relative_to(package).as_posix()} {sha256_file(path)}\n".encode())
    return found.hexdigest()


def record(
    folder: Path,
    ruling: Mapping,
    focus: str,
    evidence: str,
    tuned: Step,
    ingest: Step,
    state: pd.DataFrame,
    held: pd.DataFrame,
    paths: Paths,
    task: Task,
) -> dict:
    """What the ruling rests on: hashes of data and models, version of the code, seed. The candidate gets the ruling.

    Parameters
    ----------
    held : what `held_out` told of the held-out files.
    """
    summary, tags = tuned.json("summary"), ledger_path(task, paths)
    content = {
        "task": task.name,
        "focus": focus,
        "evidence": evidence,
        "ruling": dict(ruling),
        "candidate": sha256_file(tuned.path("model.keras")),
        "production": summary["start"],
        "data": dict(zip(*(ingest.table("recordings")[name] for name in ("path", "sha256")), strict=True)),
        "held_out": dict(zip(held["source"], held["sha256"], strict=True)),
        "tags": sha256_file(tags) if tags.is_file() else "",
        "labels": state["state"].value_counts().to_dict(),
        "ingest": sha256_file(ingest.path(PROVENANCE)),
        "seed": task.seed,
        "horuslib": __version__,
        "code": code_version(),
        "python": platform.python_version(),
    }
    about = {"evidence": evidence, "focus": focus, "production": summary["start"]}
    write_json(folder / RULING, {**dict(ruling), **about})
    return content
