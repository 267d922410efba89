"""Hard-negative mining in known-good programme: what a first model takes for a fault, and as much drawn at random.

Each recording is heard by the model of its own fold, which learnt from no recording of its source. What is chosen is
learnt as background by the models of the other folds alone, so that mining and evaluation never share a source.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from horuslib.acoustics.segment_features import COLUMNS, SegmentFeatures
from horuslib.audio.decoder import streaming_pool
from horuslib.audio.features import with_channels
from horuslib.audio.segments import BATCH, cut
from horuslib.audio.streams.lost_sound import Span
from horuslib.core.progress import Pace, Progress
from horuslib.evaluation.decide import says_fault
from horuslib.inference.runtime import KerasModel
from horuslib.tasks import Task

HOLDOUT = -1
"""The fold of recordings that stand in the holdout: the final model hears them."""
_ABOUT = ("recording_id", "group_id", "source", "fold", "split")
_AT_ONCE = 2
_BLOCK_S = 30.0
Model = Callable[[np.ndarray], np.ndarray]
Stream = Callable[..., Iterator[np.ndarray]]


@dataclass(frozen=True)
class Heard:
    """One recording as a model hears it."""

    table: pd.DataFrame
    """A row per segment: recording_id, group_id, source, fold, split, label, start_s, end_s, rms, peak, `MEASURES`,
    `DETAILS`, p_<label>."""
    inputs: np.ndarray
    """(N, height, width) float16 log-mel of every segment, or of none."""


def hear(
    recordings: pd.DataFrame,
    folder: Path,
    models: Mapping[int, Model],
    task: Task,
    spans: pd.DataFrame,
    *,
    keep_inputs: bool = False,
) -> Iterator[Heard]:
    """What each model finds in the archive's recordings of its fold, recording by recording.

    Parameters
    ----------
    recordings : 01_ingest's list of the archive; those that failed are left out.
    folder : of the archive.
    models : fold -> network, uncalibrated.
    spans : what a person said of spans (`known_good.SPANS`): those that are not background leave the archive.
    """
    usable = recordings[(recordings.status == "ok") & recordings.fold.isin(list(models))]
    hours = usable.duration_s.sum() / 3600

    def one(row, stream_audio: Stream) -> Heard:
        model, said = models[row.fold], spans[spans.recording_id == row.recording_id]
        return _hear(
            folder / row.path, row, model, task, said[said.label != task.background], stream_audio, keep_inputs
        )

    with (
        threadpool_limits(1),
        ThreadPoolExecutor(_AT_ONCE) as pool,
        streaming_pool(_AT_ONCE if len(usable) else 0) as stream_audio,
        Progress(round(60 * hours, 1), "known-good programme heard", "minutes of sound") as progress,
    ):
        # A few at a time: what waits for its turn to be taken holds its inputs.
        rows, pace = usable.itertuples(), Pace()
        while some := list(islice(rows, _AT_ONCE)):
            for row, heard in zip(some, pool.map(partial(one, stream_audio=stream_audio), some), strict=True):
                yield heard
                progress.update(row.duration_s / 60, pace.after(row.duration_s))


def choose(table: pd.DataFrame, task: Task, confirmed: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Which segments of one recording are learnt from: "hard", "random", "confirmed" or "" each.

    The hardest are those of the lowest probability of background that do not overlap. What is silent, or low by
    definition, is never chosen.

    Parameters
    ----------
    table : of `Heard`.
    confirmed : spans that a person confirmed to be normal: their segments, half of which lies in the span or which
        hold half of it, are always chosen.
    """
    rules, chosen = task.training.known_good, pd.Series("", index=table.index)
    audible = ~says_fault(table, task)
    for span in confirmed.itertuples():
        common = np.minimum(table.end_s, span.end_s) - np.maximum(table.start_s, span.start_s)
        least = np.minimum(table.end_s - table.start_s, span.end_s - span.start_s) / 2
        chosen[(common >= least) & audible] = "confirmed"
    hours = table.end_s.max() / 3600 if len(table) else 0.0
    suspicion = (1 - table[f"p_{task.background}"]).where(audible & (chosen == ""), -1.0)
    for row in suspicion.sort_values(ascending=False, kind="stable").index:
        if suspicion[row] < rules.least_suspicion or (chosen == "hard").sum() >= np.ceil(rules.hard_per_hour * hours):
            break
        overlaps = (table.start_s < table.end_s[row]) & (table.end_s > table.start_s[row])
        if not (overlaps & (chosen == "hard")).any():
            chosen[row] = "hard"
    rest = table.index[audible & (chosen == "").to_numpy()]
    drawn = rng.permutation(rest)[: int(np.ceil(rules.random_per_hour * hours))]
    chosen[drawn] = "random"
    return chosen


def load_models(folder: Path, recordings: pd.DataFrame) -> dict[int, Model]:
    """Fold -> the network that is evaluated on it, as 05_train stored it; for the holdout the final one, if any."""
    folds = sorted(set(recordings.fold[recordings.status == "ok"]))
    paths = {fold: folder / ("model.keras" if fold == HOLDOUT else f"fold_{fold}.keras") for fold in folds}
    return {fold: KerasModel(path) for fold, path in paths.items() if path.exists()}


@dataclass(frozen=True)
class Learnt:
    """What is learnt from known-good programme."""

    inputs: np.ndarray
    """(M, height, width) float16 log-mel of the chosen segments."""
    index: pd.DataFrame
    """M rows as 04_features' index, kind `known_good`."""
    heard: pd.DataFrame
    """All segments as the models heard them that learnt from none, with `chosen`."""


