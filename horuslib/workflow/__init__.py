"""Runs the notebooks that are due, in order."""
