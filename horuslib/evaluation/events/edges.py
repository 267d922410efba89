"""Where an event begins and ends, from the probabilities of all segments that cover a moment.

Overlapping segments cut time into cells; a cell's level is the mean probability of the segments that cover it. A
segment that holds a share of a fault is given about that share, or full probability from one half on: either way the
edge is best estimated where the level crosses half of its value within the event.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class EventEdges:
    """One label's mean probability over the time of a file."""

    starts_s: np.ndarray
    """(N,) of the segments, as are the next two."""
    ends_s: np.ndarray
    probability: np.ndarray
    middles_s: np.ndarray
    """(M,) middles of the cells, as is the next."""
    level: np.ndarray

    @classmethod
    def of(cls, starts_s: np.ndarray, ends_s: np.ndarray, probability: np.ndarray) -> "EventEdges":
        """From N segments in order of time.

        Example
        -------
        >>> EventEdges.of([0.0, 2.5], [5.0, 7.5], [0.0, 1.0]).level
        array([0. , 0.5, 1. ])
        """
        starts_s, ends_s, p = (np.asarray(x, float) for x in (starts_s, ends_s, probability))
        edges = np.unique(np.round([*starts_s, *ends_s], 6))
        first, after = np.searchsorted(edges, np.round(starts_s, 6)), np.searchsorted(edges, np.round(ends_s, 6))
        total, covering = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
        for step in range(int((after - first).max())):
            here = first + step < after
            np.add.at(total, first[here] + step, p[here])
            np.add.at(covering, first[here] + step, 1)
        covered = covering > 0
        middles_s = (edges[:-1] + edges[1:])[covered] / 2
        return cls(starts_s, ends_s, p, middles_s, total[covered] / covering[covered])

    def place(self, first: int, last: int) -> tuple[float, float]:
        """Start and end (s) of the event carried by the segments `first`..`last`.

        It reaches at most half a segment beyond them, never beyond all segments, and lasts at least half a segment.
        """
        half_s = float(self.ends_s[first] - self.starts_s[first]) / 2
        reach_s = max(self.starts_s[first] - half_s, self.starts_s[0]), min(self.ends_s[last] + half_s, self.ends_s[-1])
        edges_s = self._edge(first, min(first + 1, last), -1), self._edge(last, max(last - 1, first), +1)
        start_s, end_s = np.clip(edges_s, *reach_s).tolist()
        missing_s = max(0.0, half_s - (end_s - start_s))
        return start_s - missing_s / 2, end_s + missing_s / 2

    def _edge(self, outer: int, inner: int, step: int) -> float:
        """Where the level falls under half its value, walking outwards from its highest cell within two segments.

        Infinitely far in the direction of `step` when it never does.
        """
        low_s, high_s = min(self.starts_s[[outer, inner]]), max(self.ends_s[[outer, inner]])
        cells = np.flatnonzero((self.middles_s > low_s) & (self.middles_s < high_s))[::-step]
        k = cells[np.argmax(self.level[cells])]
        level = min(max(self.probability[[outer, inner]]) / 2, self.level[k])
        while 0 <= k + step < len(self.level):
            if self.level[k + step] < level:
                share = (self.level[k] - level) / (self.level[k] - self.level[k + step])
                return float(self.middles_s[k] + share * (self.middles_s[k + step] - self.middles_s[k]))
            k += step
        return step * np.inf
