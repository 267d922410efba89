"""Where log lines go. The library only logs (`logging`, under "horuslib"); commands and notebooks say what is shown."""

import logging
import sys
from typing import Literal

ROOT = "horuslib"
logging.getLogger(ROOT).addHandler(logging.NullHandler())


def show_log(level: int = logging.INFO, prefix: str = "", stream: Literal["stdout", "stderr"] = "stdout") -> None:
    """Print the library's log lines from this level on, in place of an earlier call's choice.

    Parameters
    ----------
    prefix : stands before each line.
    stream : looked up anew for each line, as notebooks and tests exchange both.
    """
    logger = logging.getLogger(ROOT)
    for handler in [h for h in logger.handlers if isinstance(h, _Printer)]:
        logger.removeHandler(handler)
    printer = _Printer(stream)
    printer.setFormatter(logging.Formatter(f"{prefix}%(message)s"))
    logger.addHandler(printer)
    logger.setLevel(level)
    logger.propagate = False


class _Printer(logging.Handler):
    def __init__(self, stream: str):
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=getattr(sys, self._stream), flush=True)
