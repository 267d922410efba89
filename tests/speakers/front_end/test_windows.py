"""Windows cover the speech, and their samples are those of the stream."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horuslib.speakers.front_end.sound import RATE_HZ
from horuslib.speakers.front_end.windows import make_windows, samples_of


@given(st.lists(st.tuples(st.floats(0.05, 20), st.floats(0.3, 20)), max_size=6))
def test_tiles_are_the_regions_and_windows_stay_within_them(gaps):
    regions, now = [], 0.0
    for pause_s, length_s in gaps:
        regions.append([now + pause_s, now + pause_s + length_s])
        now = regions[-1][1]
    windows = make_windows(np.array(regions).reshape(-1, 2))
    assert windows.seconds.sum() == pytest.approx(sum(b - a for a, b in regions))
    for i, (a, b) in enumerate(regions):
        own = windows.region == i
        tiles, spans = windows.tiles[own], windows.spans[own]
        assert tiles[0, 0] == a
        assert tiles[-1, 1] == b
        np.testing.assert_allclose(tiles[1:, 0], tiles[:-1, 1])
        assert spans.min() >= a - 1e-9
        assert spans.max() <= b + 1e-9
        assert np.all(spans[:, 1] - spans[:, 0] <= 1.5 + 1e-9)


def test_the_samples_of_a_window_are_the_stream_s_whatever_the_blocks():
    x = np.arange(10 * RATE_HZ, dtype=np.float32)
    windows = make_windows(np.array([[0.5, 3.0], [6.0, 6.5], [7.0, 10.0]]))
    for size in (777, RATE_HZ, len(x)):
        blocks = (x[i : i + size] for i in range(0, len(x), size))
        pieces = list(samples_of(blocks, windows))
        assert len(pieces) == len(windows)
        for (start_s, _), piece in zip(windows.spans, pieces, strict=True):
            assert len(piece) == 24000
            assert piece[0] == round(start_s * RATE_HZ)
    short = pieces[int(np.flatnonzero(windows.region == 1)[0])]
    np.testing.assert_array_equal(short[:8000], short[8000:16000])
