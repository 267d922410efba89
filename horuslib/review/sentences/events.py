"""Sentences of the notebooks on events: what was read, what the networks look at, what the results say."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.review.sentences.markdown import bullets, code, counted, escape_markdown
from horuslib.spectral import flags
from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.events.units import EARTH_FIELD_UT
from horuslib.spectral.timing.targets import TARGETS, onsets_of
from horuslib.tasks import EventsTask

MOST_BY_FLAG = 0.05
"""Macro-F1 that may be lost when the app's flags are shuffled: a network that loses more has learnt the flag."""


def events_read(events: pd.DataFrame, task: EventsTask) -> str:
    """How many events there are, of which class, and what they lack."""
    labelled = events[events.label.notna()]
    classes = ", ".join(f"{code(name)} {int((labelled.label == name).sum())}" for name in task.labels)
    lacks = ", ".join(f"{counted(int((~events[f'has_{m}']).sum()), 'event')} without {m}" for m in MODALITIES)
    without = len(events) - len(labelled)
    return (
        f"{counted(len(events), 'event')}: {classes}; {without} without a class, which are kept for scanning and not "
        f"trained on. {lacks}."
    )


def issues_found(report: pd.DataFrame) -> str:
    """How many rows of the report are errors, warnings and notes."""
    counts = report.severity.value_counts()
    told = ", ".join(counted(int(counts.get(s, 0)), s) for s in ("error", "warning", "note"))
    return f"{told}. An error costs its file, a warning was worked around, a note is for information."


def groups_found(events: pd.DataFrame, notes: list[str]) -> str:
    """How many groups the events make, and what could not be kept apart."""
    films, sounds = events.film.nunique(), events.sound.nunique()
    first = f"{counted(films, 'film')} and {counted(sounds, 'sound')} in {counted(len(events), 'event')}."
    return "\n\n".join([first, bullets(notes)] if notes else [first])


def clocks_found(events: pd.DataFrame) -> str:
    """By what the sensors were placed on the events' clocks."""
    placed = events[events.clock != ""]
    if placed.empty:
        return "No event has sensors."
    worst = placed.clock_uncertainty_s.max()
    by = ", ".join(f"{int(n)} by {escape_markdown(name)}" for name, n in placed.clock.value_counts().items())
    return f"Sensors were placed on the events' clocks: {by}; the least sure one to {worst:.2f} s."


def fields_found(events: pd.DataFrame) -> str:
    """Whether the magnetic fields are what they can be."""
    field = events.magnetic_mean.dropna()
    if field.empty:
        return "No event has a magnetic field."
    low, high = EARTH_FIELD_UT
    inside = ((field >= low) & (field <= high)).sum()
    return (
        f"The field's mean is that of the Earth and a phone's case ({low:g} to {high:g} µT) in {inside} of "
        f"{counted(len(field), 'event')}; the median is {field.median():.1f} µT."
    )


def generated_described(curves: np.ndarray, labels: np.ndarray, task: EventsTask) -> str:
    """What was generated."""
    classes = ", ".join(f"{code(name)} {int((labels == k).sum())}" for k, name in enumerate(task.labels))
    kinds = ", ".join(f"{kind} {int((curves[..., k].max(1) > 0.5).sum())}" for k, kind in enumerate(TARGETS[:-1]))
    return f"{counted(len(labels), 'event')} were generated: {classes}. Changes in them: {kinds}."


def flags_right(events: pd.DataFrame, task: EventsTask) -> str:
    """How well the app's flag tells the class of forms."""
    known = events[events.label.notna() & events.humanoid_any.notna()]
    if known.empty:
        return "No log has the flag `humanoid_detected`."
    form = known.label == task.roles["form"]
    right = ((known.humanoid_any > 0.5) == form).mean()
    return (
        f"The flag agrees with {code(task.roles['form'])} in {right:.0%} of {counted(len(known), 'event')}. "
        "The default network never sees it."
    )


