"""Sentences of 04_features: how many model inputs there are, what separates a class, and whether level is kept."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.review.reports.inputs import measured
from horuslib.review.sentences.markdown import Finding, code, counted, finding
from horuslib.tasks import Task
from horuslib.tasks.sections import FrontEnd


def examples_listed(examples: pd.DataFrame) -> str:
    """How many originals and variations become model inputs."""
    kinds = examples.kind.value_counts()
    originals, variations = (int(kinds.get(kind, 0)) for kind in ("original", "variation"))
    return f"To compute: {counted(originals, 'labelled segment')} and {counted(variations, 'variation')} of them."


def inputs_stored(inputs: np.ndarray, task: Task) -> str:
    """How many model inputs are stored, their shape, and how much room they take beside the sound itself."""
    size_mb = inputs.nbytes / 1e6
    sound_mb = len(inputs) * 4 * task.front_end.segment_samples / 1e6
    takes = "takes" if len(inputs) == 1 else "take"
    return (
        f"{counted(len(inputs), 'input')} of {inputs.shape[1]} mel bands by {inputs.shape[2]} frames {takes} "
        f"{size_mb:.0f} MB; the waveforms would take {sound_mb:.0f} MB."
    )


def measures_by_class(index: pd.DataFrame, task: Task) -> pd.DataFrame | None:
    """Median and maximum of each waveform measure in each class; None where the task uses no measure."""
    if not task.decision.measures:
        return None
    table = index[index.kind == "original"].groupby("label")[task.decision.measures].agg(["median", "max"])
    return table.reindex(task.labels).dropna(how="all")


def highest_measures(index: pd.DataFrame, task: Task) -> str:
    """In which class each waveform measure is highest on average."""
    if not task.decision.measures:
        return f"The task {code(task.name)} uses no waveform measure."
    means = index[index.kind == "original"].groupby("label")[task.decision.measures].mean()
    return "; ".join(f"{code(name)} is highest in {code(means[name].idxmax())}" for name in means) + "."


def one_per_class(index: pd.DataFrame, inputs: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Label -> the model input of the first original segment of that label."""
    originals = index[index.kind == "original"].drop_duplicates("label").set_index("label")["row"]
    return {label: inputs[originals[label]] for label in task.labels if label in originals.index}


def brightest_and_darkest(inputs: Mapping[str, np.ndarray], front_end: FrontEnd) -> Finding:
    """Which of these examples has the highest mean level, and which the lowest."""
    if not inputs:
        return finding(lambda quote: "There is no original segment.")
    unit = measured(np.zeros(1), front_end)[1]
    means = {label: float(measured(x.mean(dtype=float), front_end)[0]) for label, x in inputs.items()}
    brightest, darkest = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    return finding(
        lambda quote: (
            f"Of these examples {quote(brightest)} is the brightest (mean {means[brightest]:.0f} {unit}) "
            f"and {quote(darkest)} the darkest ({means[darkest]:.0f} {unit})."
        )
    )


def example_of_level(index: pd.DataFrame, background: str | None) -> str:
    """The segment_id of a segment of the background class that is loud enough to be attenuated; the loudest if none."""
    originals = index[index.kind == "original"]
    audible = originals[(originals.label == background) & (originals.rms > 0.01)]
    return (audible if len(audible) else originals.nlargest(1, "rms")).segment_id.iloc[0]


def level_lost(full: np.ndarray, attenuated: np.ndarray, gain_db: float, front_end: FrontEnd) -> Finding:
    """How much lower the model input is when the sound is `gain_db` lower.

    Parameters
    ----------
    full, attenuated : model inputs of the same sound, before and after.
    gain_db : negative.
    """
    unit = measured(np.zeros(1), front_end)[1]
    lost = float(np.median(measured(full, front_end)[0] - measured(attenuated, front_end)[0]))
    seen = (
        f"Attenuating the sound by {-gain_db:g} dB lowers the model input by {lost:.1f} {unit} (median over its cells)."
    )
    if not front_end.hears_level:
        kept = "This front end normalises each segment, so the model does not see absolute level."
    elif abs(lost + gain_db) < 1:
        kept = "The model input keeps the absolute level."
    else:
        kept = "Part of the attenuation is lost at the floor of the scale."
    return Finding(f"{seen} {kept}", f"{seen} {kept}")
