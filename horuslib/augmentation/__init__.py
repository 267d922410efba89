"""Variations of labelled segments: faults, echoes, rooms, hard negatives, channel effects."""
