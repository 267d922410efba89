"""A review item as HTML: audio player, spectrogram, labels, probabilities."""
