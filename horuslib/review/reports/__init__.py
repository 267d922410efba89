"""HTML pages: per step, per task, per scan, and their plots."""
