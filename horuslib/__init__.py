"""Horus Workbook: from a handful of labelled videos to a calibrated detector of audio faults.

`docs/architecture.md` says which room holds what and how a waveform goes through them.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""ONNX Runtime, from 1.29 on, reports its use to its maker unless this is set before it is loaded; nothing is to leave
this machine, so that it is set here, where no way of loading it can be missed."""


__version__ = "0.2.0"
