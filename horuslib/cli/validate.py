"""`horus validate`: checks a package's format for Horus, and its model on unambiguous test sounds."""

import argparse
import sys
from pathlib import Path

from horuslib.cli.status import CHECK_FAILED, WRONG
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.stderr import stderr_to


def add(commands: argparse._SubParsersAction) -> None:
    validate = commands.add_parser(
        "validate",
        help="check a package for Horus",
        description="The checks of the package's own validate_audio_model_for_horus.py. Exit status 1: a check failed.",
    )
    validate.add_argument(
        "package",
        type=Path,
        nargs="?",
        default=Paths().export("horus"),
        metavar="DIR",
        help="an exported package or a model_audio_keras folder (%(default)s)",
    )
    validate.set_defaults(command=_validate)


def _validate(given: argparse.Namespace) -> int:
    from horuslib.export.files import validate_audio_model_for_horus as script
    from horuslib.inference.detector import Detector
    from horuslib.inference.package import METADATA_SUFFIX

    try:
        with stderr_to():
            folder = script.package_folder(given.package)
            done = script.checks(folder)
    except script.NoPackage as e:
        print(e, file=sys.stderr)
        return WRONG
    status = script.show(folder, done)
    if any(given.package.glob(f"*{METADATA_SUFFIX}")):  # an export also holds the model for `horus scan`
        try:
            with stderr_to():
                Detector.load(given.package, environment={}, dotenv=given.package / "none")
        except UserError as e:
            print(f"FAILED: {e}", file=sys.stderr)
            return status or CHECK_FAILED
    return status
