"""What statistics of voices are worth: the same recordings with and without each use of them.

Statistics never hold the recording that is evaluated, nor another with one of its speakers.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from horuslib.speakers.backends.mfcc import Mfcc, standardised
from horuslib.speakers.backends.voices import unit
from horuslib.speakers.clusters.number import Number
from horuslib.speakers.corpus.collect import Collected
from horuslib.speakers.corpus.statistics import VoiceStatistics, compute
from horuslib.speakers.diarize import Settings, diarize
from horuslib.speakers.score import score
from horuslib.speech.turns import Turn, speakers_of

Scaling = Callable[[np.ndarray], np.ndarray]
PLAIN = "none"
UNDONE = "fixed normalisation, then StandardScaler"


def uses(statistics: VoiceStatistics) -> dict[str, Scaling]:
    """What may be done to window features with statistics, by name.

    UNDONE changes nothing: scaling to the recording's own mean and deviation undoes any fixed scale before it, exactly.
    """
    mean_square = np.sqrt(np.diag(statistics.within) + np.diag(statistics.between))
    return {
        PLAIN: standardised,
        UNDONE: lambda rows: standardised(rows / mean_square),
        "fixed normalisation alone": lambda rows: (rows - rows.mean(axis=0)) / mean_square,
        "typical voices": lambda rows: _likeness(rows, statistics.typical),
        "whitening within speakers": statistics.whitened,
    }


def ablate(
    collected: Sequence[Collected], truth: Mapping[str, Sequence[Turn]], known: bool, rng: np.random.Generator
) -> pd.DataFrame:
    """The error rate of every use, over recordings whose turns are known.

    Parameters
    ----------
    truth : name of the recording -> turns; those of `collected` that have any are evaluated.
    known : whether the number of speakers is given, so that features alone are evaluated.

    Returns
    -------
    Rows use, der, change (against none), recordings.
    """
    found: dict[str, dict[str, list[Turn]]] = {}
    for one in (c for c in collected if truth.get(c.entry.name)):
        rest = [
            other for other in collected if not set(other.seconds) & set(one.seconds) and other.sha256 != one.sha256
        ]
        exact = len(speakers_of(truth[one.entry.name])) if known else None
        for use, scaling in uses(compute(rest, rng)).items():
            turns = diarize(one.entry.path, Settings(number=Number(exact)), Mfcc(scaling=scaling)).turns
            found.setdefault(use, {})[one.entry.name] = turns
    rates = {use: score({n: truth[n] for n in own}, own).total.der[0] for use, own in found.items()}
    rows = [(use, rate, rate - rates[PLAIN], len(found[use])) for use, rate in rates.items()]
    return pd.DataFrame(rows, columns=["use", "der", "change", "recordings"])


def _likeness(rows: np.ndarray, typical: np.ndarray) -> np.ndarray:
    """Each window by its cosines to the typical voices, less their mean."""
    likeness = unit(standardised(rows)) @ unit(typical).T
    return likeness - likeness.mean(axis=0)
