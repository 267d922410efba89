"""From media files to diagnoses in a folder."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from horuslib.audio.media import stream_audio
from horuslib.inference.detector import Detector
from horuslib.inference.pipeline import Decode, diagnoses
from horuslib.inference.results import Results, fingerprint


def scan(
    files: Iterable[tuple[Path, str]],
    detector: Detector,
    out: str | Path,
    processed: Callable[[float], None] = lambda seconds: None,
    decoders: Sequence[Decode] | None = None,
    track: int | None = None,
) -> Iterator[tuple[dict, bool]]:
    """Scan files; yields each diagnosis once it stands under `out` as `<name>.json`, and whether it was new.

    Parameters
    ----------
    files : as `inputs.find_inputs` gives them.
    processed, decoders : as in `pipeline.diagnoses`.
    track : the audio track to hear, counted from 1; by default the first that carries sound.

    Raises
    ------
    UserError
        When `out` cannot be written.
    """
    results = Results(out, detector, track)
    hear = [partial(decode, track=track) for decode in decoders or [stream_audio] * (os.cpu_count() or 1)]
    due: list[tuple[Path, str]] = []
    sources: dict[str, dict | None] = {}
    for path, name in files:
        stored = results.done(path, name)
        if stored:
            yield stored, False
        else:
            due.append((path, name))

    def note_content(path: Path, name: str) -> None:
        sources[name] = _content(path, results)  # before it is read, so that a later change shows

    for found in diagnoses(due, detector, hear, processed, note_content):
        yield results.keep({**found, "source": sources.pop(found["file"])}), True


def scan_file(path: str | Path, detector: Detector, name: str | None = None) -> dict:
    """The diagnosis of one media file, as `pipeline.diagnoses` makes it; nothing is written.

    Parameters
    ----------
    name : how the diagnosis calls the file; its own name by default.
    """
    path = Path(path)
    (found,) = diagnoses([(path, name or path.name)], detector, [stream_audio])
    return {**found, "source": _content(path)}


def _content(path: Path, results: Results | None = None) -> dict | None:
    try:
        return results.content(path) if results else fingerprint(path)
    except OSError:
        return None
