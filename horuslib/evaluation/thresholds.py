"""Thresholds from four places, the first that speaks deciding: arguments, the environment, a `.env` file, the package.

Names are Horus's own: `AUDIO_THRESH_<LABEL IN CAPITALS>` for one label, `AUDIO_THRESH_DEFAULT` for the labels that
the same place does not name.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from horuslib.core.errors import UserError
from horuslib.tasks import Task

PREFIX = "AUDIO_THRESH_"


def variable(label: str) -> str:
    """The name that Horus gives a label's threshold.

    Example
    -------
    >>> variable("eco_reverb")
    'AUDIO_THRESH_ECO_REVERB'
    """
    return PREFIX + label.upper()


def settle(
    task: Task,
    package: Mapping[str, float],
    arguments: Mapping[str, float] | None = None,
    environment: Mapping[str, str] | None = None,
    dotenv: Path | None = None,
) -> dict[str, float]:
    """The thresholds to use, per fault label.

    Parameters
    ----------
    package : what the model's package says.
    arguments : label -> threshold, or `default` -> threshold for the rest.
    environment : this process's by default.
    dotenv : `.env` of the working folder by default; it need not exist.

    Raises
    ------
    UserError
        When a value is no number from 0 to 1, or an argument names no fault of the task.
    """
    environment = os.environ if environment is None else environment
    dotenv = Path.cwd() / ".env" if dotenv is None else dotenv
    thresholds = {label: float(value) for label, value in package.items() if label in task.faults}
    for where, values in ((f"in {dotenv}", read_dotenv(dotenv)), ("in the environment", environment)):
        thresholds |= _of_variables(values, where, task)
    return thresholds | _of_arguments(arguments or {}, task)


def read_dotenv(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file; comments, `export` and quotes around a value are understood."""
    values = {}
    lines = path.read_text("utf-8-sig", errors="replace").splitlines() if path.is_file() else []
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            quoted = value[:1] in ("'", '"') and value.find(value[0], 1) > 0
            values[name.strip()] = value[1 : value.find(value[0], 1)] if quoted else value.split(" #")[0].strip()
    return values


def _of_variables(values: Mapping[str, str], where: str, task: Task) -> dict[str, float]:
    found = {}
    for label in task.faults:
        for name in (variable(label), PREFIX + "DEFAULT"):
            if values.get(name, "").strip():
                found[label] = share(values[name], f"{name} {where}")
                break
    return found


def _of_arguments(arguments: Mapping[str, float], task: Task) -> dict[str, float]:
    unknown = set(arguments) - {*task.faults, "default"}
    if unknown:
        raise UserError(
            f"There is no threshold for {sorted(unknown)[0]!r}: task {task.name} has {', '.join(task.faults)}, "
            "or `default` for all that are not named."
        )
    given = {label: arguments.get(label, arguments.get("default")) for label in task.faults}
    return {label: share(value, f"The threshold of {label}") for label, value in given.items() if value is not None}


def share(value: object, what: str) -> float:
    """A number from 0 to 1, or a UserError that names `what` and says what it may be."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 <= number <= 1:
        raise UserError(f"{what} is {value!r}: it may be a number from 0 to 1, such as 0.85.")
    return number
