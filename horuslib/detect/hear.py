"""From segments of sound to verdicts: levels, pictures, probabilities, decisions."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from horuslib.detect.decide import decide, is_silent
from horuslib.detect.detector import Detector
from horuslib.detect.segments import Segment, cut
from horuslib.sound.features import segments_to_inputs
from horuslib.sound.levels import peak, rms

BATCH = 64
"""Segments heard at once."""


def hear(blocks: Iterable[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on a stream of mono sound: `decide`'s table with `start_s` and `end_s`, one row per segment."""
    segments = cut(blocks, detector.task.front_end)
    evidence = [measure(batch, detector) for batch in iter(lambda: list(islice(segments, BATCH)), [])]
    return judge(evidence, detector)


def measure(segments: Sequence[Segment], detector: Detector) -> np.ndarray:
    """What decisions are made from, of any segments, also of several files.

    Returns
    -------
    (N, 4 + labels): start (s), end (s), RMS and peak (linear full scale), and the probabilities, which are NaN where
    the level alone says silence.
    """
    levels, peaks = (np.array([of(s.samples) for s in segments]) for of in (rms, peak))
    audible = np.flatnonzero(~is_silent(levels, peaks, detector.task))
    probabilities = np.full((len(segments), len(detector.task.labels)), np.nan)
    pictures = segments_to_inputs([segments[k].samples for k in audible], detector.task.front_end)
    probabilities[audible] = detector.probabilities(pictures)
    times_s = np.array([(s.start_s, s.end_s) for s in segments])
    return np.column_stack([times_s, levels, peaks, probabilities])


def judge(evidence: Sequence[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on one file's segments: `decide`'s table with `start_s` and `end_s`.

    Parameters
    ----------
    evidence : pieces of `measure`, in order of time.
    """
    start_s, end_s, levels, peaks, *probabilities = np.concatenate(evidence).T
    verdicts = decide(np.column_stack(probabilities), levels, peaks, detector.task, detector.thresholds)
    return verdicts.assign(start_s=start_s, end_s=end_s)
