"""Sentences of 02_explore: amounts per class, levels, shared sound, and labels to check."""

from collections.abc import Mapping, Sequence

import pandas as pd

from horuslib.review.sentences.markdown import code, counted
from horuslib.tasks import Task
from horuslib.training.shortcuts import CHANCE

LEVELS = ["lufs", "rms_dbfs", "peak_dbfs"]


def segments_read(segments: pd.DataFrame, labels: Sequence[str], task: Task) -> str:
    """How many segments there are, labelled and in all, and from how many recordings."""
    return (
        f"{counted(len(segments), 'segment')} of {task.front_end.segment_s:g} s, "
        f"{int(segments.label.isin(labels).sum())} of them labelled, "
        f"from {counted(segments.recording_id.nunique(), 'recording')}."
    )


def amounts(labelled: pd.DataFrame, labels: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """Segments, recordings and groups of each label, and the groups as plain text."""
    columns = {"segments": "segment_id", "recordings": "recording_id", "groups": "group_id"}
    table = labelled.groupby("label").agg(**{name: (column, "nunique") for name, column in columns.items()})
    table = table.reindex(labels).rename_axis(None)
    return table, "Groups per class: " + ", ".join(f"{label} {n}" for label, n in table.groups.items()) + "."


def fewest_groups(amount: pd.DataFrame) -> str:
    """The class with the fewest groups, whose measures are therefore the least certain."""
    if amount.empty:
        return "No segment is labelled."
    fewest = amount.groups.idxmin()
    groups = counted(int(amount.groups[fewest]), "group")
    return f"{code(fewest)} has the fewest groups ({groups}), so its measures are the least certain."


def median_levels(measured: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """The median loudness, RMS level and peak of each label's segments."""
    return measured.groupby("label")[LEVELS].median().reindex(labels).rename_axis(None)


def medians(middle: pd.Series, quantity: str) -> str:
    """The medians of a quantity by class, as plain text."""
    return f"Median {quantity}: " + ", ".join(f"{label} {value:.0f}" for label, value in middle.items()) + "."


def nearest_in_loudness(middle: pd.DataFrame, task: Task) -> str:
    """Which class the loudness separates least from the background class.

    Parameters
    ----------
    middle : of `median_levels`; the loudness of silence is -inf.
    """
    background = task.background
    if background is None or background not in middle.index:
        return "There is no background class to compare the loudness with."
    loudness = middle.lufs[background]
    words = f"{code(background)} has a median of {loudness:.1f} LUFS (target {task.decision.channel_lufs:g})."
    apart = (middle.lufs.drop(background) - loudness).abs().dropna()
    if apart.empty:
        return words
    nearest = apart.idxmin()
    return (
        f"{words} {code(nearest)} is the class that loudness alone separates least from it: "
        f"{apart[nearest]:.1f} LU between the medians."
    )


def typical_segments(measured: pd.DataFrame, middle: pd.DataFrame, per_class: int) -> pd.DataFrame:
    """The segments of each class whose RMS level is nearest to the median of their class, in the order of `middle`."""
    target = measured.label.map(middle.rms_dbfs.clip(lower=-100))
    distance = (measured.rms_dbfs.clip(lower=-100) - target).abs()
    nearest = measured.assign(distance=distance).sort_values("distance").groupby("label").head(per_class)
    return nearest.sort_values("label", key=lambda column: column.map(list(middle.index).index), kind="stable")


def shared_sound(pairs: pd.DataFrame, labelled: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The pairs of recordings that share sound, those with most of it first, each with its classes.

    Parameters
    ----------
    pairs : a, b (recording ids), common_s.
    names : recording_id -> the file's name.
    """
    pairs = pairs.sort_values("common_s", ascending=False)
    classes = labelled.groupby("recording_id").label.agg(lambda column: ", ".join(sorted(set(column)))).to_dict()
    columns = {
        "recording": pairs.a.map(names),
        "its classes": pairs.a.map(classes),
        "shares sound with": pairs.b.map(names),
        "their classes": pairs.b.map(classes),
        "in common (s)": pairs.common_s.round(1),
    }
    return pd.DataFrame(columns).fillna("–")


def pairs_found(shown: pd.DataFrame) -> str:
    """How many pairs share sound, and how many of them have different classes; of the table of `shared_sound`."""
    across = int((shown["its classes"] != shown["their classes"]).sum())
    share = "shares" if len(shown) == 1 else "share"
    return f"{counted(len(shown), 'pair')} of recordings {share} sound, {across} of them under different classes."


def labels_to_check(suspicious: pd.DataFrame, labelled: pd.DataFrame) -> str:
    """How many labels the sound contradicts, and which class most of them have.

    Parameters
    ----------
    suspicious : segment_id and label, a row per reason.
    """
    per_label = suspicious.drop_duplicates("segment_id").label.value_counts()
    number = int(per_label.sum())
    most = f", most often {code(per_label.index[0])} ({per_label.iloc[0]})" if number else ""
    return (
        f"{number} of {counted(len(labelled), 'labelled segment')} ({number / max(len(labelled), 1):.0%}) "
        f"{'has a label' if number == 1 else 'have labels'} to check{most}."
    )


def shortcuts(found: Mapping[str, Mapping[str, float]]) -> str:
    """What a classifier reaches without listening, before and after preparation.

    Parameters
    ----------
    found : of `training.shortcuts.compare`.
    """
    if not found:
        return "Left out: the test is for clips of street sound with two groups or more of each class."
    before, after = (found[name] for name in ("as they are", "prepared"))
    labels = [name for name in before if name != "macro_f1"]
    most = max(labels, key=lambda label: before[label])
    verdict = (
        "at chance" if after["macro_f1"] <= CHANCE else f"above the {CHANCE:g} that counts as chance: listen for why"
    )
    return (
        f"Of the files as they are it reaches a macro-F1 of {before['macro_f1']:.2f} and finds {before[most]:.0%} of "
        f"{code(most)} without listening. Prepared, it reaches {after['macro_f1']:.2f} ({after[most]:.0%} of "
        f"{code(most)}): {verdict}."
    )
