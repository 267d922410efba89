"""Measurements that stand in the documentation: `python -m bench`, or `make bench`."""
