"""A task is one YAML file, read into one validated model: labels, model input, training, decision rules."""

from horuslib.tasks.task import Task, load_task

__all__ = ["Task", "load_task"]
