"""Supervised pretraining of the backbone on generated sound, before any real recording is used.

Generated faults, of wider ranges and harder than a task's own recipes, are added to generated programmes, and the
network of `horuslib.training.model` is trained to predict which are present and how strong: rooms by RT60 and C50,
echoes by delay and gain, hiss by its signal-to-noise ratio, loudness in LUFS. Only the backbone is kept.
`python -m horuslib.pretraining` runs all steps; it reads no recordings.
"""