def scores_summary(found: Mapping) -> str:
    """Accuracy and macro-F1 with their intervals."""
    low, high = found["accuracy_interval"]
    return (
        f"Accuracy {found['accuracy']:.2f} (95 % interval {low:.2f} to {high:.2f}), macro-F1 {found['macro_f1']:.2f} "
        f"over {counted(found['events'], 'event')}; calibration error {found['ece']:.3f}."
    )


def synchrony_summary(events: int, shares: list[float]) -> str:
    """What pretraining on events without a class came to."""
    if not shares:
        return "No event without a class has two modalities: none was pretrained on."
    return (
        f"{counted(events, 'event')} without a class: as they are or pulled apart in time is told rightly in "
        f"{shares[-1]:.0%} of the cases in the last of {counted(len(shares), 'epoch')}, half being chance."
    )


def uses_summary(uses: pd.DataFrame) -> str:
    """What the network uses, from the table of conditions."""
    by = uses.set_index("condition")
    alone = by.loc[[f"{m} alone" for m in MODALITIES], "macro_f1"]
    without = by.loc[[f"without {m}" for m in MODALITIES], "macro_f1"]
    least = by.loc[without.idxmin()]
    among = f", with {least.macro_f1_answered:.2f} among them" if least.answered else ""
    apart = by.loc[[name for name in by.index if "apart" in name], "ambient"]
    told = ", ".join(f"{share:.0%} become ambient when the modalities are {name}" for name, share in apart.items())
    return (
        f"With everything macro-F1 is {by.loc['all', 'macro_f1']:.2f}; the best single modality, "
        f"{alone.idxmax().removesuffix(' alone')}, reaches {alone.max():.2f} and the worst loss of one leaves "
        f"{least.macro_f1:.2f} ({without.idxmin()}); {least.answered:.0%} of the events are answered then{among}. Of "
        f"the events in which something coincided, {told}.{_flags_needed(by.macro_f1)}"
    )


def _flags_needed(macro_f1: pd.Series) -> str:
    """How much is lost without the app's flag, where that was measured."""
    if flags.SHUFFLED not in macro_f1:
        return ""
    removed, shuffled = (macro_f1["all"] - macro_f1[name] for name in (flags.REMOVED, flags.SHUFFLED))
    limit = f"{MOST_BY_FLAG:g}"
    evaluated = (
        f"at most {limit} being allowed" if shuffled <= MOST_BY_FLAG else
        f"more than the {limit} allowed: the network needs the flag"
    )  # fmt: skip
    return f" With the flags removed macro-F1 falls by {removed:.2f}, shuffled by {shuffled:.2f}, {evaluated}."


def networks_compared(scores: Mapping[str, Mapping]) -> str:
    """The default network beside the others, in a sentence."""
    parts = [f"{escape_markdown(name)} {found['macro_f1']:.2f}" for name, found in scores.items()]
    return f"Macro-F1: {', '.join(parts)}."


def abstention_summary(table: pd.DataFrame, least: float) -> str:
    """What leaving unsure events undecided gains."""
    row = table.iloc[(table.confidence - least).abs().argmin()]
    right = f"{row.accuracy:.0%} of them right; " if row.answered else ""
    return (
        f"At the task's confidence of {least:g}, {row.answered:.0%} of the events are answered, {right}"
        f"without it {table.accuracy.iloc[0]:.0%} are right."
    )


def onsets_summary(curves: np.ndarray) -> str:
    """How often each kind of change was found."""
    found = [onsets_of(x) for x in curves if np.isfinite(x).all()]
    counts = {kind: sum(kind in one for one in found) for kind in TARGETS}
    told = ", ".join(f"{kind} in {n}" for kind, n in counts.items())
    return f"Of {counted(len(found), 'event')}: {told}."


def package_summary(megabytes: float, seconds: list[float], agree: int, asked: int) -> str:
    """How large and how fast the package is, and whether it says what the networks said."""
    return (
        f"The package has {megabytes:.1f} MB. It answers an event, decoding included, in {np.median(seconds):.2f} s "
        f"(median of {asked} here), and gives the class of the trained networks in {agree} of {asked} events."
    )
