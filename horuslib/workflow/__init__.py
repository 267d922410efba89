"""Runs the notebooks that are due, in order, and shows the results of all runs."""
