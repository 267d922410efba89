"""Networks over the three modalities, how they are trained, and what their answers are worth."""
