"""`horus spectral`: checks a folder of events, gives events other classes, writes a demo corpus, watches a folder."""

import argparse
from collections import Counter
from pathlib import Path

from horuslib.cli.status import DONE, SOME_UNREADABLE
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.walk import shown

_TASK = "spectral"


def add(commands: argparse._SubParsersAction) -> None:
    spectral = commands.add_parser("spectral", help="events of video, sound and sensors: check, label, demo, watch")
    inside = spectral.add_subparsers(required=True, metavar="ACTION")
    check = inside.add_parser("check", help="name what is odd, event by event", description=_check.__doc__)
    check.add_argument("folder", type=Path, metavar="DIR", help="the folder of event_* folders")
    check.set_defaults(command=_check)
    label = inside.add_parser("label", help="give an event another class")
    label.add_argument("event", type=Path, metavar="EVENT", help="the event's folder")
    label.add_argument("label", metavar="CLASS", help="a class of the task; - takes the class away")
    label.set_defaults(command=_label)
    demo = inside.add_parser("demo", help="write generated events")
    demo.add_argument("folder", type=Path, metavar="DIR")
    demo.add_argument("--events", type=int, default=40, metavar="N", help="how many (%(default)s)")
    demo.set_defaults(command=_demo)
    watch = inside.add_parser("watch", help="classify new events of a folder as they come")
    watch.add_argument("folder", type=Path, metavar="DIR")
    watch.add_argument("--model", type=Path, default=Paths().export(_TASK), help="an exported package (%(default)s)")
    watch.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for EVENT.json")
    watch.set_defaults(command=_watch)
    for command in (check, label, demo):
        command.add_argument("--task", default=_TASK, help="a task's name or the path of its YAML (%(default)s)")


def _check(given: argparse.Namespace) -> int:
    """Exit status: 0 done, 2 no such folder, 3 some files could not be used."""
    from horuslib.datasets.ingest_issues import report_table
    from horuslib.spectral.events.event import event_of, find_events, read_signals
    from horuslib.tasks import load_events_task

    task = load_events_task(given.task)
    events, issues = find_events(given.folder, task.labels, task.duration_s)
    for event in events:
        issues += read_signals(event).issues
    for row in sorted(report_table(issues).itertuples(), key=lambda row: event_of(row.file)):
        print(f"{row.severity}: {row.file}: {row.problem}; {row.action}")
    classes = Counter(event.label or "no class" for event in events)
    print(f"{len(events)} events: " + (", ".join(f"{name} {n}" for name, n in sorted(classes.items())) or "none"))
    return SOME_UNREADABLE if any(issue.severity == "error" for issue in issues) else DONE


def _label(given: argparse.Namespace) -> int:
    from horuslib.spectral.corrections import relabel
    from horuslib.spectral.events.event import FILES
    from horuslib.spectral.events.metadata import read_metadata
    from horuslib.tasks import load_events_task

    task = load_events_task(given.task)
    if given.event.is_dir() and not any((given.event / name).is_file() for name in FILES.values()):
        raise UserError(f"{given.event} holds none of {', '.join(FILES.values())}: give the folder of one event.")
    old = read_metadata(given.event, task.labels).label if given.event.is_dir() else None
    new = relabel(given.event, given.label, task.labels, old, Paths())
    name, before = shown(given.event.name), old or "no class"
    print(f"{name}: {before} -> {new}; it counts from the next `make all TASK={task.name}` on.")
    return DONE


def _demo(given: argparse.Namespace) -> int:
    from horuslib.spectral.generator.folder import write_demo
    from horuslib.tasks import load_events_task

    truth = write_demo(given.folder, load_events_task(given.task), given.events)
    size_mb = sum(p.stat().st_size for p in given.folder.rglob("*") if p.is_file()) / 1e6
    print(f"{len(truth)} events, {size_mb:.1f} MB, in {given.folder}")
    return DONE


def _watch(given: argparse.Namespace) -> int:
    from horuslib.spectral.scan import watch_events

    for answer in watch_events(given.model, given.folder, given.out):
        print(f"{answer['event']}: {answer['class'] or 'undecided'} {answer['confidence']:.2f}", flush=True)
    return DONE
