"""Which job is next."""

from hypothesis import given
from hypothesis import strategies as st

from horuslib.service.jobs import Job
from horuslib.service.schedule import is_short, next_job, order


def job(name, created_s, seconds):
    return Job(name, "", "diagnose", name, {}, "", seconds, created_s=created_s)


HOUR, SHORT = 3600.0, 10.0


def test_of_equal_jobs_the_first_that_came_is_next():
    jobs = [job("b", 2, SHORT), job("a", 1, SHORT)]
    assert [j.id for j in order(jobs)] == ["a", "b"]


def test_a_short_job_passes_a_long_one_but_not_for_ever():
    long = job("long", 0, HOUR)
    assert order([long, job("short", 60, SHORT)])[0].id == "short"
    assert order([long, job("short", 2 * HOUR, SHORT)])[0].id == "long"


def test_one_place_is_kept_for_short_jobs():
    running = [job("r", 0, HOUR)]
    assert next_job([job("l", 1, HOUR)], running, 2) is None
    assert next_job([job("l", 1, HOUR), job("s", 2, SHORT)], running, 2).id == "s"
    assert next_job([job("l", 1, HOUR)], running, 3).id == "l"


def test_a_single_place_takes_any():
    assert next_job([job("l", 1, HOUR)], [], 1).id == "l"
    assert next_job([job("s", 1, SHORT)], [job("l", 0, HOUR)], 1) is None


def test_an_unknown_length_is_long():
    assert not is_short(job("u", 0, None))


@given(st.lists(st.floats(0.1, 7200), max_size=30), st.integers(1, 5))
def test_every_job_is_taken_in_the_end(lengths, places):
    queued = [job(str(k), float(k), seconds) for k, seconds in enumerate(lengths)]
    running: list[Job] = []
    while queued:
        found = next_job(queued, running, places)
        if found is None:
            assert running
            running.pop(0)
        else:
            queued.remove(found)
            running.append(found)
        assert len(running) <= places
