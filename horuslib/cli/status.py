"""What the exit status says."""

DONE = 0
WRONG = 2
"""Wrong usage, or something only the user can put right."""
SOME_UNREADABLE = 3
"""Done, but some files could not be read."""
STOPPED = 130
"""Interrupted from the keyboard."""
