"""`horus install`: a package into Horus, or back; `horus promote`, `horus rollback`: a candidate into production."""

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
    promote = commands.add_parser("promote", help="put the candidate of a focused fine-tune into production")
    rollback = commands.add_parser("rollback", help="put back the package that the last promotion replaced")
    for command in (promote, rollback):
        command.add_argument("--task", default="sirens", help="a task's name or the path of its YAML (%(default)s)")
    promote.add_argument("--anyway", default="", metavar="REASON", help="though the gate did not let it pass")
    promote.set_defaults(command=_promote)
    rollback.set_defaults(command=_roll_back)


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


def _promote(given: argparse.Namespace) -> int:
    from horuslib.focus.promote import promote
    from horuslib.tasks import load_task

    kept, model = promote(load_task(given.task), anyway=given.anyway)
    print(f"Model {model} is in production. The package before it is kept in {kept}; `horus rollback` puts it back.")
    return DONE


def _roll_back(given: argparse.Namespace) -> int:
    from horuslib.focus.promote import roll_back
    from horuslib.tasks import load_task

    kept, model = roll_back(load_task(given.task))
    print(f"Model {model} is in production again. The package that it replaced is kept in {kept}.")
    return DONE
