"""The command line: `horus scan`, `horus score`, `horus run`.

Exit status: 0 done, 3 done but some files could not be read, 2 wrong usage or something only the user can put right.
Heavy libraries are imported by the command that needs them, so that help answers at once.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from horuslib import __version__
from horuslib.errors import UserError
from horuslib.paths import Paths

DONE, WRONG, SOME_UNREADABLE = 0, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    given = _parser().parse_args(arguments)
    try:
        return given.command(given)
    except UserError as e:
        print(f"horus: {e}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("horus: stopped; what is written is whole.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="horus", description="Hears faults in the sound of television.")
    parser.add_argument("--version", action="version", version=f"horus {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

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

    score = commands.add_parser("score", help="compare diagnoses with the truth")
    score.add_argument("truth", type=Path, metavar="TRUTH", help='JSON: {video: {"seconds", "faults"}}')
    score.add_argument("predictions", type=Path, metavar="PREDICTIONS", help="folder written by horus scan")
    score.add_argument("--json", action="store_true", help="print JSON instead of a table")
    score.set_defaults(command=_score)

    run = commands.add_parser("run", help="run the notebooks up to a step, those that are due")
    run.add_argument("step", metavar="STEP", help="such as export, 05_train or evaluate")
    run.add_argument("--task", default="horus", help="a task's name or the path of its YAML (%(default)s)")
    run.add_argument("--raw", default="", help="folder of videos (data/raw, or the demo corpus when that is empty)")
    run.set_defaults(command=_run)
    return parser


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


def _score(given: argparse.Namespace) -> int:
    from horuslib.detect.score import as_text, score_folder

    result = score_folder(given.truth, given.predictions)
    print(json.dumps(result, indent=1, ensure_ascii=False) if given.json else as_text(result))
    return DONE


def _run(given: argparse.Namespace) -> int:
    from horuslib import conductor

    outcomes = conductor.run(given.step, given.task, given.raw)
    print(conductor.summary(given.task, outcomes))
    return DONE


if __name__ == "__main__":
    sys.exit(main())
