"""A lag that is roughly known is found exactly."""

import pytest

from horuslib.audio.alignment import REACH, match_near, matches
from horuslib.audio.fingerprint import RATE_HZ, piece
from tests.conftest import noise

SECONDS = 14.0


@pytest.fixture
def shifted(rng):
    """Two pieces; what stands at t in the first stands 8123 samples earlier in the second, under noise."""
    x = noise(rng, SECONDS, RATE_HZ)
    return piece(0.0, x), piece(50.0, x[8123:] + noise(rng, SECONDS, RATE_HZ, -14)[8123:])


@pytest.mark.parametrize("away", [0, 1, -1, REACH, -REACH])
def test_near_its_lag_a_match_is_what_the_whole_comparison_finds(shifted, away):
    (_, _, match), *_ = matches(shifted, [0, 1])
    assert match.offset_s == pytest.approx(50 - 8123 / RATE_HZ, abs=0.001)
    assert match_near(*shifted, -8123 + away) == match


def test_it_does_not_matter_which_piece_comes_first(shifted):
    a, b = shifted
    assert match_near(b, a, 8100).offset_s == pytest.approx(8123 / RATE_HZ - 50, abs=0.001)


@pytest.mark.parametrize("lag", [-8123 + 3 * REACH, -8123 - 3 * REACH, 0, 20000])
def test_away_from_it_there_is_none(shifted, lag):
    assert match_near(*shifted, lag) is None


@pytest.mark.parametrize("lag", [round(12.5 * RATE_HZ), -round(12.5 * RATE_HZ), 10**6])
def test_pieces_that_hardly_overlap_are_not_compared(shifted, lag):
    assert match_near(*shifted, lag) is None
