"""What the exit status says."""

DONE = 0
FAULT_FOUND = 1
"""Done, and a fault was found, where that was asked for."""
CHECK_FAILED = 1
"""A package is not what it should be."""
WRONG = 2
"""Wrong usage, or something only the user can put right."""
SOME_UNREADABLE = 3
"""Done, but some files could not be read."""
PIPE_CLOSED = 141
"""Whoever read the output closed it, as `head` does."""
STOPPED = 130
"""Interrupted from the keyboard."""
