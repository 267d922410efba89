"""Horus Workbook: from a handful of labelled videos to a calibrated detector of audio faults.

Rooms, in the order in which sound goes through them; imports point to the left only:

    tasks, sound  <-  learn  <-  detect  <-  review, export  <-  cli

`paths` says where everything lives, `artifacts` how one notebook hands its work to the next.
"""

__version__ = "0.1.0"
