"""Stores the model input of every example: labelled segments unchanged, then their planned variations.

A pool of processes computes the log-mel spectrograms, one recording at a time, and writes them into one memory-mapped
file. Rows are assigned before the processes start, so that the result does not depend on which one finishes first.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from horuslib.acoustics.measures import DETAILS, MEASURES
from horuslib.acoustics.segment_features import SegmentFeatures
from horuslib.audio.levels import active_dbfs, lufs
from horuslib.augmentation.parameters import COLUMNS, augmentation_parameters
from horuslib.augmentation.plan import render
from horuslib.core.artifacts import Step
from horuslib.core.progress import Progress
from horuslib.datasets.dataset import audio_before, segment_audio
from horuslib.tasks import Task

INDEX = [
    *("example_id", "segment_id", "recording_id", "group_id", "label", "source_label"),
    *("fold", "split", "kind", "weight"),
]
"""`source_label`: label of the segment that a variation is made from."""
LEVELS = ["rms", "peak", "lufs", "active_dbfs"]
_AT_ONCE = 64
"""Sounds of a recording in memory at the same time, which limits the memory of a worker."""


def list_examples(segments: pd.DataFrame, variations: pd.DataFrame) -> pd.DataFrame:
    """The examples to train and evaluate on: labelled segments (kind `original`) first, then the variations.

    Parameters
    ----------
    segments : 01_ingest's table; unlabelled rows are left out.
    variations : 03_augment's table.

    Returns
    -------
    Columns `INDEX` and those from which `featurise` renders the sound (start_s, transforms), one row per example.
    """
    originals = segments[segments["label"].notna() & (segments["split"] != "unlabelled")]
    originals = originals.assign(
        example_id=originals["segment_id"], kind="original", source_label=originals["label"], transforms=""
    )
    of_segment = segments.set_index("segment_id")
    made = variations.assign(
        example_id=variations["variation_id"],
        kind="variation",
        start_s=variations["segment_id"].map(of_segment["start_s"]),
        weight=variations["segment_id"].map(of_segment["weight"]),
    )
    columns = [*INDEX, "start_s", "transforms"]
    return pd.concat([originals[columns], made[columns]], ignore_index=True)


def featurise(
    ingest: Step,
    examples: pd.DataFrame,
    task: Task,
    path: Path,
    workers: int | None = None,
    responses: np.ndarray | None = None,
    backgrounds: np.ndarray | None = None,
) -> pd.DataFrame:
    """Render every example and store its log-mel spectrogram.

    Parameters
    ----------
    ingest : 01_ingest, for the sound.
    examples : from `list_examples`.
    path : the .npy file to write: float16 (N, 128, 128), row i for `examples` row i.
    workers : processes; one per processor when not given.
    responses : 03_augment's impulse responses of the measured rooms.
    backgrounds : 03_augment's backgrounds, mapped from their file, which the processes read by themselves.

    Returns
    -------
    04_features' index: row, `INDEX`, each example's measured `LEVELS` (rms and peak of full scale 1.0; lufs and
    active_dbfs are -inf for silence), measures of its waveform (`measures.MEASURES`, and `measured_<name>` of
    `measures.DETAILS`), and augmentation parameters (`parameters.COLUMNS`; NaN where none applies).
    """
    shape = (len(examples), *task.front_end.input_shape[:2])
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape).flush()
    measures = [*MEASURES, *(f"measured_{name}" for name in DETAILS)]
    measured = np.zeros((len(examples), len(LEVELS) + len(measures)))
    spawn = get_context("spawn")
    with (
        ProcessPoolExecutor(workers or os.cpu_count(), mp_context=spawn) as pool,
        Progress(len(examples), "model inputs", "segments") as progress,
    ):
        by_recording = [rows for _, rows in examples.groupby("recording_id")]
        reader = SegmentFeatures.of(task)
        beds = Path(str(backgrounds.filename)) if isinstance(backgrounds, np.memmap) else backgrounds
        jobs = [pool.submit(_store, ingest, rows, reader, path, responses, beds) for rows in by_recording]
        for job in jobs:
            rows, levels = job.result()
            measured[rows] = levels
            progress.update(len(rows))
    made = pd.DataFrame(
        [augmentation_parameters(row) for row in examples["transforms"]], examples.index, columns=COLUMNS, dtype=float
    )
    index = examples[INDEX].join(pd.DataFrame(measured[:, : len(LEVELS)], examples.index, LEVELS)).join(made)
    index[measures] = measured[:, len(LEVELS) :]
    index.insert(0, "row", np.arange(len(index)))
    return index


def _store(
    ingest: Step,
    examples: pd.DataFrame,
    reader: SegmentFeatures,
    path: Path,
    responses: np.ndarray | None,
    backgrounds: np.ndarray | Path | None,
) -> tuple[np.ndarray, np.ndarray]:
    """One recording's model inputs into the file; (rows written, their (levels, measures, details))."""
    features = np.load(path, mmap_mode="r+")
    beds = np.load(backgrounds, mmap_mode="r") if isinstance(backgrounds, Path) else backgrounds
    rows, rate = [], reader.front_end.sample_rate_hz
    with threadpool_limits(1):  # one thread per process: each CPU core works on its own recording
        for start in range(0, len(examples), _AT_ONCE):
            some = examples.iloc[start : start + _AT_ONCE]
            sounds = [_sound(ingest, row, reader, responses, beds) for row in some.itertuples()]
            features[some.index] = reader.inputs(sounds)[..., 0]
            loudness = np.array([(lufs(x, rate), active_dbfs(x, rate)) for x in sounds])
            measured = reader.measured(sounds, [_before(ingest, row, reader) for row in some.itertuples()])
            rows.append(np.column_stack([reader.levels(sounds), loudness, measured]))
    features.flush()
    return examples.index.to_numpy(), np.concatenate(rows)


def _before(ingest: Step, example: Any, reader: SegmentFeatures) -> np.ndarray:
    """What a scan hears before a segment; nothing before a variation, whose sound is made for itself."""
    return np.zeros(0, np.float32) if example.transforms else audio_before(ingest, example, reader)


def _sound(
    ingest: Step,
    example: Any,
    reader: SegmentFeatures,
    responses: np.ndarray | None,
    backgrounds: np.ndarray | None,
) -> np.ndarray:
    samples = segment_audio(ingest, example, reader)
    rate = reader.front_end.sample_rate_hz
    return render(example, samples, rate, reader, responses, backgrounds) if example.transforms else samples
