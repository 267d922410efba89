"""`horus install`: installs a package into Horus, or rolls back."""

import argparse
from pathlib import Path

from horuslib.cli.status import DONE
from horuslib.core.paths import Paths


def add(commands: argparse._SubParsersAction) -> None:
    install = commands.add_parser(
        "install",
        help="install a package into Horus",
        description="Replaces the model in Horus's models folder and model_audio_keras, and keeps a backup.",
    )
    install.add_argument("horus", type=Path, metavar="HORUS_DIR", help="the folder of a Horus installation")
    install.add_argument(
        "--package", type=Path, default=Paths().export("horus"), metavar="DIR", help="an exported package (%(default)s)"
    )
    install.add_argument("--rollback", action="store_true", help="restore what the last installation replaced")
    install.set_defaults(command=_install)


def _install(given: argparse.Namespace) -> int:
    from horuslib.export import install

    if given.rollback:
        backup, files = install.roll_back(given.horus)
        print(f"{len(files)} files restored to their state before {backup.name}:")
    else:
        backup, files = install.install(given.package, given.horus)
        print(f"{len(files)} files installed; the files they replaced are in {backup}:")
    for path in files:
        print(f"  {path}")
    print("Restart Horus to load the model.")
    return DONE
