"""What is being learnt: a task is one YAML file, read into one validated model."""

from horuslib.tasks.task import Task, load_task

__all__ = ["Task", "load_task"]
