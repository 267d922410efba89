"""A stream as a programme: bytes, tracks and clock of a file or a live source, and what is missing in it."""
