"""A second voice is heard around a change of speaker, and nowhere else."""

import numpy as np

from horuslib.speakers.clusters.overlap import second_voices
from horuslib.speakers.clusters.resegmentation import confidences, to_turns
from horuslib.speakers.front_end.windows import make_windows

BOTH = np.array([1, 1, 0, 0]) / np.sqrt(2)


def heard(between, margin=0.1):
    """Two speakers of ten windows each; the windows `between` sound like both."""
    windows = make_windows(np.array([[0.0, 0.5 * 19 + 1.5]]))
    labels = np.repeat([0, 1], 10)
    vectors = np.eye(4)[labels]
    vectors[between] = 0.98 * BOTH + 0.02 * vectors[between]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    turns = to_turns(windows, labels, confidences(vectors, labels))
    return windows, second_voices(vectors, labels, windows, turns, margin)


def test_both_are_heard_at_a_change():
    windows, found = heard([9, 10])
    assert [(t.start_s, t.end_s, t.speaker) for t in found] == [
        (windows.tiles[9, 0], windows.tiles[9, 1], "1"),
        (windows.tiles[10, 0], windows.tiles[10, 1], "0"),
    ]
    assert all(0.3 < turn.confidence < 0.5 for turn in found)


def test_an_odd_window_within_a_turn_is_no_second_voice():
    assert heard([3, 15])[1] == []


def test_clear_voices_do_not_overlap():
    assert heard([])[1] == []
