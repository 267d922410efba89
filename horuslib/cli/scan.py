"""`horus scan`: diagnoses media files."""

import argparse
import logging
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horuslib.cli.report import write_report
from horuslib.cli.status import DONE, FAULT_FOUND, SOME_UNREADABLE
from horuslib.core.errors import UserError
from horuslib.core.machine import cores
from horuslib.core.paths import Paths
from horuslib.core.stderr import stderr_to

if TYPE_CHECKING:
    from horuslib.core.scan_progress import ScanProgress
    from horuslib.core.walk import LeftOut

log = logging.getLogger(__name__)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LISTED = 6
EVENTS_METADATA = "spectral_metadata.json"
"""In a package for events (`horuslib.spectral`), whose inputs are folders of event_* folders."""
_HELP = """Write one diagnosis JSON per media file, and the tables segments.parquet and events.parquet.
Files that were scanned before (same content, model and settings) are skipped."""
_STATUS = """Exit status: 0 done, 1 a fault was found (with --fail-on-fault), 2 wrong usage, 3 some files were
unreadable, 70 a defect of this program."""


def add(commands: argparse._SubParsersAction) -> None:
    scan = commands.add_parser("scan", help="diagnose videos", description=_HELP, epilog=_STATUS)
    scan.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a media file, a folder (with its sub-folders), a 'pattern/**/*.mp4', @LIST (a text file with one of "
        "these on each line), or - for such a list on standard input",
    )
    scan.add_argument(
        "--out", type=Path, required=True, help="folder for INPUT.json and tables; sub-folders are mirrored"
    )
    scan.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="leave out files and folders whose name or path fits, such as '*.tmp' or 'old/*'; may be repeated",
    )
    scan.add_argument("--follow-symlinks", action="store_true", help="search folders that are linked to, too")
    scan.add_argument("--csv", action="store_true", help="write the tables also as segments.csv and events.csv")
    scan.add_argument(
        "--good",
        action="store_true",
        help="INPUT is a folder of known-good programme: then report its alarms by source, and list them in "
        "OUT/hard_normals.csv (as horus report OUT --good --sound INPUT does)",
    )
    scan.add_argument("--fail-on-fault", action="store_true", help="exit with 1 when a fault was found")
    scan.add_argument(
        "--track", type=track_number, metavar="N", help="the audio track to hear, from 1 (the first that carries sound)"
    )
    add_model(scan)
    several = scan.add_mutually_exclusive_group()
    several.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="distribute the files over N processes, where that is faster than one (needs Dask)",
    )
    several.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="distribute the files over a Dask cluster")
    scan.set_defaults(command=_scan)


def add_model(command: argparse.ArgumentParser) -> None:
    """Add the arguments that select the detector, for `load_detector`."""
    command.add_argument(
        "--model", type=Path, default=Paths().export("horus"), help="an exported package (%(default)s)"
    )
    command.add_argument(
        "--threshold", action="append", default=[], metavar="LABEL=SHARE", help="e.g. eco_reverb=0.85, or default=0.6"
    )


def load_detector(given: argparse.Namespace):
    """The detector selected by the arguments of `add_model`."""
    from horuslib.inference.detector import Detector

    thresholds = dict(map(_label_and_share, given.threshold))
    with stderr_to():
        return Detector.load(given.model, thresholds)


def _scan(given: argparse.Namespace) -> int:
    if (given.model / EVENTS_METADATA).is_file():
        return _scan_events(given)
    from horuslib.core.scan_progress import ScanProgress
    from horuslib.inference.inputs import Search, find_inputs
    from horuslib.inference.tables import write_csv

    _refuse_addresses(given.inputs)
    if given.good and not (len(given.inputs) == 1 and Path(given.inputs[0]).is_dir()):
        raise UserError("--good takes one folder of known-good programme: its subfolders are the sources.")
    search = Search(given.exclude, given.follow_symlinks)
    files = find_inputs(given.inputs, search)
    progress, unreadable = ScanProgress(files), []
    events: Counter[str] = Counter()
    for diagnosis, new in _diagnoses(files, given, progress):
        progress.done(diagnosis["file"], diagnosis["duration_s"], new)
        if diagnosis["status"] == "error":
            message = diagnosis["message"].removeprefix(f"{Path(diagnosis['file']).name}: ")
            unreadable.append(f"{diagnosis['file']}: {message}")
        events.update(event["type"] for event in diagnosis["events"])
    if given.csv:
        write_csv(given.out)
    progress.close()
    print(f"{progress.summary()}; diagnoses in {given.out}")
    print("Events: " + (", ".join(f"{label} {n}" for label, n in sorted(events.items())) or "none"))
    if passed_over := _passed_over(search.left_out):
        print(passed_over)
    for line in unreadable:
        print(f"Could not be read: {line}", file=sys.stderr)
    for path, why in search.left_out.named:
        print(f"Left out: {path} ({why})", file=sys.stderr)
    if given.good:
        write_report(given.out, Path(given.inputs[0]), None, True)
    if given.fail_on_fault and events:
        return FAULT_FOUND
    return SOME_UNREADABLE if unreadable or search.left_out.named else DONE


