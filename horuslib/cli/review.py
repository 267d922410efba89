"""`horus review`: the panel of 07_review as an application in the browser."""

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    review = commands.add_parser("review", help="hear, correct and tune: the panel as an application in the browser")
    review.add_argument("--task", default="horus", help="a task's name or the path of its YAML (%(default)s)")
    review.add_argument("--port", type=int, default=8866, help="where it listens, on this machine only (%(default)s)")
    review.add_argument("--no-browser", action="store_true", help="open no browser")
    review.set_defaults(command=_review)


def _review(given: argparse.Namespace) -> int:
    from horuslib.review.panel import application

    return application.serve(given.task, given.port, open_browser=not given.no_browser)
