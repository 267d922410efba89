"""Diagnosis and transcription over HTTP: a web process without models, and worker processes that load them."""
