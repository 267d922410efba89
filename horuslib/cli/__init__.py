"""The command line: one module per command, each with `add(commands)`, which defines its arguments and its function.

Heavy libraries are imported by the command that needs them, so that help is printed at once.
"""

import argparse
import atexit
import gc
import logging
import os
import sys
import traceback
from collections.abc import Sequence

from horuslib import __version__
from horuslib.cli import (
    install,
    report,
    review,
    run,
    scan,
    score,
    serve,
    speakers,
    spectral,
    speech,
    suggest,
    validate,
    watch,
)
from horuslib.cli.status import CRASHED, PIPE_CLOSED, STOPPED, WRONG
from horuslib.core.errors import UserError
from horuslib.core.log import show_log

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
"""Log levels on standard error: by default, with -v, with -vv."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    atexit.register(gc.freeze)  # a last garbage collection at exit would take a fifth of a second
    given = _parser().parse_args(arguments)
    show_log(_LEVELS[min(given.verbose, len(_LEVELS) - 1)], "horus: ", "stderr")
    logging.getLogger("horuslib.core.progress").setLevel(logging.INFO)  # logs of overnight scans show progress
    try:
        status = given.command(given)
        sys.stdout.flush()
        return status
    except UserError as e:
        print(f"horus: {e}", file=sys.stderr)
        return WRONG
    except BrokenPipeError:  # such as `horus score ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        print("horus: interrupted; the files written so far are complete.", file=sys.stderr)
        return STOPPED
    except Exception:  # Python's own exit status would be 1, which says that a fault was found
        traceback.print_exc()
        print("horus: this is a defect of the program; the files written so far are complete.", file=sys.stderr)
        return CRASHED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="horus", description="Detects audio faults in television.")
    parser.add_argument("--version", action="version", version=f"horus {__version__}")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="log more on standard error (-vv: most)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    audio = (scan, report, watch, score, run, review, suggest, validate, install)
    for command in (*audio, spectral, speakers, speech, serve):
        command.add(commands)
    return parser
