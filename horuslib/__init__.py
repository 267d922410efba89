"""Horus Workbook: from a handful of labelled videos to a calibrated detector of audio faults.

`docs/architecture.md` says which room holds what and how a waveform goes through them.
"""

__version__ = "0.2.0"
