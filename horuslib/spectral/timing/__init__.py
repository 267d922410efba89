"""What each modality shows on one clock: curves of change, embeddings of moments, and how far apart changes are."""
