"""`horus scan`: media files to diagnoses."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from horuslib.cli.status import DONE, SOME_UNREADABLE
from horuslib.errors import UserError
from horuslib.paths import Paths


def add(commands: argparse._SubParsersAction) -> None:
    scan = commands.add_parser("scan", help="diagnose videos", description="Write one diagnosis JSON per media file.")
    scan.add_argument(
        "inputs", nargs="+", metavar="VIDEO_OR_FOLDER", help="folders are searched with their sub-folders"
    )
    scan.add_argument("--model", type=Path, default=Paths().export("horus"), help="an exported package (%(default)s)")
    scan.add_argument("--out", type=Path, required=True, help="folder for VIDEO.json; sub-folders are kept")
    scan.add_argument(
        "--threshold", action="append", default=[], metavar="LABEL=SHARE", help="e.g. eco_reverb=0.85, or default=0.6"
    )
    scan.set_defaults(command=_scan)


def _scan(given: argparse.Namespace) -> int:
    from horuslib.detect.detector import Detector
    from horuslib.detect.scan import find_inputs, scan

    files = find_inputs(given.inputs)
    thresholds = dict(map(_label_and_share, given.threshold))
    with _quiet_stderr():
        detector = Detector.load(given.model, thresholds)
    began, heard_s, unreadable, events = time.monotonic(), 0.0, [], {}
    for done, diagnosis in enumerate(scan(files, detector, given.out), 1):
        heard_s += diagnosis["duration_s"]
        if diagnosis["status"] == "error":
            unreadable.append(f"{diagnosis['file']}: {diagnosis['message']}")
        for event in diagnosis["events"]:
            events[event["type"]] = events.get(event["type"], 0) + 1
        _progress(f"{done}/{len(files)} files, {heard_s / 3600:.2f} h of sound: {diagnosis['file']}")
    seconds = time.monotonic() - began
    _progress("")
    print(f"{len(files)} files, {heard_s / 3600:.2f} h of sound in {seconds:.1f} s; diagnoses in {given.out}")
    print("Events: " + (", ".join(f"{label} {n}" for label, n in sorted(events.items())) or "none"))
    for line in unreadable:
        print(f"Could not be read: {line}", file=sys.stderr)
    return SOME_UNREADABLE if unreadable else DONE


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep TensorFlow's greetings, which its C++ side writes past Python, off the terminal."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _label_and_share(text: str) -> tuple[str, str]:
    label, equals, share = text.partition("=")
    if not equals:
        raise UserError(f"--threshold {text!r} should be LABEL=SHARE, such as eco_reverb=0.85.")
    return label, share


def _progress(text: str) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
