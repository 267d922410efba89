"""The package's own Python: the modules that answering needs, under another name, so that it runs without horuslib."""

import ast
from pathlib import Path

from horuslib.core.artifacts import write_bytes

NAME = "spectral_inference"
_SOURCE = "horuslib"
_ROOT = Path(__file__).resolve().parents[2]
_ENTRY = "spectral/package/inference.py"
_INIT = '''"""Classifies events of video, sound and sensors; see README.md of the package."""

from {name}.spectral.package.inference import SpectralInference

__all__ = ["SpectralInference"]
'''


def write_alone(folder: Path) -> list[Path]:
    """Copy the modules into `folder/spectral_inference`; returns their paths."""
    target = folder / NAME
    modules = sorted(needed(_ROOT / _ENTRY))
    written = [write_bytes(target / "__init__.py", _INIT.format(name=NAME).encode("utf-8"))]
    for path in modules:
        text = path.read_text("utf-8").replace(f"from {_SOURCE}.", f"from {NAME}.")
        written.append(write_bytes(target / path.relative_to(_ROOT), text.encode("utf-8")))
    for place in {parent for path in modules for parent in path.relative_to(_ROOT).parents} - {Path()}:
        init = target / place / "__init__.py"
        if not init.is_file():
            written.append(write_bytes(init, b""))
    return written


def needed(entry: Path) -> set[Path]:
    """A module and all modules of this library that it imports, directly or through one another."""
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == _SOURCE:
                waiting += _files(node.module, [alias.name for alias in node.names])
    return found


def _files(module: str, names: list[str]) -> list[Path]:
    """Where `from module import names` finds them: a module, submodules of a package, or its `__init__`."""
    place = _ROOT.joinpath(*module.split(".")[1:])
    if not place.is_dir():
        return [place.with_suffix(".py")]
    return [path if (path := place / f"{name}.py").is_file() else place / "__init__.py" for name in names]
