"""`horus run`: the notebooks up to a step."""

import argparse

from horuslib.cli.status import DONE
from horuslib.core.workbooks import AUDIO


def add(commands: argparse._SubParsersAction) -> None:
    run = commands.add_parser("run", help="run the notebooks up to a step, those that are out of date")
    run.add_argument("step", metavar="STEP", help=f"such as export, or {AUDIO['train']}")
    run.add_argument("--task", default="horus", help="a task's name or the path of its YAML (%(default)s)")
    run.add_argument("--raw", default="", help="folder of videos (data/raw, or the demo corpus when that is empty)")
    run.add_argument("--good", default="", help="folder of known-good programme (data/good if there is one)")
    run.add_argument(
        "--test", default="", help="folder of your own test set: what shares sound with it leaves training"
    )
    run.set_defaults(command=_run)


def _run(given: argparse.Namespace) -> int:
    from horuslib.core.log import show_log
    from horuslib.workflow import runner

    show_log(prefix="[horus] ")
    outcomes = runner.run(given.step, given.task, {"raw": given.raw, "good": given.good, "test": given.test})
    print(runner.summary(given.task, outcomes))
    return DONE
