"""How many speakers there are: the finest clustering in which every two clusters are two voices."""

from dataclasses import dataclass

import numpy as np

from horuslib.core.errors import UserError
from horuslib.speakers.clusters.clustering import Clustering
from horuslib.speakers.clusters.comparison import Comparison, compact

PHANTOM_S = 1.5
"""A cluster with less speech is no speaker of its own: it joins the cluster that it is most like."""
MOST = 12
"""Largest number that is looked for where none is given."""


@dataclass(frozen=True)
class Number:
    """What is known of the number of speakers in advance.

    Attributes
    ----------
    exact : number of speakers; None where it is to be found.
    least, most : limits of the search.
    """

    exact: int | None = None
    least: int = 1
    most: int | None = None

    def __post_init__(self) -> None:
        if self.exact is not None and self.exact < 1:
            raise UserError(f"--speakers is {self.exact}: it should be 1 or more.")
        if self.least < 1 or (self.most is not None and self.most < self.least):
            raise UserError(f"--min is {self.least} and --max is {self.most}: give 1 <= min <= max.")
        if self.exact is not None and not self.least <= self.exact <= (self.most or self.exact):
            raise UserError(f"--speakers {self.exact} lies outside --min {self.least} and --max {self.most}.")

    @property
    def at_least(self) -> int:
        return self.exact or self.least

    @property
    def at_most(self) -> int:
        return self.exact or self.most or max(MOST, self.least)


def choose(clustering: Clustering, comparison: Comparison, seconds: np.ndarray, number: Number) -> np.ndarray:
    """(n,) labels of the finest clustering within `number` whose clusters are all different voices.

    Parameters
    ----------
    seconds : (n,) of speech that each window answers for.

    Raises
    ------
    UserError
        When there are fewer windows of speech than speakers asked for.
    """
    n = len(seconds)
    if n < number.at_least:
        raise UserError(f"There are {n} windows of speech, too few for {number.at_least} speakers: ask for fewer.")
    if clustering.own_number is not None and number.exact is None:
        wanted = min(max(clustering.own_number, number.at_least), number.at_most)
        return _with(clustering, comparison, seconds, wanted)
    chosen = None
    for k in range(1, min(number.at_most, n) + 1 if number.exact is None else 1):
        labels = absorb(clustering.cut(k), comparison, seconds)
        found = int(labels.max()) + 1
        if number.at_least <= found and (found == 1 or comparison.ratios(labels).min() >= 1):
            chosen = labels
    return _with(clustering, comparison, seconds, number.at_least) if chosen is None else chosen


def absorb(labels: np.ndarray, comparison: Comparison, seconds: np.ndarray) -> np.ndarray:
    """Labels without clusters of less than PHANTOM_S of speech."""
    labels = compact(labels)
    while (k := int(labels.max()) + 1) > 1:
        held = np.bincount(labels, seconds, k)
        smallest = int(held.argmin())
        if held[smallest] >= PHANTOM_S:
            break
        labels = compact(np.where(labels == smallest, comparison.ratios(labels)[smallest].argmin(), labels))
    return labels


def _with(clustering: Clustering, comparison: Comparison, seconds: np.ndarray, wanted: int) -> np.ndarray:
    """Labels of exactly `wanted` clusters: speakers where possible, else a plain cut, else a split one."""
    for k in range(wanted, min(len(seconds), 3 * wanted + 3) + 1):
        labels = absorb(clustering.cut(k), comparison, seconds)
        if labels.max() + 1 >= wanted:
            break
    else:
        labels = clustering.cut(wanted)
    while labels.max() + 1 > wanted:  # one step of the cut gave more than one speaker: the most alike are one
        i, j = np.unravel_index(comparison.ratios(labels).argmin(), (labels.max() + 1,) * 2)
        labels = compact(np.where(labels == j, i, labels))
    while labels.max() + 1 < wanted:
        largest = np.flatnonzero(labels == np.bincount(labels).argmax())
        labels = labels.copy()
        labels[largest[len(largest) // 2 :]] = labels.max() + 1
    return labels
