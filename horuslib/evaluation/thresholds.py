"""Thresholds from four places, the first that speaks deciding: arguments, the environment, a `.env` file, the package.

Names are Horus's own: `AUDIO_THRESH_<LABEL IN CAPITALS>` for one label, `AUDIO_THRESH_DEFAULT` for the labels that
the same place does not name.

A package that fuses measures of the waveform with the network has two scales: thresholds for the network alone, as
Horus's backend runs it, mean something else than those of the whole decision. So a place that sets thresholds says
which they are for, in `HORUS_THRESHOLDS_FOR`: `network`, `decision`, or either with a model (`network:0f3a5c7e9b1d`).
What is for another scale or model is refused.
"""

import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from horuslib.core.errors import UserError
from horuslib.tasks import Task

PREFIX = "AUDIO_THRESH_"
MEANT_FOR = "HORUS_THRESHOLDS_FOR"
NETWORK, DECISION = "network", "decision"


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
    scale: str | None = None,
    model: str = "",
) -> dict[str, float]:
    """The thresholds to use, per fault label.

    Parameters
    ----------
    package : what the model's package says.
    arguments : label -> threshold, or `default` -> threshold for the rest.
    environment : this process's by default.
    dotenv : `.env` of the working folder by default; it need not exist.
    scale : the scale that thresholds must be for; None where the network alone decides, so that there is but one.
    model : the model's short name.

    Raises
    ------
    UserError
        When a value is no number from 0 to 1, an argument names no fault of the task, or thresholds in the file or the
        environment are for another scale or model.
    """
    environment = os.environ if environment is None else environment
    dotenv = Path.cwd() / ".env" if dotenv is None else dotenv
    thresholds = {label: float(value) for label, value in package.items() if label in task.faults}
    for where, values in ((f"in {dotenv}", read_dotenv(dotenv)), ("in the environment", environment)):
        found = _of_variables(values, where, task)
        if found:
            _check_meant(values.get(MEANT_FOR, "").strip(), where, scale, model)
        thresholds |= found
    return thresholds | _of_arguments(arguments or {}, task)


def meant_for(scale: str, model: str = "") -> str:
    """The value of `MEANT_FOR` for a scale, and a model where it is known."""
    return f"{scale}:{model}" if model else scale


def _check_meant(stated: str, where: str, scale: str | None, model: str) -> None:
    """Refuse thresholds that are stated to be for another scale or model, or for none where there are two scales."""
    of_scale, _, of_model = stated.partition(":")
    wanted = scale or NETWORK
    instead = f"Remove them, run elsewhere, or pass --threshold LABEL=SHARE; thresholds that are meant say {MEANT_FOR}="
    if of_model and model and of_model != model:
        raise UserError(
            f"The {PREFIX}... thresholds {where} are for the model {of_model}, and this package's is {model}. "
            f"{instead}{meant_for(wanted, model)}."
        )
    if stated and of_scale not in (NETWORK, DECISION):
        raise UserError(
            f"The {PREFIX}... thresholds {where} are for {of_scale!r}, which is no scale: {MEANT_FOR} may be {NETWORK} "
            f"or {DECISION}, or either with a model. {instead}{wanted}."
        )
    if scale is None and of_scale == DECISION:
        raise UserError(
            f"The {PREFIX}... thresholds {where} are for a decision that also weighs measures of the waveform; this "
            f"package's network decides alone, on another scale. {instead}{wanted}."
        )
    if scale is not None and of_scale != scale:
        are = f"for the {of_scale} alone" if of_scale else "not marked with what they are for"
        raise UserError(
            f"The {PREFIX}... thresholds {where} are {are}, as Horus's own backend reads them; this package also "
            f"weighs measures of the waveform, on another scale. {instead}{scale}."
        )


def read_dotenv(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file, as python-dotenv reads them, without interpolation; none without a file."""
    if not path.is_file():
        return {}
    text = path.read_text("utf-8-sig", errors="replace")
    return {name: value for name, value in dotenv_values(stream=StringIO(text), interpolate=False).items() if value}


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


def share(value: Any, what: str) -> float:
    """A number from 0 to 1, or a UserError that names `what` and says what it may be."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 <= number <= 1:
        raise UserError(f"{what} is {value!r}: it may be a number from 0 to 1, such as 0.85.")
    return number
