"""Exit statuses."""

DONE = 0
FAULT_FOUND = 1
"""Done, and a fault was found (with --fail-on-fault)."""
CHECK_FAILED = 1
"""A check of the package failed."""
WRONG = 2
"""Wrong usage, or an error that only the user can fix."""
SOME_UNREADABLE = 3
"""Done, but some files could not be read."""
CRASHED = 70
"""A defect of this program (EX_SOFTWARE): no verdict, whatever was found before."""
PIPE_CLOSED = 141
"""The reader closed the output pipe, as `head` does."""
STOPPED = 130
"""Interrupted from the keyboard."""


def by_signal(number: int) -> int:
    """Stopped by a signal, as shells have it: 130 for SIGINT, 143 for SIGTERM."""
    return 128 + number


def of_process(returned: int) -> int:
    """The status of another process as this one's: minus a signal's number is what `subprocess` calls its end by it."""
    return by_signal(-returned) if returned < 0 else returned
