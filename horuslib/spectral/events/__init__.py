"""One folder per event becomes signals on the event's own clock, with a sentence for everything that is odd."""
