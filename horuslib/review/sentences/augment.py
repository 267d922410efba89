"""Sentences of 03_augment: how well room responses are recovered, and what the plan adds to the training segments."""

from collections.abc import Mapping

import pandas as pd

from horuslib.augmentation.measured_rooms import MIN_AGREEMENT, MeasuredRooms
from horuslib.review.sentences.markdown import code, counted
from horuslib.tasks import Task

STRENGTHS = {
    ("AddHiss", "snr_db"): "hiss: SNR (dB)",
    ("AddRoom", "rt60_s"): "room: RT60 (s)",
    ("AddRoom", "c50_db"): "room: clarity C50 (dB)",
    ("AddEcho", "delay_s"): "echo: delay (s)",
    ("AddEcho", "gain_db"): "echo: first repeat (dB)",
    ("LowerVolume", "lufs"): "low volume: target (LUFS)",
    ("TestTone", "dbfs"): "tone: peak (dBFS)",
    ("Silence", "dbfs"): "silence: RMS (dBFS)",
}
"""(transform, drawn parameter) -> what it is, with its unit."""


def training_segments(train: pd.DataFrame) -> str:
    """How many segments are augmented, and from how many recordings."""
    return (
        f"{counted(len(train), 'training segment')} from {counted(train.recording_id.nunique(), 'recording')}; "
        "the holdout is never augmented."
    )


def recovery(proof: pd.DataFrame) -> str:
    """How exactly known responses were recovered; of the table of `room_recovery.recover`."""
    rooms = proof[proof.response.str.startswith("room") & (proof.agreement >= MIN_AGREEMENT)]
    if rooms.empty:
        return "No known room was recovered: it takes longer normal recordings whose level changes more."
    off = (rooms.found / rooms.known - 1).abs().median()
    return f"The median error is {proof.error_db.median():.0f} dB; the median deviation of RT60 is {off:.0%}."


def with_names(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """A table with the names of its recordings instead of their ids: columns `recording` and, where it has one, `dry`.

    Parameters
    ----------
    table : with recording_id, and maybe dry_id.
    names : recording_id -> the file's name.
    """
    ids = {"recording": "recording_id", "dry": "dry_id"}
    named = table.assign(**{name: table[column].map(names) for name, column in ids.items() if column in table})
    first = [name for name in ids if name in named]
    return named[[*first, *(column for column in table if column not in ids.values())]]


def rooms_measured(train: pd.DataFrame, rooms: MeasuredRooms, task: Task) -> str:
    """How many recordings with an echo gave a response, and how much of the augmentation uses these."""
    label = task.label_of("reflections")
    echoes = train.recording_id[train.label == label].nunique() if label else 0
    share = task.augmentation.own_room_share if len(rooms.responses) else 0
    return (
        f"{len(rooms.responses)} of {counted(echoes, 'training recording')} with an echo gave a usable response; "
        f"{share:.0%} of the echoes generated in their folds use one."
    )


def amounts(train: pd.DataFrame, variations: pd.DataFrame, task: Task) -> tuple[pd.DataFrame, str]:
    """Segments of each label before and after augmentation, by how they were made, and the same as plain text."""
    kept = variations.label == variations.source_label
    table = pd.DataFrame(
        {
            "original": train.label.value_counts(),
            "augmented": variations.label[kept].value_counts(),
            "made from normal": variations.label[~kept].value_counts(),
        }
    )
    table = table.reindex(task.labels).fillna(0).astype(int)
    pairs = ", ".join(f"{label} {row.original} to {row.sum()}" for label, row in table.iterrows())
    return table, f"Segments before and after augmentation: {pairs}."


def balance(amount: pd.DataFrame) -> str:
    """How balanced the classes are before and after augmentation, and which class gained most; of `amounts`."""
    totals = amount.sum(axis=1)
    added = int(totals.sum() - amount.original.sum())
    gained = (totals / amount.original.clip(lower=1)).idxmax()
    before = amount.original.max() / max(amount.original.min(), 1)
    after = totals.max() / max(totals.min(), 1)
    return (
        f"{counted(added, 'variation')} {'is' if added == 1 else 'are'} added to "
        f"{counted(int(amount.original.sum()), 'segment')}. The largest class, {code(totals.idxmax())}, is {after:.1f} "
        f"times as large as the smallest, {code(totals.idxmin())}; before, the ratio was {before:.1f}. "
        f"{code(gained)} gained most: much of it is now generated."
    )


def examples(variations: pd.DataFrame, per_class: int, task: Task) -> pd.DataFrame:
    """A few variations of each kind, drawn at random by the task's seed: of each label, in the task's order, first the
    faults made from normal sound, then what was varied within its class."""
    drawn = variations.sample(frac=1, random_state=task.seed)
    chosen = drawn.groupby(["label", "source_label"]).head(per_class)
    kept = chosen.label == chosen.source_label
    return chosen.assign(place=chosen.label.map(task.labels.index), kept=kept).sort_values(
        ["place", "kept"], kind="stable"
    )[list(variations)]


def strengths_by_parameter(strengths: pd.DataFrame) -> dict[str, pd.Series]:
    """What was drawn of each of `STRENGTHS`: the parameter in words -> its values.

    Parameters
    ----------
    strengths : of `plan.drawn_strengths`.
    """
    drawn = {key: rows.value for key, rows in strengths.groupby(["transform", "parameter"])}
    return {unit: drawn[key] for key, unit in STRENGTHS.items() if key in drawn}


def medians(drawn: Mapping[str, pd.Series]) -> str:
    """The median of each strength that was drawn, as plain text."""
    return "Medians: " + ("; ".join(f"{unit} {values.median():.2g}" for unit, values in drawn.items()) or "none") + "."


def partial_faults(strengths: pd.DataFrame, task: Task) -> str:
    """Which share of the generated faults begin or end inside their segment.

    Parameters
    ----------
    strengths : of `plan.drawn_strengths`; only the transforms of `STRENGTHS` count.
    """
    made = strengths[strengths["transform"].isin({name for name, _ in STRENGTHS})]
    if made.empty:
        return "No fault was generated."
    places = made.pivot_table(index=["transform", "variation_id"], columns="parameter", values="value")
    partial = (places.end_share - places.start_share < 1).mean()
    return (
        f"{partial:.0%} of the generated faults begin or end inside the segment; they cover at least "
        f"{task.ingest.min_label_share:.0%} of it, as labelled segments do."
    )
