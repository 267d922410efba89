"""`horus run`, `horus focus`: the notebooks up to a step."""

import argparse

from horuslib.cli.status import DONE
from horuslib.core.workbooks import AUDIO, FOCUS


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
    focus = commands.add_parser(
        "focus",
        help="a focused fine-tune of one class: audit, relabel, fine-tune, decide",
        description="Runs the notebooks of notebooks/focus that are out of date, after `horus run export`.",
    )
    focus.add_argument("step", nargs="?", default=FOCUS.names[-1], metavar="STEP", help="up to which (%(default)s)")
    focus.add_argument("--task", default="sirens", help="a task's name or the path of its YAML (%(default)s)")
    focus.add_argument("--class", dest="label", default="", help="the label in focus (sirens, else the first)")
    focus.add_argument("--test", default="", help="folder of your own test set, by which the gate decides")
    focus.add_argument(
        "--evidence",
        default="",
        choices=("", "held_out", "folds"),
        help="held_out: the test set, else the holdout (default); folds: cross-validation over all recordings",
    )
    focus.add_argument(
        "--programme", default="", help="folder of long programme without the class in focus, to count false alarms in"
    )
    focus.set_defaults(command=_focus)


def _run(given: argparse.Namespace) -> int:
    from horuslib.core.log import show_log
    from horuslib.workflow import runner

    show_log(prefix="[horus] ")
    outcomes = runner.run(given.step, given.task, {"raw": given.raw, "good": given.good, "test": given.test})
    print(runner.summary(given.task, outcomes))
    return DONE


def _focus(given: argparse.Namespace) -> int:
    from horuslib.core.log import show_log
    from horuslib.workflow import runner

    show_log(prefix="[horus] ")
    options = {"label": given.label, "test": given.test, "evidence": given.evidence, "programme": given.programme}
    outcomes = runner.run(given.step, given.task, options, workbook=FOCUS.name)
    print(runner.summary(given.task, outcomes, workbook=FOCUS.name))
    return DONE
