"""Sentences of 01_ingest: how much came in, what was wrong with it, and how it was split."""

from collections.abc import Mapping, Sequence

import pandas as pd

from horuslib.datasets.channel_level import ChannelLevel
from horuslib.review.sentences.markdown import bullets, code, counted, escape_markdown
from horuslib.tasks import Task


def labelled_seconds(intervals: pd.DataFrame, labels: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """Seconds of labelled sound by label (rows) and origin of the label (columns), and the same as plain text.

    Parameters
    ----------
    intervals : label, origin, start_s, end_s.
    """
    lengths = intervals.assign(seconds=intervals.end_s - intervals.start_s)
    table = lengths.pivot_table(index="label", columns="origin", values="seconds", aggfunc="sum", fill_value=0)
    table = table.reindex([label for label in labels if label in table.index]).round().astype(int)
    totals = ", ".join(f"{label} {seconds}" for label, seconds in table.sum(axis=1).items())
    return table, f"Seconds of labelled sound: {totals or 'none'}."


def recordings_found(recordings: pd.DataFrame, intervals: pd.DataFrame, task: Task) -> str:
    """How many recordings there are, how long, at which rates, and how many have no label.

    Parameters
    ----------
    recordings : recording_id, status, duration_s, sample_rate_hz.
    intervals : recording_id of every labelled interval.
    """
    usable = recordings[recordings.status == "ok"]
    status = ", ".join(f"{n} {escape_markdown(name)}" for name, n in recordings.status.value_counts().items())
    rates = ", ".join(f"{rate:g} Hz" for rate in sorted(usable.sample_rate_hz.unique()))
    unlabelled = int((~usable.recording_id.isin(intervals.recording_id)).sum())
    words = [
        f"{counted(len(recordings), 'recording')}{f' ({status})' if status else ''}, "
        f"{recordings.duration_s.sum() / 60:.1f} minutes in all."
    ]
    if rates:
        words.append(f"Sample rates: {rates}; all are resampled to {task.front_end.sample_rate_hz} Hz.")
    kept = " They are kept for prediction." if unlabelled else ""
    words.append(f"Recordings without any label: {unlabelled}.{kept}")
    return " ".join(words)


def issues_found(severities: Mapping[str, int]) -> str:
    """How many errors, warnings and notes the ingest report has, and what to do about the errors.

    Parameters
    ----------
    severities : severity -> rows of the report.
    """
    errors = severities.get("error", 0)
    found = ", ".join(counted(severities.get(name, 0), name) for name in ("error", "warning", "note"))
    todo = (
        "What the errors name is left out of training: correct it and run again."
        if errors
        else "No recording or label was left out."
    )
    return f"{found}. {todo}"


def segments_cut(counts: Mapping, task: Task) -> str:
    """How many segments were cut, how many were left out, and which class has the fewest.

    Parameters
    ----------
    counts : segments (label -> number), unlabelled_segments, dropped_segments (reason -> number).
    """
    of = counts["segments"]
    rarest = min(of, key=of.get)
    front = task.front_end
    return (
        f"{counted(sum(of.values()), 'labelled segment')} of {front.segment_s:g} s every {front.hop_s:g} s, "
        f"{counts['unlabelled_segments']} unlabelled, {sum(counts['dropped_segments'].values())} left out. "
        f"The rarest class is {code(rarest)} with {counted(of[rarest], 'segment')}."
    )


def channel_level(level: ChannelLevel | None, task: Task) -> str:
    """How loud the channel is, by what, and what that means; None where the task's target is a number."""
    if level is None:
        return "The task gives a number."
    material = {
        "known_good": "known-good programme",
        "normal": f"sound labelled {code(task.background)}",
    }[level.material]
    words = (
        f"Typically {level.lufs:.1f} LUFS: the median of {level.hours:.2f} hours of {material} "
        f"({counted(level.recordings, 'recording')}), half of which lie between {level.lower_quartile_lufs:.1f} and "
        f"{level.upper_quartile_lufs:.1f} LUFS."
    )
    if low := task.label_of("low_volume"):
        words += f" What is {code(low)} is measured against it; the exported package carries it."
    return words


def shared_sound(recordings: pd.DataFrame, shown: int = 100) -> pd.DataFrame:
    """The groups of more than one recording: group_id and the paths of its recordings, as a table."""
    sizes = recordings.group_id.value_counts()
    together = recordings[recordings.group_id.isin(sizes.index[sizes > 1])].groupby("group_id").path.agg(", ".join)
    return together.rename("recordings that share sound").reset_index().head(shown)


def groups_found(recordings: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """How many groups the recordings form, and how large the largest is."""
    sizes = recordings.group_id.value_counts()
    return (
        f"{counted(len(recordings), 'recording')} {'forms' if len(recordings) == 1 else 'form'} "
        f"{counted(len(sizes), 'group')}. {counted(len(pairs), 'pair')} {'shares' if len(pairs) == 1 else 'share'} "
        f"sound; the largest group has {counted(int(sizes.max()) if len(sizes) else 0, 'recording')}."
    )


def segments_by_split(segments: pd.DataFrame, labels: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """Segments of each label (rows) in each fold and the holdout (columns), and what the table is, as plain text."""
    place = segments.fold.map("fold {}".format).where(segments.split == "train", segments.split)
    table = pd.crosstab(segments.label, place).reindex(labels).rename_axis(columns=None)
    folds = counted(segments.fold[segments.split == "train"].nunique(), "fold")
    holdout = " and the holdout" if (segments.split == "holdout").any() else ""
    return table, f"Segments per class in {folds}{holdout}; the table below has the numbers."


def split_gaps(notes: Sequence[str]) -> str:
    """What the groups did not allow, one sentence per line."""
    return bullets(notes) or "Every fold and the holdout contain every class."


def split_sizes(segments: pd.DataFrame) -> str:
    """How many segments are for training and how many are held out."""
    held = segments[segments.split == "holdout"]
    train = int((segments.split == "train").sum())
    return (
        f"{counted(train, 'segment')} {'is' if train == 1 else 'are'} available for training; "
        f"{counted(len(held), 'segment')} from {counted(held.recording_id.nunique(), 'recording')} "
        f"{'is' if len(held) == 1 else 'are'} held out."
    )


_NO_BACKGROUND = "The task has no class for normal sound: known-good programme says nothing about it."


def known_good_sources(known: pd.DataFrame) -> pd.DataFrame:
    """The sources of the archive: recordings, hours, and the fold they stand in ("holdout": the final model's)."""
    usable = known[known.status == "ok"]
    place = usable.fold.astype(str).where(usable.split == "train", usable.split)
    table = usable.assign(fold=place).groupby("source")
    return table.agg(
        recordings=("path", "size"), hours=("duration_s", lambda s: s.sum() / 3600), fold=("fold", "first")
    ).reset_index()


def known_good_found(known: pd.DataFrame, said: pd.DataFrame, task: Task) -> str:
    """How much known-good programme there is, what could not be read, and what a person said of it.

    Parameters
    ----------
    known, said : `known_good.COLUMNS` and `known_good.SPANS`.
    """
    if task.background is None:
        return _NO_BACKGROUND
    if known.empty:
        return (
            f"None. The budget is {counted_rate(task)}; hours of programme that is known to be good, in "
            f"{code('data/good')} or named by {code('GOOD=')}, would show whether it is kept."
        )
    usable = known[known.status == "ok"]
    words = [
        f"{counted(len(usable), 'recording')} of {counted(usable.source.nunique(), 'source')}, "
        f"{usable.duration_s.sum() / 3600:.2f} hours."
    ]
    if failed := len(known) - len(usable):
        words.append(f"{counted(failed, 'file')} could not be read; the report above says why.")
    if usable.source.nunique() < 2:
        words.append("With a single source, no model that learns from it can be evaluated by it: add others.")
    confirmed = int((said.label == task.background).sum())
    if len(said):
        words.append(
            f"A person confirmed {counted(confirmed, 'span')} as normal and took {len(said) - confirmed} out of the "
            "archive."
        )
    return " ".join(words)


def counted_rate(task: Task) -> str:
    """The task's budget of false alarms: `2 false alarms per hour`."""
    budget = task.decision.false_alarms_per_hour
    return f"{budget:g} false {'alarm' if budget == 1 else 'alarms'} per hour"
