"""Sound itself: decoding, levels, the mel front end, and faults made on purpose."""
