"""A job: what was asked, in which state it is, and what a client is shown of it."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

LONGEST_NAME = 200


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """The server ended while the job was there, and its sound is gone."""


ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED, State.LOST})


class JobRequest(BaseModel):
    """The fields of a form that asks for a job, beside its file."""

    model_config = ConfigDict(extra="forbid")
    task: str
    language: Annotated[str, Field(pattern=r"^([a-z]{2,3}|auto)$")] = "pt"
    """ISO 639-1, or auto."""
    variety: Annotated[str, Field(pattern=r"^[a-z]{2,3}-[A-Z]{2}$")] | None = None
    """Such as pt-BR: selects the model folder of this name, where the operator has put one."""
    speakers: Annotated[int, Field(ge=1, le=50)] | None = None
    """How many people speak, where that is known."""
    package: Annotated[str, Field(max_length=40)] | None = None
    """Which of the server's packages diagnoses; the first by default."""
    deadline_s: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None
    """Seconds of work after which the job fails; at most the server's JOB_DEADLINE."""


@dataclass
class Job:
    """A job as the store keeps it; times are seconds since 1970."""

    id: str
    owner: str
    """Hash of the token that asked; empty where no token is needed."""
    task: str
    name: str
    """Of the file, as the client calls it: data for people, never a path."""
    request: dict[str, Any]
    model: str
    """Folder of the model; a worker holds one."""
    seconds: float | None
    """Length of the sound as its file declares it."""
    state: State = State.QUEUED
    created_s: float = 0.0
    started_s: float | None = None
    finished_s: float | None = None
    attempts: int = 0
    error: str = ""
    progress: float = field(default=0.0, compare=False)
    """Share of the sound that is done; known to this process alone."""


class JobView(BaseModel):
    """What a client is shown of a job."""

    id: str
    task: str
    name: str
    state: State
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    progress: Annotated[float, Field(ge=0, le=1)]
    place: int | None
    """In the queue, from 1; null when it does not wait."""
    error: str
    results: dict[str, str]
    """Format -> path; empty until the job is done."""


def new_id() -> str:
    """Unguessable: 128 random bits."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{32}", text))


def view(job: Job, place: int | None, formats: tuple[str, ...]) -> JobView:
    return JobView(
        id=job.id,
        task=job.task,
        name=job.name,
        state=job.state,
        created_at=_time(job.created_s),
        started_at=None if job.started_s is None else _time(job.started_s),
        finished_at=None if job.finished_s is None else _time(job.finished_s),
        seconds=job.seconds,
        progress=1.0 if job.state is State.DONE else min(1.0, job.progress),
        place=place,
        error=job.error,
        results={name: f"/v1/jobs/{job.id}/{name}" for name in formats} if job.state is State.DONE else {},
    )


def shown_name(given: str) -> str:
    """A file's name without folders and control characters; of at most LONGEST_NAME characters."""
    base = re.split(r"[/\\]", given)[-1]
    clean = "".join(c for c in base if c.isprintable()).strip()
    return clean[-LONGEST_NAME:] or "upload"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
