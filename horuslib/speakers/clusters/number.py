"""How many speakers there are: the finest clustering in which every two clusters are two voices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from horuslib.core.errors import UserError
from horuslib.speakers.clusters.clustering import Clustering
from horuslib.speakers.clusters.comparison import Comparison, compact

PHANTOM_S = 1.5
"""A cluster with less speech is no speaker of its own: it joins the cluster that it is most like."""
MOST = 12
"""Largest number that is looked for where none is given."""
DOUBT = 2.0
"""Factor on what is tolerated of one voice, either way, that gives the range of the number."""


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


@dataclass(frozen=True)
class Clustered:
    """The windows of one side: clusters for any number, their comparison, the seconds that each window answers for."""

    clustering: Clustering
    comparison: Comparison
    seconds: np.ndarray

    def labels(self, number: Number) -> np.ndarray:
        return choose(self.clustering, self.comparison, self.seconds, number)


def choose_together(sides: Sequence[Clustered], number: Number) -> list[np.ndarray]:
    """(n,) labels of each side of a recording, whose numbers of clusters together are within `number`.

    Each side is clustered by itself. Where they have too many speakers together, the two that are most alike become
    one; where too few, the side whose next division is into the clearest voices is divided.

    Raises
    ------
    UserError
        When there are fewer windows of speech than speakers asked for, or more sides than speakers.
    """
    if len(sides) == 1:
        return [sides[0].labels(number)]
    windows = sum(len(side.seconds) for side in sides)
    if windows < number.at_least:
        raise UserError(
            f"There are {windows} windows of speech, too few for {number.at_least} speakers: ask for fewer."
        )
    if len(sides) > number.at_most:
        raise UserError(
            f"{len(sides)} sides speak, more than {number.at_most}: ask for more speakers, or mix the sides."
        )
    free = Number(most=number.at_most - len(sides) + 1)
    labels = [side.labels(free) for side in sides]
    while sum(map(_count, labels)) > number.at_most:
        i = min((i for i in range(len(sides)) if _count(labels[i]) > 1), key=lambda i: _least(sides[i], labels[i]))
        labels[i] = sides[i].labels(Number(_count(labels[i]) - 1))
    while sum(map(_count, labels)) < number.at_least:
        open_ = [i for i in range(len(sides)) if _count(labels[i]) < len(sides[i].seconds)]
        finer = {i: sides[i].labels(Number(_count(labels[i]) + 1)) for i in open_}
        i = max(finer, key=lambda i: _least(sides[i], finer[i]))
        labels[i] = finer[i]
    return labels


def plausible(sides: Sequence[Clustered], number: Number) -> tuple[int, int]:
    """The least and the largest number of speakers that are found where DOUBT times as much, or as little, is
    tolerated of one voice: how far the number depends on the limit."""
    if number.exact is not None:
        return number.exact, number.exact
    ranges = [_numbers(side, replace(number, least=1)) for side in sides]
    low, high = (sum(r[i] for r in ranges) for i in (0, 1))
    return (
        min(max(low, number.at_least), number.at_most),
        min(max(high, number.at_least), number.at_most),
    )


def nearest_division(side: Clustered) -> tuple[np.ndarray, float]:
    """(n,) labels of the two clusters that are nearest to being two voices, and their distance over what is tolerated.

    Where the speech is too short to be divided, nothing says that it is one voice: a single cluster, and 1.
    """
    cuts = (side.clustering.cut(k) for k in range(2, min(MOST, len(side.seconds)) + 1))
    divisions = [labels for cut in cuts if _count(labels := absorb(cut, side.comparison, side.seconds)) == 2]
    if not divisions:
        return np.zeros(len(side.seconds), int), 1.0
    labels = max(divisions, key=lambda labels: _least(side, labels))
    return labels, _least(side, labels)


def _numbers(side: Clustered, number: Number) -> tuple[int, int]:
    tried = []
    for k in range(1, min(number.at_most, len(side.seconds)) + 1):
        labels = absorb(side.clustering.cut(k), side.comparison, side.seconds)
        tried.append((_count(labels), _least(side, labels)))
    low, high = ([found for found, least in tried if least >= limit][-1] for limit in (DOUBT, 1 / DOUBT))
    return low, high


def _count(labels: np.ndarray) -> int:
    return int(labels.max()) + 1


def _least(side: Clustered, labels: np.ndarray) -> float:
    """Of the two clusters that are most alike, their distance over what is tolerated; infinite for a single one."""
    return float(side.comparison.ratios(labels).min())


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
