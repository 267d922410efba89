"""The kinds of job as data: what each is called, which model it needs, and the formats of its result.

Nothing here loads a model: the web process asks which kinds this installation can do, workers do them (`work`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from horuslib.core.errors import UserError
from horuslib.inference.package import find_package
from horuslib.service.jobs import JobRequest
from horuslib.service.settings import Settings
from horuslib.speech.formats import FORMATS
from horuslib.speech.model import WEIGHTS, check_folder

NO_MODEL = Path()
"""In place of the folder of a kind that needs none."""


@dataclass(frozen=True)
class Kind:
    """One kind of job."""

    title: str
    formats: tuple[str, ...]
    model: Callable[[JobRequest, Settings], Path]
    """The folder of its model; raises UserError when there is none."""


def speech_model(request: JobRequest, settings: Settings) -> Path:
    """MODEL_DIR itself when it is a model, else its folder of the variety, the language or `default`."""
    if settings.model_dir is None:
        raise UserError("No speech model is set on this server: MODEL_DIR should name its folder.")
    if (settings.model_dir / WEIGHTS).is_file():
        folder = settings.model_dir
    else:
        names = [name for name in (request.variety, request.language, "default") if name]
        folders = [settings.model_dir / name for name in names]
        folder = next((path for path in folders if path.is_dir()), settings.model_dir)
    check_folder(folder)
    return folder


def _package(request: JobRequest, settings: Settings) -> Path:
    folder = settings.packages[request.package or next(iter(settings.packages))]
    find_package(folder)
    return folder


def _no_model(request: JobRequest, settings: Settings) -> Path:
    return NO_MODEL


KINDS: Mapping[str, Kind] = {
    "diagnose": Kind("Audio faults", ("json",), _package),
    "transcribe": Kind("Transcript", tuple(FORMATS), speech_model),
    "diarize": Kind("Speakers", ("json", "rttm"), _no_model),
    "both": Kind("Transcript with speakers", tuple(FORMATS), speech_model),
}


def available(settings: Settings) -> dict[str, str]:
    """Kind -> "" when this server can do it, with one of its packages at least; else why not."""
    reasons = {name: _why_not(JobRequest(task=name), settings) for name in KINDS}
    if not all(packages(settings).values()):
        reasons["diagnose"] = ""
    return reasons


def packages(settings: Settings) -> dict[str, str]:
    """Name of each package for `diagnose` -> "" when it can be used, else why not."""
    return {name: _why_not(JobRequest(task="diagnose", package=name), settings) for name in settings.packages}


def _why_not(request: JobRequest, settings: Settings) -> str:
    try:
        KINDS[request.task].model(request, settings)
    except UserError as e:
        return str(e)
    return ""
