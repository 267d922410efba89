"""Labels in file and folder names: `falha_audio_eco_02.mp4`, `hiss1.mp4`, `normal_clips/`."""

import re
import unicodedata
from pathlib import PurePosixPath

from horuslib.tasks import Task


def fold_text(text: str) -> str:
    """Lower case without accents, so that `Ausência` and `ausencia` are one word.

    Example
    -------
    >>> fold_text(" Ruído ")
    'ruido'
    """
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower().strip()


def label_of_path(path: str, task: Task) -> tuple[str | None, str]:
    """The label in a path, and the folder or file name that contains it.

    Folders are named deliberately, so the nearest folder whose name contains a label overrides the file name.

    Parameters
    ----------
    path : posix path relative to the folder of videos.

    Returns
    -------
    label : one of the task's labels or of its `ignore`; None when there is none, or one name has more than one.
    where : the name with the label; with None, the name with more than one label, or an empty text.

    Example
    -------
    >>> from horuslib.tasks import load_task
    >>> label_of_path("falha_audio_volume_baixo_03.mp4", load_task("horus"))
    ('volume_baixo', 'falha_audio_volume_baixo_03')
    """
    pure = PurePosixPath(path)
    for name in (*reversed(pure.parent.parts), pure.stem):
        labels = labels_in(name, task)
        if labels:
            return (labels.pop() if len(labels) == 1 else None), name
    return None, ""


def labels_in(name: str, task: Task) -> set[str]:
    """Every label in a name; of overlapping matches, the longest counts."""
    words = _words(name)
    matches = []
    for spelling, label in _spellings(task).items():
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                if "".join(words[start:end]) == spelling:
                    matches.append((start, end, label))
    return {label for start, end, label in matches if not any(_inside((start, end), other) for other in matches)}


def _inside(span: tuple[int, int], other: tuple[int, int, str]) -> bool:
    start, end = other[:2]
    return start <= span[0] and span[1] <= end and end - start > span[1] - span[0]


def _words(name: str) -> list[str]:
    """Words and numbers of a name: `hiss1` is `hiss` and `1`."""
    return re.findall(r"[a-z]+|\d+", fold_text(name))


def _spellings(task: Task) -> dict[str, str]:
    """Every spelling of a label, words joined -> the label."""
    names = {label: label for label in (*task.labels, *task.ignore)} | task.aliases
    return {"".join(_words(name)): label for name, label in names.items()}
