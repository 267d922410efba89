"""An exported package as a folder: which file is what, whatever the task.

A package holds `NAME.keras`, `NAME.metadata.json` and `labels.csv`, and may hold `NAME.tflite`; NAME is the exporter's
choice. The metadata is the whole task with what evaluation found, so that nothing else is needed to run the model.
"""

from dataclasses import dataclass
from pathlib import Path

from horuslib.core.errors import UserError

METADATA_SUFFIX = ".metadata.json"
LABELS = "labels.csv"
AGAIN = "Export it again with `make export`."


@dataclass(frozen=True)
class Package:
    """Where the files of a package are."""

    folder: Path
    name: str

    @property
    def model(self) -> Path:
        """The Keras model."""
        return self.folder / f"{self.name}.keras"

    @property
    def lite_model(self) -> Path:
        """The same for TensorFlow Lite; older packages have none."""
        return self.folder / f"{self.name}.tflite"

    @property
    def metadata(self) -> Path:
        return self.folder / f"{self.name}{METADATA_SUFFIX}"

    @property
    def labels(self) -> Path:
        """Header `class`, then one label a line, in the order of the model's output."""
        return self.folder / LABELS


def find_package(folder: Path) -> Package:
    """The package in a folder, or in its folder `models`.

    Raises
    ------
    UserError
        When there is no folder, no package in it or more than one, or its model is missing.
    """
    if not folder.is_dir():
        raise UserError(
            f"There is no model folder {folder}: train and export one with `make all`, or name another with --model."
        )
    for place in (folder, folder / "models"):
        found = sorted(place.glob(f"*{METADATA_SUFFIX}"))
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise UserError(f"{place} holds several packages ({names}): keep one package in a folder.")
        if found:
            package = Package(place, found[0].name.removesuffix(METADATA_SUFFIX))
            if not package.model.is_file():
                raise UserError(f"{place} has no {package.model.name}. {AGAIN}")
            return package
    raise UserError(
        f"{folder} has no file *{METADATA_SUFFIX}, so it is no exported package. Name the folder that `make all` "
        "exported."
    )
