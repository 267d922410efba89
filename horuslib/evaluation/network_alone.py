"""Thresholds of the network alone, as Horus runs it, where a person chose those of the whole decision."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.evaluation.calibration import score_of
from horuslib.tasks import Task

GRID = np.round(np.linspace(0, 1, 101), 2)
"""The thresholds that an override may become."""


def same_recall(
    overrides: Mapping[str, float], decision: pd.DataFrame, network: pd.DataFrame, task: Task
) -> dict[str, float]:
    """Overrides, which a person chose for the whole decision, as thresholds of the network alone.

    The two give probabilities on different scales. The threshold of the network alone is the highest that finds as much
    of the fault as the decision does at the override, or all that the network can find.

    Parameters
    ----------
    decision, network : the same out-of-fold segments, calibrated with and without the measures: label, p_<label>.

    Returns
    -------
    Label -> threshold; without the labels that no segment has, whose recall is not known. The overrides themselves in
    a task without measures.
    """
    if not task.decision.measures:
        return dict(overrides)
    translated = {}
    for label, chosen in overrides.items():
        of_decision, of_network = (score_of(rows[rows.label == label], label, task) for rows in (decision, network))
        if len(of_network):
            found = np.array([(of_network >= t).sum() for t in GRID])
            # At 0 the rule takes the strongest label, whose score is over 0; elsewhere the score is 0.
            found[0] = (of_network > 0).sum()
            wanted = int((of_decision >= max(chosen, 1e-9)).sum())
            translated[label] = float(GRID[found >= min(wanted, found[0])][-1])
    return translated
