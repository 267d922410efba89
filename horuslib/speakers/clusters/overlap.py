"""Where two people speak at once: around a change of speaker, a voice that is nearly as much like a second speaker's.

People interrupt each other where they change; elsewhere, a window between two voices is rather an odd one of one voice.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from horuslib.speakers.clusters.comparison import centroids
from horuslib.speakers.clusters.resegmentation import SHARPNESS
from horuslib.speakers.front_end.windows import Windows
from horuslib.speech.turns import Turn, joined

NEAR_S = 0.75
"""How far from a change."""
_PAUSE_S = 0.3
"""A longer pause between two turns is no change at which they overlap."""


def second_voices(
    vectors: np.ndarray, labels: np.ndarray, windows: Windows, turns: Sequence[Turn], margin: float
) -> list[Turn]:
    """Turns of second speakers.

    Parameters
    ----------
    vectors : (n, d) of unit length.
    labels : (n,) clusters.
    turns : what `to_turns` made of them: speakers are called by their cluster, and one speaks at a time.
    margin : by how much less than the speaker's the second speaker's cosine may be.
    """
    changes = np.array([(a.end_s + b.start_s) / 2 for a, b in pairwise(turns) if _touch(a, b)])
    scores, found = vectors @ centroids(vectors, labels).T, []
    for (start_s, end_s), score in zip(windows.tiles.tolist(), scores, strict=True):
        middle_s = (start_s + end_s) / 2
        speaker = next((turn for turn in turns if turn.start_s <= middle_s <= turn.end_s), None)
        if speaker is None or not np.any(np.abs(changes - middle_s) < NEAR_S):
            continue
        own = score[int(speaker.speaker)]
        others = np.where(np.arange(len(score)) == int(speaker.speaker), -np.inf, score)
        second = int(others.argmax())
        if own - others[second] < margin:
            sure = 1 / (1 + np.exp(SHARPNESS * (own - others[second])))
            found.append(Turn(start_s, end_s, str(second), float(sure), speaker.channel))
    return joined(found)


def _touch(a: Turn, b: Turn) -> bool:
    return a.speaker != b.speaker and b.start_s - a.end_s < _PAUSE_S
