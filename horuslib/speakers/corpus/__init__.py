"""Recordings whose speakers are known: catalogue, statistics of their voices, and what those are worth."""
