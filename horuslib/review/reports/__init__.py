"""HTML pages per step, per task and per scan, and their plots."""
