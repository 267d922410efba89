import threading
import time

import pytest

from horuslib.sound.ahead import ahead


def test_items_keep_their_order_and_an_error_its_place():
    def items():
        yield from range(5)
        raise OSError("gone")

    found = []
    with pytest.raises(OSError, match="gone"):
        for item in ahead(items(), 2):
            found.append(item)
    assert found == [0, 1, 2, 3, 4]


def test_they_are_made_while_others_are_used_and_never_too_many():
    made = []
    given = ahead((made.append(k) or k for k in range(10)), 3)
    assert next(given) == 0
    time.sleep(0.2)
    assert made == [0, 1, 2, 3, 4], "one taken, three waiting, one in hand"
    assert [*given] == list(range(1, 10))


@pytest.mark.parametrize("taken", [1, 3])
def test_whoever_stops_early_leaves_no_thread(taken):
    before, closed = threading.active_count(), []

    def items():
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    given = ahead(items(), 2)
    for _ in range(taken):
        next(given)
    given.close()
    assert threading.active_count() == before and closed
