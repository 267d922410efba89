"""Sentences of 08_export: the package's files, its equivalence to the trained model, and its checks."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from horuslib.review.sentences.markdown import code, counted, escape_markdown
from horuslib.tasks import Task

SAME = 0.01
"""Largest difference of a probability between two runtimes of one model."""


def package_files(folder: Path) -> pd.DataFrame:
    """Every file of a package with its size in kB, by name."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    sizes = [(folder / name).stat().st_size / 1000 for name in names]
    return pd.DataFrame({"file": pd.Series(names, dtype=str), "kB": pd.Series(sizes, dtype=float)})


def package_size(files: pd.DataFrame) -> str:
    """How many files the package has, and their size in all."""
    return f"{counted(len(files), 'file')}, {files.kB.sum() / 1000:.1f} MB in all."


def runtimes_compared(differences: Mapping[str, float], inputs: int) -> str:
    """Whether the packaged models predict what the trained model predicts.

    Parameters
    ----------
    differences : runtime -> largest difference of a probability.
    inputs : how many model inputs were compared.
    """
    largest = " and ".join(f"{value:.1e} ({escape_markdown(name)})" for name, value in differences.items())
    same = all(value < SAME for value in differences.values())
    verdict = "The models are equivalent." if same else "The models differ: do not install this package."
    return f"Over {counted(inputs, 'input')} the largest differences of a probability are {largest}. {verdict}"


def checks_passed(checks: pd.DataFrame) -> str:
    """How many checks passed, and what the failed ones found.

    Parameters
    ----------
    checks : check, expected, found, passed.
    """
    passed = checks.passed.astype(bool)
    failed = "; ".join(
        f"{escape_markdown(row.check)}: {escape_markdown(row.found)} instead of {escape_markdown(row.expected)}"
        for row in checks[~passed].itertuples()
    )
    todo = (
        f"{failed}. Listen to the sounds and retrain before installing." if failed else "The package may be installed."
    )
    return f"{int(passed.sum())} of {counted(len(checks), 'check')} passed. {todo}"


def chosen_by(overrides: Iterable[str]) -> str:
    """Whose thresholds they are: those an analyst chose are named."""
    own = [code(label) for label in overrides]
    if not own:
        return "All thresholds were chosen in evaluation."
    return f"An analyst chose the {'threshold' if len(own) == 1 else 'thresholds'} of {', '.join(own)}."


def how_to_install(thresholds: Mapping[str, float], task: Task) -> str:
    """Which fault needs the most confidence, where the package is, and the command that installs it."""
    folder = f"artifacts/{task.name}/export"
    strictest = max(thresholds, key=thresholds.__getitem__)
    return (
        f"{code(strictest)} has the highest threshold, {thresholds[strictest]:.2f}. "
        f"The package is in {code(f'{folder}/')}; "
        f"{code(f'horus install HORUS_DIR --package {folder}')} installs it and keeps a copy of what was there."
    )
