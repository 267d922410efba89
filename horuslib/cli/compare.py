"""`horus compare`: compares two tasks on the same videos."""

import argparse

from horuslib.cli.status import DONE


def add(commands: argparse._SubParsersAction) -> None:
    compare = commands.add_parser(
        "compare",
        help="compare two tasks",
        description="Writes reports/compare/index.html: which faults two evaluated tasks detect, and how soon.",
    )
    compare.add_argument("one", nargs="?", default="horus", metavar="TASK", help="a task (%(default)s)")
    compare.add_argument("other", nargs="?", default="heimdall", metavar="TASK", help="another (%(default)s)")
    compare.set_defaults(command=_compare)


def _compare(given: argparse.Namespace) -> int:
    from horuslib.review.reports.comparison import write_comparison

    print(f"Open: {write_comparison(given.one, given.other)}")
    return DONE