@dataclass(frozen=True)
class Programme:
    """An archive of known-good programme as 01_ingest lists it.

    Attributes
    ----------
    recordings : 01_ingest's `known_good`; may be empty.
    folder : where they are.
    said : what a person said of spans (`known_good.SPANS`).
    """

    recordings: pd.DataFrame
    folder: str
    said: pd.DataFrame

    def nothing(self, task: Task) -> Learnt:
        """What is learnt from an empty archive."""
        return Learnt(np.zeros((0, *task.front_end.input_shape[:2]), np.float16), pd.DataFrame(), pd.DataFrame())

    def mined(self, models: Path, task: Task) -> Learnt:
        """Choose what to learn from what the folds' models, stored in this folder, take for a fault."""
        rng = np.random.default_rng(task.seed)
        inputs, heard = [], []
        for recording in self._hear(models, task, keep_inputs=True):
            table = recording.table
            confirmed = self.said[
                self.said.recording_id.isin(table.recording_id) & (self.said.label == task.background)
            ]
            table = table.assign(chosen=choose(table, task, confirmed, rng))
            inputs.append(recording.inputs[(table.chosen != "").to_numpy()])
            heard.append(table)
        if not heard:
            return self.nothing(task)
        everything = pd.concat(heard, ignore_index=True)
        chosen = everything[everything.chosen != ""]
        dropped = _beyond((chosen.chosen == "confirmed").to_numpy(), task.training.known_good.most, rng)
        everything.loc[chosen.index[dropped], "chosen"] = ""
        kept = np.delete(np.concatenate(inputs), dropped, axis=0)
        return Learnt(kept, _index(everything[everything.chosen != ""], task), everything)

    def evaluated(self, models: Path, task: Task, learnt: Learnt) -> pd.DataFrame:
        """Every segment as the stored models hear it, with `chosen`: what other folds' models learnt from."""
        tables = [recording.table for recording in self._hear(models, task)]
        if not tables:
            return pd.DataFrame(columns=_columns(task))
        table = pd.concat(tables, ignore_index=True)
        if learnt.heard.empty:
            return table.assign(chosen="")
        known = learnt.heard[["recording_id", "start_s", "chosen"]]
        return table.merge(known, on=["recording_id", "start_s"], how="left").fillna({"chosen": ""})

    def _hear(self, models: Path, task: Task, *, keep_inputs: bool = False) -> Iterator[Heard]:
        networks = load_models(models, self.recordings)
        return hear(self.recordings, Path(self.folder), networks, task, self.said, keep_inputs=keep_inputs)


def _beyond(confirmed: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Which chosen segments, drawn at random, are too many; what a person confirmed never is."""
    others = np.flatnonzero(~confirmed)
    return rng.permutation(others)[max(0, most - int(confirmed.sum())) :]


def _index(mined: pd.DataFrame, task: Task) -> pd.DataFrame:
    ids = [f"{row.recording_id}-{round(1000 * row.start_s):08d}" for row in mined.itertuples()]
    fixed = {"segment_id": ids, "example_id": ids, "source_label": task.background, "kind": "known_good", "weight": 1.0}
    return mined.assign(**fixed).reset_index(drop=True)


def _hear(
    path: Path, row, model: Model, task: Task, left_out: pd.DataFrame, stream_audio: Stream, keep_inputs: bool
) -> Heard:
    reader, front_end = SegmentFeatures.of(task), task.front_end
    tables, kept = [], []
    lost: list[Span] = []
    segments = cut(stream_audio(path, front_end.sample_rate_hz, _BLOCK_S, lost=lost), front_end, lost)
    while batch := list(islice(segments, BATCH)):
        batch = [s for s in batch if not _overlaps(s, left_out) and len(s.samples) == front_end.segment_samples]
        sounds = [s.samples for s in batch]
        if not sounds:
            continue
        inputs = reader.inputs(sounds)[..., :1].astype(np.float16)
        numbers = np.column_stack([
            np.array([(s.start_s, s.end_s) for s in batch]),
            reader.levels(sounds),
            reader.measured(sounds, [s.before for s in batch]),
            model(with_channels(inputs[..., 0], front_end)),
        ])  # fmt: skip
        tables.append(numbers)
        kept.append(inputs[..., 0] if keep_inputs else inputs[:0, ..., 0])
    names = _numbers(task)
    numbers = np.concatenate(tables) if tables else np.zeros((0, len(names)))
    about = {name: getattr(row, name) for name in _ABOUT}
    table = pd.DataFrame(numbers, columns=names).assign(**about, label=task.background)
    empty = np.zeros((0, *front_end.input_shape[:2]), np.float16)
    return Heard(table, np.concatenate([empty, *kept]))


def _numbers(task: Task) -> list[str]:
    return ["start_s", "end_s", "rms", "peak", *COLUMNS, *(f"p_{label}" for label in task.labels)]


def _columns(task: Task) -> list[str]:
    return [*_numbers(task), *_ABOUT, "label", "chosen"]


def _overlaps(segment, spans: pd.DataFrame) -> bool:
    return bool(((spans.start_s < segment.end_s) & (spans.end_s > segment.start_s)).any())


def joined(features: np.ndarray, index: pd.DataFrame, mined: np.ndarray, rows: pd.DataFrame, path: Path):
    """Stored examples and mined ones together: (features (N + M, height, width) mapped from `path`, their index)."""
    together = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.float16, shape=(len(features) + len(mined), *features.shape[1:])
    )
    together[: len(features)], together[len(features) :] = features, mined
    together.flush()
    table = pd.concat([index, rows.reindex(columns=index.columns)], ignore_index=True)
    table["row"] = np.arange(len(table))
    return np.load(path, mmap_mode="r"), table.astype({"fold": int})
