"""How well diagnoses of clips agree with their classes: each clip is one thing, named by `audio.class`.

The truth is a folder of one folder per class, as a test set has it, or a CSV with `path,label`; predictions are the
diagnoses of `horus scan`. A clip without a diagnosis, or that could not be read, counts as wrong.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from horuslib.core.errors import UserError
from horuslib.evaluation import metrics
from horuslib.evaluation.score import diagnosis_file, predictions_folder, read_json

NOTHING = "none"
"""What a clip without a diagnosis is predicted as."""


def score_clips(truth: str | Path, predictions: str | Path) -> dict[str, Any]:
    """Score a folder of diagnoses.

    Parameters
    ----------
    truth : folder of classes, or a CSV file whose paths are relative to it or to what was scanned.
    predictions : folder that `horus scan` wrote of the same clips.

    Returns
    -------
    dict
        `macro_f1`, `accuracy`, `right`, `clips`, `missing`, `per_class` {precision, recall, f1, right, clips, low and
        high (95 % Wilson interval of the recall), average_precision}, `confusion` {true: {predicted: clips}}.

    Raises
    ------
    UserError
        When truth or predictions are not what they should be.
    """
    labels_of = _truth(Path(truth))
    folder = predictions_folder(predictions)
    rows, missing = [], []
    for path, label in labels_of.items():
        found = _diagnosis(folder, path)
        audio = (found or {}).get("audio")
        if audio is None:
            missing.append(path)
        rows.append({"label": label, "predicted": audio["class"] if audio else NOTHING, **_mean_shares(found)})
    table = pd.DataFrame(rows)
    return {**_summary(table), "clips": len(table), "missing": missing}


def as_text(result: Mapping[str, Any]) -> str:
    """The table that `horus score` prints of clips."""
    width = max(len(label) for label in result["per_class"])
    lines = [f"{'':{width}s} precision  recall     F1  right/clips  recall 95 %  avg. precision"]
    for label, row in result["per_class"].items():
        rates = f"{row['precision']:9.3f} {row['recall']:7.3f} {row['f1']:6.3f}"
        counts = f"{row['right']}/{row['clips']}"
        average = f"{row['average_precision']:.3f}" if row["average_precision"] is not None else "-"
        lines.append(f"{label:{width}s} {rates}  {counts:>11s}  {row['low']:.3f}-{row['high']:.3f}  {average:>14s}")
    for true, row in result["confusion"].items():
        lines.append(f"  {true} predicted as " + ", ".join(f"{predicted} {n}" for predicted, n in row.items()))
    if result["missing"]:
        lines.append(f"No class for {len(result['missing'])} clips: {', '.join(result['missing'][:5])}")
    rates = f"macro-F1 {result['macro_f1']:.3f}; accuracy {result['accuracy']:.3f}"
    lines.append(f"{rates} ({result['right']} of {result['clips']} clips)")
    return "\n".join(lines)


def _summary(table: pd.DataFrame) -> dict[str, Any]:
    labels = sorted(table["label"].unique())
    known = [*labels, *sorted(set(table["predicted"]) - set(labels))]
    matrix = metrics.confusion(table["label"], table["predicted"], known)
    counts = pd.DataFrame(matrix, known, known)
    right = int((table["label"] == table["predicted"]).sum())
    rows = metrics.class_table(matrix, known).loc[labels]
    return {
        "macro_f1": round(float(rows["f1"].mean()), 4),
        "accuracy": round(right / len(table), 4),
        "right": right,
        "per_class": {label: _class_row(label, rows.loc[label], counts, table) for label in labels},
        "confusion": {label: {p: int(n) for p, n in counts.loc[label].items() if n} for label in labels},
    }


def _class_row(label: str, row: pd.Series, counts: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    clips, right = int(counts.loc[label].sum()), int(counts.loc[label, label])
    low, high = metrics.wilson(right, clips)
    rates = {name: round(float(np.nan_to_num(row[name])), 4) for name in ("precision", "recall", "f1")}
    return {
        **rates,
        "right": right,
        "clips": clips,
        "low": round(low, 4),
        "high": round(high, 4),
        "average_precision": _average_precision(table, label),
    }


def _average_precision(table: pd.DataFrame, label: str) -> float | None:
    """Of the ranking by the mean probability of a label; None where no diagnosis has it."""
    from sklearn.metrics import average_precision_score

    column = f"p_{label}"
    if column not in table or not (table["label"] == label).any():
        return None
    return round(float(average_precision_score(table["label"] == label, table[column].fillna(0.0))), 4)


def _mean_shares(diagnosis: Mapping[str, Any] | None) -> dict[str, float]:
    """p_<label>: the mean probability of each label over the segments of a diagnosis."""
    segments = (diagnosis or {}).get("segments") or []
    means = pd.DataFrame([segment["probabilities"] for segment in segments]).mean()
    return {f"p_{label}": float(mean) for label, mean in means.items()}


def _diagnosis(folder: Path, path: str) -> dict | None:
    """The diagnosis of a clip, whether its tree, the folder of its class or the file alone was scanned."""
    parts = Path(path).parts
    places = (diagnosis_file(folder, str(Path(*parts[first:]))) for first in range(len(parts)))
    place = next(filter(None, places), None)
    return read_json(place, "prediction") if place else None


def _truth(truth: Path) -> dict[str, str]:
    from horuslib.audio.media import find_media

    if truth.is_dir():
        labels = {path.relative_to(truth).as_posix(): path.parent.name for path in find_media(truth)}
        if not labels:
            raise UserError(f"{truth} holds no clips: name a folder with one folder of clips per class.")
        return labels
    try:
        with truth.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise UserError(f"{truth} cannot be read as a table of clips ({e}).") from None
    if not rows or not {"path", "label"} <= set(rows[0]):
        raise UserError(f"{truth} is no table of clips: it needs the columns path,label and a row per clip.")
    for line, row in enumerate(rows, 2):
        if not (row["path"] or "").strip() or not (row["label"] or "").strip():
            raise UserError(f"{truth}, row {line} has no path or no label: complete it, or remove it.")
    return {row["path"]: row["label"] for row in rows}
