"""`horus report`: a scan as one HTML page; `horus compare`: two tasks as one."""

import argparse
import sys
from pathlib import Path

from horuslib.cli.status import DONE

_HELP = """Write one HTML page that needs no network: totals, a timeline per video, events to sort, filter and play."""


def add(commands: argparse._SubParsersAction) -> None:
    report = commands.add_parser("report", help="write an HTML page of a scan, with playable events", description=_HELP)
    report.add_argument("scan", type=Path, metavar="SCAN", help="the folder that horus scan wrote")
    report.add_argument(
        "--sound", type=Path, metavar="FOLDER", help="the folder that was scanned: the page then plays the events"
    )
    report.add_argument(
        "--good",
        action="store_true",
        help="known-good programme was scanned: alarms by source, and with --sound SCAN/hard_normals.csv, which "
        "data/labels/ takes",
    )
    report.add_argument("--out", type=Path, metavar="FILE", help="the page (SCAN/report.html)")
    report.set_defaults(command=_report)
    _add_compare(commands)


def _report(given: argparse.Namespace) -> int:
    return write_report(given.scan, given.sound, given.out, given.good)


def write_report(scan: Path, sound: Path | None, out: Path | None, good: bool) -> int:
    """Write the page of a scan and, of known-good programme, its list of hard normals; say where."""
    from horuslib.core.progress import Progress
    from horuslib.review.reports.scan_report import write_hard_normals, write_scan_report

    with Progress(None, "sound cards", "events", each=None) as progress:
        page, cards = write_scan_report(scan, sound, out, lambda _: progress.update(1), good)
    playable = f", {len(cards.of)} playable events" if cards else ""
    print(f"{page} ({page.stat().st_size / 1e6:.1f} MB{playable})")
    if good and sound is not None:
        listed, alarms = write_hard_normals(scan, sound)
        counted = f"{alarms} {'alarm' if alarms == 1 else 'alarms'}"
        print(f"{listed} lists {counted} as normal: delete what is faulty, and put it into data/labels/")
    for words, names in _silent(cards):
        shown = ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
        print(f"{words[len(names) > 1].format(len(names))}: {shown}", file=sys.stderr)
    return DONE


def _silent(cards) -> list[tuple[tuple[str, str], set[str]]]:
    """Reasons why events cannot be played (singular and plural text), with the names of the videos."""
    if cards is None:
        return []
    reasons = [
        (("1 video is not in the folder of sound", "{} videos are not in the folder of sound"), cards.absent),
        (("1 video has changed since the scan", "{} videos have changed since the scan"), cards.changed),
        (("1 video could not be read", "{} videos could not be read"), cards.unreadable),
    ]
    return [(words, names) for words, names in reasons if names]


def _add_compare(commands: argparse._SubParsersAction) -> None:
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
