"""Which job is next: in the order of arrival plus length, and never all places to long jobs."""

from collections.abc import Collection

from horuslib.service.jobs import Job

SHORT_S = 60.0
"""Seconds of sound up to which a job is short."""


def order(queued: Collection[Job]) -> list[Job]:
    """Queued jobs in the order in which they are taken.

    A job waits behind what came before it, and behind shorter jobs that came up to its own length later: a long job
    delays no short one for long, and is not delayed for ever itself.
    """
    return sorted(queued, key=lambda job: (job.created_s + _length(job), job.id))


def next_job(queued: Collection[Job], running: Collection[Job], places: int) -> Job | None:
    """The job to start now, or None.

    With two places or more, one is kept for short jobs: a job of an hour never holds them all up.
    """
    if len(running) >= places:
        return None
    long = sum(not is_short(job) for job in running)
    may_be_long = long < max(1, places - 1)
    return next((job for job in order(queued) if may_be_long or is_short(job)), None)


def is_short(job: Job) -> bool:
    return _length(job) <= SHORT_S


def _length(job: Job) -> float:
    """Unknown lengths count as an hour."""
    return 3600.0 if job.seconds is None else job.seconds
