"""Events of a few seconds that are seen, heard and felt: video, sound and a phone's sensors, classified together.

`events` reads folders as people have them, `generator` makes events whose onsets are known, `timing` puts what each
modality shows on one clock, `models` holds the networks, their training and what they use.
"""
