"""What the environment sets; a wrong value stops the start and is called by its name.

Workers read the environment themselves, so that a variable counts where the work happens.
"""

import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths

_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class Settings:
    """The service's settings; `VARIABLES` has their names and defaults."""

    model_dir: Path | None
    package: Path
    named_packages: Mapping[str, Path]
    data_dir: Path
    auto_unload: bool
    model_idle_s: float
    workers: int
    cpu_threads: int
    max_queue: int
    max_seconds: float
    max_upload_mb: float
    job_ttl_s: float
    job_deadline_s: float
    drain_s: float
    tokens: tuple[str, ...]

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of an environment; an empty variable counts as absent.

        Raises
        ------
        UserError
            For a value that is out of range or no number: names the variable, the value and what it should be.
        """
        values = {}
        for name, (field, default, read, wanted) in VARIABLES.items():
            text = environment.get(name, "").strip()
            try:
                values[field] = read(text or default)
            except ValueError:
                raise UserError(f"{name} is {text!r}: it should be {wanted}.") from None
        return cls(**values)

    @property
    def packages(self) -> Mapping[str, Path]:
        """Name -> package of `diagnose`; the first is the default. PACKAGE_DIR alone is called `default`."""
        return self.named_packages or {"default": self.package}

    @property
    def idle_s(self) -> float:
        """Seconds after which an idle worker ends; infinite when it never does."""
        return math.inf if not self.auto_unload or self.model_idle_s < 0 else self.model_idle_s


def check_address(host: str, settings: Settings) -> None:
    """Raise UserError when others than this machine could reach a service that asks for no token."""
    if not settings.tokens and not is_loopback(host):
        raise UserError(
            f"The service would answer anybody who reaches {host}: set TOKENS to one secret or more (separated by "
            "commas), or serve on 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _flag(text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise ValueError
    return text.lower() in _YES


def _number(low: float, high: float = math.inf, kind: Callable[[str], Any] = float) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = kind(text)
        if not math.isfinite(value) or not low <= value <= high:
            raise ValueError
        return value

    return read


def _idle(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or (value < 0 and value != -1):
        raise ValueError
    return value


def _tokens(text: str) -> tuple[str, ...]:
    tokens = tuple(token.strip() for token in text.split(",") if token.strip())
    if any(len(token) < 16 or not token.isascii() for token in tokens):
        raise ValueError
    return tokens


def _packages(text: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        name, _, folder = item.partition("=")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) or name in found or not folder.strip():
            raise ValueError
        found[name] = Path(folder.strip()).absolute()
    return found


def _folder(text: str) -> Path | None:
    return Path(text).absolute() if text else None


VARIABLES: Mapping[str, tuple[str, str, Callable[[str], Any], str]] = {
    "MODEL_DIR": ("model_dir", "", _folder, "a folder"),
    "PACKAGE_DIR": ("package", str(Paths().export("horus")), _folder, "a folder"),
    "PACKAGES": ("named_packages", "", _packages, "NAME=FOLDER for each package, separated by commas"),
    "DATA_DIR": ("data_dir", str(Paths().root / "artifacts" / "service"), _folder, "a folder"),
    "AUTO_UNLOAD_MODELS": ("auto_unload", "true", _flag, "true or false"),
    "MODEL_IDLE_SECONDS": ("model_idle_s", "60", _idle, "seconds, 0 to unload at once, or -1 for never"),
    "WORKERS": ("workers", str(max(2, _CORES)), _number(1, 256, int), "a whole number from 1 to 256"),
    "CPU_THREADS": ("cpu_threads", "1", _number(1, 1024, int), "a whole number from 1 to 1024"),
    "MAX_QUEUE": ("max_queue", "500", _number(1, 1e6, int), "a whole number from 1 to 1000000"),
    "MAX_SECONDS": ("max_seconds", "14400", _number(1), "seconds of sound, 1 or more"),
    "MAX_UPLOAD_MB": ("max_upload_mb", "2048", _number(0.001), "megabytes, more than 0"),
    "JOB_TTL": ("job_ttl_s", "86400", _number(1), "seconds, 1 or more"),
    "JOB_DEADLINE": ("job_deadline_s", "14400", _number(1), "seconds, 1 or more"),
    "DRAIN_SECONDS": ("drain_s", "30", _number(0), "seconds, 0 or more"),
    "TOKENS": ("tokens", "", _tokens, "secrets of 16 ASCII characters or more, separated by commas"),
}
"""Variable -> field, default, how it is read, and what it should be."""
