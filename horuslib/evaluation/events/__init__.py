"""From the verdicts of segments to events with a start and an end, and what is known of each."""

from horuslib.evaluation.events.merging import Event, contiguous_runs, events_table, merge, runs

__all__ = ["Event", "contiguous_runs", "events_table", "merge", "runs"]
