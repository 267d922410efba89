"""A task is one YAML file, read into one validated model: labels, model input, training, decision rules."""

from horuslib.tasks.any_task import AnyTask
from horuslib.tasks.events_task import EventsTask
from horuslib.tasks.speakers_task import SpeakersTask
from horuslib.tasks.task import Task, load_events_task, load_speakers_task, load_task, read_task

__all__ = [
    "AnyTask", "EventsTask", "SpeakersTask", "Task", "load_events_task", "load_speakers_task", "load_task", "read_task",
]  # fmt: skip
