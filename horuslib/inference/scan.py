"""From media files to diagnoses in a folder."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from horuslib.audio.media import stream_audio
from horuslib.core.claims import Claims
from horuslib.core.machine import cores
from horuslib.inference.detector import Detector
from horuslib.inference.pipeline import Decode, diagnoses
from horuslib.inference.results import Results, fingerprint

POLL_S = 0.5
"""How often a scan looks whether another has done a file."""


def scan(
    files: Iterable[tuple[Path, str]],
    detector: Detector,
    out: str | Path,
    processed: Callable[[float], None] = lambda seconds: None,
    decoders: Sequence[Decode] | None = None,
    track: int | None = None,
    threads: int | None = None,
    patient: bool = True,
) -> Iterator[tuple[dict, bool]]:
    """Scan files; yields each diagnosis once it stands under `out` as `<name>.json`, and whether it was new.

    A file that another scan has in hand comes last, and is then found done.

    Parameters
    ----------
    files : as `inputs.find_inputs` gives them.
    processed, decoders, threads : as in `pipeline.diagnoses`.
    track : the audio track to hear, counted from 1; by default the first that carries sound.
    patient : whether files that another scan has in hand are waited for; without patience, nothing is said of them.

    Raises
    ------
    UserError
        When `out` cannot be written.
    """
    results, claims = Results(out, detector, track), Claims(Path(out))
    of_track = [partial(decode, track=track) for decode in decoders or [stream_audio] * cores()]
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

    try:
        while due:
            shared = _Shared(due, results, claims)
            for found in diagnoses(shared, detector, of_track, processed, note_content, threads):
                yield results.keep({**found, "source": sources.pop(found["file"])}), True
                claims.release(found["file"])
            yield from ((stored, False) for stored in shared.done)
            due = shared.refused if patient else []
            if due:
                time.sleep(POLL_S)
    finally:
        claims.release_all()


class _Shared:
    """The files of a scan that no other has in hand, one by one.

    Attributes
    ----------
    done : diagnoses that another scan has written meanwhile.
    refused : files that another has in hand. Nobody waits for them here: who waits must hold no claim.
    """

    def __init__(self, files: Iterable[tuple[Path, str]], results: Results, claims: Claims):
        self._files, self._results, self._claims = files, results, claims
        self.done: list[dict] = []
        self.refused: list[tuple[Path, str]] = []

    def __iter__(self) -> Iterator[tuple[Path, str]]:
        for path, name in self._files:
            if not self._claims.take(name):
                self.refused.append((path, name))
                continue
            stored = self._results.done(path, name)
            if stored is None:
                yield path, name
            else:
                self._claims.release(name)
                self.done.append(stored)


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
