"""What each step of a diarization buys: the same recordings, one choice changed at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from horuslib.core.errors import UserError
from horuslib.speakers.backends.registry import make_backend, networks
from horuslib.speakers.backends.voices import Backend
from horuslib.speakers.clusters.number import Number
from horuslib.speakers.diarize import Diarization, Settings, diarize
from horuslib.speakers.first_recipe import first_recipe
from horuslib.speakers.score import score
from horuslib.speech.turns import Turn, speakers_of

FIRST = "energy, means of MFCC, k-means by silhouette"
CHOSEN = "as the task says"


def rungs(settings: Settings) -> dict[str, Settings]:
    """Name -> settings, after the first recipe to those of the task; embeddings by every network that is installed."""
    seed = replace(settings, backend="mfcc", detector="energy", clustering="spectral")
    steps = {
        "energy rule, MFCC, eigengap": seed,
        "Silero, MFCC, eigengap": replace(seed, detector="silero"),
        "Silero, MFCC, every two clusters two voices": replace(seed, detector="silero", clustering="agglomerative"),
    }
    last = list(steps.values())[-1]
    embeddings = {
        f"Silero, {name}, every two clusters two voices": replace(last, backend=name)
        for name, install in networks().items()
        if not install
    }
    return {**steps, **embeddings, CHOSEN: settings}


def climb(
    files: Mapping[str, Path],
    truth: Mapping[str, Sequence[Turn]],
    settings: Settings,
    progress: Callable[[int], object] = lambda more: None,
) -> tuple[pd.DataFrame, dict[str, Diarization], dict[str, str]]:
    """Diarize every recording on every rung, and once more with the number of speakers given.

    Parameters
    ----------
    files : recording -> its file.
    truth : recording -> turns; those without are diarized as the task says, and not scored.

    Returns
    -------
    table : one row per rung: rung, der, miss, false_alarm, confusion, exact, within_one (shares; none without truth).
    found : recording -> its diarization as the task says.
    failed : recording -> why it has none.
    """
    found: dict[str, Diarization] = {}
    failed: dict[str, str] = {}
    backend = make_backend(settings.backend)
    for name, path in files.items():
        try:
            found[name] = diarize(path, settings, backend)
        except UserError as e:
            failed[name] = str(e)
        progress(1)
    evaluated = {name: truth[name] for name in found if truth.get(name)}
    table = [{"rung": CHOSEN, **_scored(evaluated, {name: found[name].turns for name in evaluated})}]
    if evaluated:
        table.insert(-1, {"rung": FIRST, **_scored(evaluated, {n: first_recipe(files[n]) for n in evaluated})})
    for rung, chosen in list(rungs(settings).items())[:-1] if evaluated else []:
        own = make_backend(chosen.backend)
        table.insert(-1, {"rung": rung, **_scored(evaluated, {n: _turns(files[n], chosen, own) for n in evaluated})})
    if evaluated:
        given = {n: replace(settings, number=Number(len(speakers_of(evaluated[n])))) for n in evaluated}
        known = {n: _turns(files[n], given[n], backend) for n in evaluated}
        table.append({"rung": f"{CHOSEN}, number known", **_scored(evaluated, known)})
    return pd.DataFrame(table), found, failed


def _turns(path: Path, settings: Settings, backend: Backend) -> list[Turn]:
    try:
        return diarize(path, settings, backend).turns
    except UserError:
        return []  # nobody found, or too few windows for the number given: all of the reference is missed


def _scored(truth: Mapping[str, Sequence[Turn]], found: Mapping[str, Sequence[Turn]]) -> dict[str, float]:
    if not truth:
        return {}
    total = score(truth, found).total.iloc[0]
    return {name: float(total[name]) for name in ("der", "miss", "false_alarm", "confusion", "exact", "within_one")}
