"""Pretraining: a backbone that hears faults before it meets the first real recording.

Generated programme is given generated faults, wider and harder than a task's own recipes, and the network of
`horuslib.training.model` learns to tell which are there and how strong: rooms by RT60 and C50, echoes by delay and
gain, hiss by its signal-to-noise ratio, loudness in LUFS. Only the backbone is kept. `python -m horuslib.pretraining`
does it all; it reads no recording.
"""
