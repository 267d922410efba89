"""From the predictions on one file to its diagnosis."""

from collections.abc import Sequence

import numpy as np

from horuslib.audio.media import MediaError, NoAudioStream
from horuslib.evaluation.events import Event, merge
from horuslib.inference.classify import decisions
from horuslib.inference.detector import Detector
from horuslib.inference.diagnosis import diagnosis, failed


def conclude(
    name: str, predicted: Sequence[np.ndarray], notes: Sequence[str], error: Exception | None, detector: Detector
) -> dict:
    """The diagnosis of a file, as `diagnosis.diagnosis` describes it.

    Parameters
    ----------
    predicted : pieces of `classify.predict`, in order of time.
    notes : what was odd on the way, for the message.
    error : what reading ended with; a video without an audio stream is silence from end to end.
    """
    task, model = detector.task, detector.signature
    if isinstance(error, NoAudioStream):
        length_s = error.duration_s
        silence = [Event(task.silence, 0.0, length_s, 1.0)] if task.silence else []
        return diagnosis(name, length_s, task, silence, model=model, message="The file has no audio stream.")
    if error:
        known = isinstance(error, MediaError | OSError)
        return failed(name, f"{'' if known else f'{type(error).__name__}: '}{error}", model=model)
    verdicts = decisions(predicted, detector)
    duration_s = float(verdicts["end_s"].max())
    if duration_s < task.front_end.segment_s:
        short = f"only {duration_s:.2f} s of sound, less than one segment: analysed with silence after it"
        notes = [*notes, short]
    events = merge(verdicts, task, duration_s)
    return diagnosis(name, duration_s, task, events, verdicts, model=model, message=_sentence(notes))


def _sentence(notes: Sequence[str]) -> str:
    text = "; ".join(notes)
    return text[:1].upper() + text[1:] + "." if text else ""
