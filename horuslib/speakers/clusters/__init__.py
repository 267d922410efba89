"""From windows to speakers: distances, clusters, their number, turns."""
