"""From media files to diagnoses: decode, cut, hear, decide, and write one JSON per file.

Sound is streamed, so that memory does not grow with a file's length, and a file that cannot be read becomes a
diagnosis that says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.artifacts import write_json
from horuslib.detect.decide import SILENCE, decide, is_silent
from horuslib.detect.detector import Detector
from horuslib.detect.diagnosis import diagnosis, failed
from horuslib.detect.events import Event, merge
from horuslib.detect.segments import Segment, cut
from horuslib.errors import UserError
from horuslib.sound.features import segments_to_inputs
from horuslib.sound.levels import peak, rms
from horuslib.sound.media import MediaError, NoAudioStream, find_media, stream_audio

_BATCH = 64


def find_inputs(inputs: Sequence[str | Path]) -> list[tuple[Path, str]]:
    """The files to scan, each with its name under the output folder.

    A file is called by its own name; the files of a folder keep their place in it.

    Raises
    ------
    UserError
        When an input does not exist, no media is found, or two files would have one name.
    """
    found: dict[str, Path] = {}
    for given in map(Path, inputs):
        if not given.exists():
            raise UserError(f"There is no file or folder {given}.")
        files = find_media(given) if given.is_dir() else [given]
        for path in files:
            name = path.relative_to(given).as_posix() if given.is_dir() else path.name
            if found.setdefault(name, path).resolve() != path.resolve():
                raise UserError(
                    f"{found[name]} and {path} would both be written as {name}.json: scan them one at a time."
                )
    if not found:
        raise UserError(f"There is no media file in {', '.join(map(str, inputs))}.")
    return [(path, name) for name, path in found.items()]


def scan(files: Iterable[tuple[Path, str]], detector: Detector, out: str | Path) -> Iterator[dict]:
    """Scan files one after the other; yields each diagnosis once it stands under `out` as `<name>.json`.

    The suffix is appended to the file's whole name (`clip_1.mp4.json`), so that `a.mp4` and `a.wav` stay apart.
    """
    for path, name in files:
        found = scan_file(path, detector, name)
        write_json(Path(out) / f"{name}.json", found)
        yield found


def scan_file(path: str | Path, detector: Detector, name: str | None = None) -> dict:
    """The diagnosis of one media file, as `diagnosis.diagnosis` describes it.

    A video without an audio stream is ausencia_audio from end to end. Sound shorter than a segment is padded with
    silence, and the message says so. A file that cannot be read has status `error`, and the message says why.

    Parameters
    ----------
    name : how the diagnosis calls the file; its own name by default.
    """
    path, task = Path(path), detector.task
    name, model = name or path.name, {"task": task.name, "sha256": detector.metadata.get("sha256")}
    try:
        verdicts = hear(stream_audio(path, task.front_end.sample_rate_hz), detector)
    except NoAudioStream as e:
        silence = [Event(SILENCE, 0.0, e.duration_s, 1.0)] if SILENCE in task.faults else []
        return diagnosis(name, e.duration_s, task, silence, model=model, message="The file has no audio stream.")
    except (MediaError, OSError) as e:
        return failed(name, str(e), model=model)
    duration_s = float(verdicts["end_s"].max())
    short = duration_s < task.front_end.segment_s
    message = f"Only {duration_s:.2f} s of sound, less than one segment: heard with silence after it." if short else ""
    return diagnosis(name, duration_s, task, merge(verdicts, task, duration_s), verdicts, model=model, message=message)


def hear(blocks: Iterable[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on a stream of mono sound: `decide`'s table with `start_s` and `end_s`, one row per segment."""
    segments = cut(blocks, detector.task.front_end)
    heard = []
    while batch := list(islice(segments, _BATCH)):
        heard.append(_hear_batch(batch, detector))
    return pd.concat(heard, ignore_index=True)


def _hear_batch(segments: Sequence[Segment], detector: Detector) -> pd.DataFrame:
    task = detector.task
    levels, peaks = (np.array([measure(s.samples) for s in segments]) for measure in (rms, peak))
    audible = np.flatnonzero(~is_silent(levels, peaks, task))
    probabilities = np.full((len(segments), len(task.labels)), np.nan)
    inputs = segments_to_inputs([segments[k].samples for k in audible], task.front_end)
    probabilities[audible] = detector.probabilities(inputs)
    verdicts = decide(probabilities, levels, peaks, task, detector.thresholds)
    return verdicts.assign(start_s=[s.start_s for s in segments], end_s=[s.end_s for s in segments])
