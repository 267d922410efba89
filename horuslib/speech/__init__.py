"""Speech to text: transcription of Portuguese with word times, its file formats and its error rates."""
