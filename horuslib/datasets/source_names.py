"""What file names say of their source: cuts and variations of one recording, sensors, numberings of collections.

A task lists the patterns (`ingest.sources`). Content decides first (`datasets.groups`); names add what content cannot
show: two cuts of one recording share no sound.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import pandas as pd

from horuslib.datasets.groups import connect
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.names import labels_in
from horuslib.tasks import Task

MOST_OF_A_CLASS = 0.5
"""A pattern that would make one source of more than this share of a class's files is a numbering, not a source."""
_MANY = 8
_FEW = 2
_MINORITY = 0.34


def sources(paths: Mapping[str, str], labels: Mapping[str, str], task: Task) -> dict[str, str]:
    """The source of every recording that shares one with another, by their names.

    Parameters
    ----------
    paths : recording_id -> posix path relative to the folder.
    labels : recording_id -> label, of those that have one.

    Returns
    -------
    recording_id -> source, of recordings that share theirs with at least one other.

    Example
    -------
    >>> from horuslib.tasks import load_task
    >>> sources({"a": "s/dog.wav", "b": "s/dog_aug1.wav", "c": "s/cat.wav"}, {}, load_task("sirens"))
    {'a': 's/dog', 'b': 's/dog'}
    """
    stems = {recording: PurePosixPath(path).with_suffix("").as_posix() for recording, path in paths.items()}
    for pattern in task.ingest.sources:
        renamed = {recording: _source(pattern, stem) for recording, stem in stems.items()}
        members = defaultdict(list)
        for recording, name in renamed.items():
            members[name].append(recording)
        total = Counter(labels.values())
        for together in members.values():
            common = Counter(labels[r] for r in together if r in labels)
            if len(together) > _MANY and any(n > MOST_OF_A_CLASS * total[label] for label, n in common.items()):
                continue
            for recording in together:
                stems[recording] = renamed[recording]
    shared = Counter(stems.values())
    return {recording: stem for recording, stem in stems.items() if shared[stem] > 1}


def with_sources(groups: Mapping[str, str], source_of: Mapping[str, str]) -> dict[str, str]:
    """Groups in which recordings of one source are together, too; a group is named for its smallest recording."""
    ids = sorted(groups)
    place = {recording: k for k, recording in enumerate(ids)}
    first: dict[str, str] = {}
    together = [(place[recording], place[group]) for recording, group in groups.items()]
    together += [(place[recording], place[first.setdefault(of, recording)]) for recording, of in source_of.items()]
    return connect(ids, together)


def grouped_by_name(
    group_of: Mapping[str, str], recordings: pd.DataFrame, intervals: pd.DataFrame, task: Task
) -> dict[str, str]:
    """Groups by content joined by what the names of the labelled recordings say of their sources.

    Parameters
    ----------
    group_of : recording_id -> group_id, also of other recordings than these.
    recordings, intervals : recording_id and path; recording_id and label.
    """
    paths = recordings[recordings.recording_id.isin(list(group_of))].set_index("recording_id").path.to_dict()
    labels = intervals.drop_duplicates("recording_id").set_index("recording_id").label.to_dict()
    return with_sources(group_of, sources(paths, labels, task))


def foreign_names(labels: Mapping[str, str], task: Task) -> list[IngestIssue]:
    """Classes that hold files named like another class or numbered like another class's collection: one issue each.

    Parameters
    ----------
    labels : posix path -> label.
    """
    rows = [(PurePosixPath(path).stem, label) for path, label in labels.items()]
    return [*_named_otherwise(rows, task), *_numbered_otherwise(rows)]


def _source(pattern: str, stem: str) -> str:
    """The source that a pattern finds in a name; a number means the same everywhere, other names in their folder."""
    folder, _, name = stem.rpartition("/")
    found = re.match(pattern, name)
    if not found:
        return stem
    source = found["source"]
    return source if source.isdigit() or not folder else f"{folder}/{source}"


def _named_otherwise(rows: Sequence[tuple[str, str]], task: Task) -> list[IngestIssue]:
    named = defaultdict(list)
    for stem, label in rows:
        others = labels_in(stem, task) & set(task.labels)
        if len(others) == 1 and label not in others:
            named[label, others.pop()].append(stem)
    return [
        IngestIssue(label, "names", f"{_files(stems)} named as {other}: {_some(stems)}", _listen(label), "warning")
        for (label, other), stems in named.items()
    ]


def _numbered_otherwise(rows: Sequence[tuple[str, str]]) -> list[IngestIssue]:
    """A collection is what is left of names without their digits; it belongs to the class that has most of it."""
    collections = defaultdict(list)
    for stem, label in rows:
        shape = re.sub(r"\d+", "#", stem)
        if shape != stem and re.search(r"[A-Za-z]{2}", shape):
            collections[shape].append((stem, label))
    issues = []
    for shape, members in collections.items():
        counts = Counter(label for _, label in members)
        home, most = counts.most_common(1)[0]
        for label, n in counts.items():
            if label != home and n >= _FEW and n <= _MINORITY * most:
                stems = [stem for stem, of in members if of == label]
                problem = f"{_files(stems)} numbered as {shape} of {home}, which has {most} of them: {_some(stems)}"
                issues.append(IngestIssue(label, "names", problem, _listen(label), "warning"))
    return issues


def _files(stems: Sequence[str]) -> str:
    return f"{len(stems)} file is" if len(stems) == 1 else f"{len(stems)} files are"


def _some(stems: Sequence[str]) -> str:
    return ", ".join(sorted(stems)[:3]) + (", ..." if len(stems) > 3 else "")


def _listen(label: str) -> str:
    return f"kept as {label}; listen to them, and move those that are something else"
