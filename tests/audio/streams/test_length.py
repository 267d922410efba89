import numpy as np
import pytest

from horuslib.audio.streams.length import Length
from horuslib.core.errors import UserError


def test_a_stream_is_counted_and_passed_on():
    length = Length("a.wav", 3)
    blocks = [np.zeros(16000), np.ones(8000)]
    assert [len(b) for b in length.counted(blocks, 16000)] == [16000, 8000]
    assert length.seconds == 1.5


def test_the_block_that_is_too_much_is_not_passed_on():
    passed = []
    with pytest.raises(UserError, match=r"a\.wav is longer than 2 s, the most that is accepted"):
        for block in Length("a.wav", 2).counted([np.zeros(16000)] * 9, 16000):
            passed.append(block)
    assert len(passed) == 2
