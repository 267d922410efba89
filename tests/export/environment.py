"""A second environment that holds only what a package may need: tensorflow, librosa, numpy and Pillow.

A real `venv` without pip, whose site-packages has links to the installed files of these four distributions and of what
they require, and to nothing else: it is made in a second, and horuslib, pandas or pydantic are not in it.
"""

import re
import sys
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

NEEDED = ("tensorflow", "librosa", "numpy", "pillow")


def bare_environment(folder: Path) -> Path:
    """Make the environment; returns its Python."""
    venv.create(folder, symlinks=True, with_pip=False)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / python / "site-packages"
    for name in _with_requirements(NEEDED):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files if file.parts[0] not in ("..", "__pycache__")}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(found.locate_file(top)).resolve())
    return folder / "bin" / "python"


def _with_requirements(names) -> set[str]:
    """The distributions and all that they require here, extras left out."""
    found, waiting = set(), list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:  # for another system or Python
            continue
        found.add(name)
        waiting += [re.match(r"[\w.-]+", line)[0] for line in requires if "extra ==" not in line]
    return found
