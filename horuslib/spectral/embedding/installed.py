"""Files inside installed packages, which are not imported."""

from importlib.util import find_spec
from pathlib import Path


def installed_file(package: str, file: str) -> Path | None:
    """A file of a package; None where the package is not installed or lacks it."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / file
    return path if path.is_file() else None
