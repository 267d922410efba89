"""Benchmarks behind the figures in the documentation: `python -m bench`, or `make bench`."""
