"""`match_near` refines a roughly known lag to the exact one."""

import pytest

from horuslib.audio.alignment import REACH, match_near, matches
from horuslib.audio.fingerprint import RATE_HZ, piece
from tests.conftest import noise

SECONDS = 14.0


@pytest.fixture
def shifted(rng):
    """Two pieces; the sound at t in the first is 8123 samples earlier in the second, with added noise."""
    x = noise(rng, SECONDS, RATE_HZ)
    return piece(0.0, x), piece(50.0, x[8123:] + noise(rng, SECONDS, RATE_HZ, -14)[8123:])


@pytest.mark.parametrize("away", [0, 1, -1, REACH, -REACH])
def test_match_near_equals_the_full_comparison_around_the_lag(shifted, away):
    (_, _, match), *_ = matches(shifted, [0, 1])
    assert match.offset_s == pytest.approx(50 - 8123 / RATE_HZ, abs=0.001)
    assert match_near(*shifted, -8123 + away) == match


def test_order_of_the_pieces_only_changes_the_sign(shifted):
    a, b = shifted
    assert match_near(b, a, 8100).offset_s == pytest.approx(8123 / RATE_HZ - 50, abs=0.001)


@pytest.mark.parametrize("lag", [-8123 + 3 * REACH, -8123 - 3 * REACH, 0, 20000])
def test_no_match_away_from_the_lag(shifted, lag):
    assert match_near(*shifted, lag) is None


@pytest.mark.parametrize("lag", [round(12.5 * RATE_HZ), -round(12.5 * RATE_HZ), 10**6])
def test_pieces_with_little_overlap_are_not_compared(shifted, lag):
    assert match_near(*shifted, lag) is None
