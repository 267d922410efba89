"""What is reported of one file: a plain dict in Horus's words, ready for JSON; times in seconds from its start."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from horuslib.audio.channels.faults import ChannelFault
from horuslib.audio.media import MediaError, NoAudioStream
from horuslib.audio.streams.lost_sound import Span
from horuslib.audio.tracks import MixLevel, Note, TrackLevel
from horuslib.evaluation.events import Event, merge
from horuslib.evaluation.events.lost_sound import with_losses
from horuslib.inference.classify import decisions
from horuslib.inference.detector import Detector
from horuslib.tasks import Task

VERSION = 2
"""Of this format. A new version only adds keys: who reads version 1 finds all of it."""


def conclude(
    name: str,
    predicted: Sequence[np.ndarray],
    notes: Sequence[Note],
    error: Exception | None,
    detector: Detector,
    lost: Sequence[Span] = (),
) -> dict[str, Any]:
    """The diagnosis of a file, as `diagnosis.diagnosis` describes it.

    Parameters
    ----------
    predicted : pieces of `classify.predict`, in order of time.
    notes : what was odd on the way: in words, for the message; faults of channels; what several tracks hold.
    error : what reading ended with; a video without an audio stream is silence from end to end.
    lost : spans (s) of which there is no sound data.
    """
    task, model = detector.task, detector.signature
    if isinstance(error, NoAudioStream):
        length_s = error.duration_s
        silence = [Event(task.silence, 0.0, length_s, 1.0)] if task.silence else []
        return diagnosis(name, length_s, task, silence, model=model, message=str(error))
    if error:
        known = isinstance(error, MediaError | OSError)
        return failed(name, f"{'' if known else f'{type(error).__name__}: '}{error}", model=model)
    words, data, louder_db = _sorted(notes)
    verdicts = decisions(predicted, detector, louder_db)
    duration_s = float(verdicts["end_s"].max())
    if duration_s < task.front_end.segment_s:
        filled = "repeated" if task.front_end.short == "tile" else "analysed with silence after it"
        if duration_s < task.decision.definitions.least_heard_s:
            filled = "too short to tell more than whether it is silent"
        words.append(f"only {duration_s:.2f} s of sound, less than one segment: {filled}")
    events = with_losses(merge(verdicts, task, duration_s), lost, task)
    return diagnosis(name, duration_s, task, events, verdicts, model=model, message=_sentence(words), notes=data)


def _sorted(notes: Sequence[Note]) -> tuple[list[str], list[ChannelFault | TrackLevel], float]:
    """Notes in words, notes that the diagnosis writes as data, and how much louder the programme is than its mix."""
    words: list[str] = []
    data: list[ChannelFault | TrackLevel] = []
    louder_db = 0.0
    for note in notes:
        if isinstance(note, str):
            words.append(note)
        elif "louder_db" in note:
            louder_db = cast(MixLevel, note)["louder_db"]
        else:
            data.append(note)
    return words, data, louder_db


def diagnosis(
    name: str,
    duration_s: float,
    task: Task,
    events: Sequence[Event] = (),
    verdicts: pd.DataFrame | None = None,
    *,
    model: Mapping[str, object],
    message: str = "",
    notes: Sequence[ChannelFault | TrackLevel] = (),
) -> dict[str, Any]:
    """The diagnosis of a file that could be read.

    Parameters
    ----------
    verdicts : `decide`'s table with `start_s` and `end_s`; None where the model was not run.
    model : the detector's signature.
    notes : faults of channels, and what each of several tracks holds.

    Returns
    -------
    dict
        `version`, `file`, `status`, `message`, `duration_s`, `model`, `channels` [{kind, channels, start, end}],
        `tracks` [{track, heard, level_dbfs, language, coded}] of a file with several, `audio` {class, confidence,
        start_s, end_s}: the most important event or the background, and in a task without a background the class of the
        whole clip; `events` [{type, start, end, confidence, and of some eco_reverb kind and delay_s or rt60_s}],
        `segments` [{timestamp_start, timestamp_end, predicted_class, confidence, probabilities}].
    """
    if task.background is None:
        top = _clip_class(duration_s, task, verdicts)
    else:
        top = most_important(events, task) or _without_event(duration_s, task.background, verdicts)
    audio = {
        "class": top.type,
        "confidence": round(top.confidence, 3),
        "start_s": round(top.start_s, 3),
        "end_s": round(top.end_s, 3),
    }
    return {
        **_head(name, "ok", message, duration_s, model),
        "channels": [note for note in notes if "kind" in note],
        "tracks": [note for note in notes if "track" in note],
        "audio": audio,
        "events": [_event(e) for e in events],
        "segments": [] if verdicts is None else [_segment(row, task) for row in verdicts.to_dict("records")],
    }


def failed(name: str, message: str, *, model: Mapping[str, object]) -> dict[str, Any]:
    """The diagnosis of a file that could not be read: the same keys, nothing found, `audio` null."""
    nothing: dict[str, Any] = {"channels": [], "tracks": [], "audio": None, "events": [], "segments": []}
    return {**_head(name, "error", message, 0.0, model), **nothing}


def most_important(events: Sequence[Event], task: Task) -> Event | None:
    """The event whose class comes first in the task's priority; among those the surest, then the longest."""
    order = [*task.decision.priority, *task.faults]
    return min(events, key=lambda e: (order.index(e.type), -e.confidence, e.start_s - e.end_s), default=None)


def _head(name: str, status: str, message: str, duration_s: float, model: Mapping[str, object]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "file": name,
        "status": status,
        "message": message,
        "duration_s": round(duration_s, 3),
        "model": dict(model),
    }


def _without_event(duration_s: float, background: str, verdicts: pd.DataFrame | None) -> Event:
    """The background over the whole file, with the mean confidence of its segments (0 without any)."""
    sure = verdicts.loc[verdicts["label"] == background, "confidence"] if verdicts is not None else ()
    return Event(background, 0.0, duration_s, float(np.mean(sure)) if len(sure) else 0.0)


def _clip_class(duration_s: float, task: Task, verdicts: pd.DataFrame | None) -> Event:
    """The class of most segments and its mean probability over all of them; of equally many, the more probable.

    A file without sound has the last class of the task's priority, with confidence 0.
    """
    if verdicts is None or verdicts.empty:
        return Event([*task.decision.priority, task.labels[-1]][-1], 0.0, duration_s, 0.0)
    means = {label: float(verdicts[f"p_{label}"].mean()) for label in task.labels}
    counts = verdicts["label"].value_counts()
    label = max(task.labels, key=lambda name: (counts.get(name, 0), means[name]))
    return Event(label, 0.0, duration_s, means[label])


def _event(event: Event) -> dict[str, Any]:
    return {
        "type": event.type,
        "start": round(event.start_s, 3),
        "end": round(event.end_s, 3),
        "confidence": round(event.confidence, 3),
        **event.attributes,
    }


def _segment(row: Mapping[Hashable, Any], task: Task) -> dict[str, Any]:
    return {
        "timestamp_start": round(row["start_s"], 3),
        "timestamp_end": round(row["end_s"], 3),
        "predicted_class": row["label"],
        "confidence": round(row["confidence"], 3),
        "probabilities": {label: round(row[f"p_{label}"], 4) for label in task.labels},
    }


def _sentence(notes: Sequence[str]) -> str:
    text = "; ".join(notes)
    return text[:1].upper() + text[1:] + ("" if text.endswith("?") else ".") if text else ""
