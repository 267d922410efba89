"""`horus review`: the panel of 07_review as a web application; `horus track`: the runs of a task in TensorBoard."""

import argparse

from horuslib.cli.status import of_process


def add(commands: argparse._SubParsersAction) -> None:
    review = commands.add_parser(
        "review", help="listen, correct labels, tune thresholds: the panel as a web application"
    )
    review.add_argument("--task", default="horus", help="a task's name or the path of its YAML (%(default)s)")
    review.add_argument("--port", type=int, default=8866, help="port, on this machine only (%(default)s)")
    review.add_argument("--focus", action="store_true", help="tag what a focused fine-tune put in quarantine")
    review.add_argument("--no-browser", action="store_true", help="do not open a browser")
    review.set_defaults(command=_review)
    track = commands.add_parser("track", help="the results of a task's runs as curves: TensorBoard on this machine")
    track.add_argument("--task", default="spectral", help="a task's name or the path of its YAML (%(default)s)")
    track.add_argument("--port", type=int, default=6006, help="port, on this machine only (%(default)s)")
    track.set_defaults(command=_track)


def _review(given: argparse.Namespace) -> int:
    from horuslib.review.panel import application

    return of_process(application.serve(given.task, given.port, open_browser=not given.no_browser, focus=given.focus))


def _track(given: argparse.Namespace) -> int:
    from horuslib.core.paths import Paths
    from horuslib.tasks import read_task
    from horuslib.workflow import tracking

    return of_process(tracking.show(tracking.write_curves(read_task(given.task), Paths()), given.port))
