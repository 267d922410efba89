"""`horus review`: the panel of 07_review as a web application."""

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    review = commands.add_parser(
        "review", help="listen, correct labels, tune thresholds: the panel as a web application"
    )
    review.add_argument("--task", default="horus", help="a task's name or the path of its YAML (%(default)s)")
    review.add_argument("--port", type=int, default=8866, help="port, on this machine only (%(default)s)")
    review.add_argument("--focus", action="store_true", help="tag what a focused fine-tune put in quarantine")
    review.add_argument("--no-browser", action="store_true", help="do not open a browser")
    review.set_defaults(command=_review)


def _review(given: argparse.Namespace) -> int:
    from horuslib.review.panel import application

    return application.serve(given.task, given.port, open_browser=not given.no_browser, focus=given.focus)