def _refuse_addresses(inputs: Sequence[str]) -> None:
    for given in inputs:
        if _ADDRESS.match(given) and not Path(given).exists():
            raise UserError(
                f"{given} is an address, and a scan reads files: `horus watch {given}` hears it as it comes, or copy "
                "it here first."
            )


def _passed_over(left_out: "LeftOut") -> str:
    """What was not taken, counted; empty where everything was."""
    kinds = [f"{suffix or 'no suffix'} {n}" for suffix, n in left_out.passed_over.most_common(_LISTED)]
    others = len(left_out.passed_over) - _LISTED
    more = f" and {others} more kinds" if others > 0 else ""
    parts = [
        _counted(left_out.passed_over.total(), "file that is no media", "files that are no media")
        + f" ({', '.join(kinds)}{more})",
        _counted(left_out.excluded, "excluded by --exclude", "excluded by --exclude"),
        _counted(len(left_out.links), "link to a folder (--follow-symlinks)", "links to folders (--follow-symlinks)"),
        _counted(len(left_out.named), "path that cannot be read", "paths that cannot be read"),
    ]
    counted = [part for part in parts if not part.startswith("0 ")]
    return f"Passed over: {', '.join(counted)}" if counted else ""


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _scan_events(given: argparse.Namespace) -> int:
    """Classify folders of events; the package says that it is for them."""
    from horuslib.spectral.scan import scan_events

    classes: Counter[str] = Counter()
    unread = []
    with stderr_to():
        for answer, _ in scan_events(given.model, [Path(name) for name in given.inputs], given.out):
            classes[answer["class"] or "undecided"] += 1
            if not answer["modalities"]:
                unread.append(answer["event"])
    print(f"{classes.total()} events; answers in {given.out}")
    print("Classes: " + (", ".join(f"{label} {n}" for label, n in sorted(classes.items())) or "none"))
    for name in unread:
        print(f"Could not be read: {name}: none of its files", file=sys.stderr)
    return SOME_UNREADABLE if unread else DONE


def _diagnoses(files: list[tuple[Path, str]], given: argparse.Namespace, progress: "ScanProgress"):
    """Each diagnosis and whether it is new, computed here, by worker processes or by a cluster."""
    if given.workers is not None and given.workers < 1:
        raise UserError(f"--workers is {given.workers}: it should be 1 or more.")
    if given.scheduler is None and not (given.workers and _worthwhile(given.workers, len(files))):
        from horuslib.audio.decoder import decoders

        with decoders(min(cores(), len(files))) as started:  # they start while the model is loaded
            from horuslib.inference.scan import scan

            decode = [decoder.stream_audio for decoder in started]
            yield from scan(files, load_detector(given), given.out, progress.processed, decode, given.track)
        return
    from horuslib.inference.cluster import scan_on_workers

    detector = load_detector(given)
    shared = scan_on_workers(files, detector, given.model, given.out, given.scheduler, given.workers or 1, given.track)
    for diagnosis, new in shared:
        if new:
            progress.processed(diagnosis["duration_s"])
        yield diagnosis, new


def _worthwhile(workers: int, files: int) -> bool:
    from horuslib.inference.cluster import worthwhile

    if worthwhile(workers, files):
        return True
    log.info("One process does this as fast as %d workers would here: none are started.", workers)
    return False


def track_number(text: str) -> int:
    """The value of --track."""
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} should be the number of an audio track, 1 or more")
    return int(text)


def _label_and_share(text: str) -> tuple[str, Any]:
    label, equals, share = text.partition("=")
    if not equals:
        raise UserError(f"--threshold {text!r} should be LABEL=SHARE, such as eco_reverb=0.85.")
    return label, share
