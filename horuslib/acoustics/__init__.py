"""What physics says about a waveform: reflections, rooms, filters."""
