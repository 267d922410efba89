"""From the probabilities of segments to events with a start and an end."""
