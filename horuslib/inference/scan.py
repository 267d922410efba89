"""From media files to diagnoses in a folder."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

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
) -> Iterator[tuple[dict[str, Any], bool]]:
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
    shared = _Shared(results, claims)
    sources: dict[str, dict[str, object] | None] = {}
    yield from ((stored, False) for stored in shared.done(files))

    def note_content(path: Path, name: str) -> None:
        sources[name] = _content(path, results)  # before it is read, so that a later change shows

    try:
        while shared.due:
            for found in diagnoses(shared, detector, of_track, processed, note_content, threads):
                yield results.keep({**found, "source": sources.pop(found["file"])}), True
                claims.release(found["file"])
            written, refused = shared.left()
            yield from ((stored, False) for stored in shared.done(written))
            if refused and patient:
                shared.due += refused
                time.sleep(POLL_S)
    finally:
        claims.release_all()


class _Shared:
    """The files of a scan that are not done: iterating hands out, one by one, those that no other scan has in hand.

    Attributes
    ----------
    due : files that are handed out next, each with its name.
    """

    def __init__(self, results: Results, claims: Claims):
        self._results, self._claims = results, claims
        self.due: list[tuple[Path, str]] = []
        self._marks: dict[str, tuple[int, int] | None] = {}
        self._written: list[tuple[Path, str]] = []
        self._refused: list[tuple[Path, str]] = []

    def done(self, files: Iterable[tuple[Path, str]]) -> Iterator[dict[str, Any]]:
        """The diagnoses of these files that stand already; files without one become due."""
        for path, name in files:
            self._marks[name] = self._results.mark(name)  # before it is read, so that a later diagnosis shows
            stored = self._results.done(path, name)
            if stored is None:
                self.due.append((path, name))
            else:
                yield stored

    def __iter__(self) -> Iterator[tuple[Path, str]]:
        """No file's content is read here: every decoder waits while one is handed its next file."""
        due, self.due = self.due, []
        for path, name in due:
            if not self._claims.take(name):
                self._refused.append((path, name))
            elif self._results.mark(name) != self._marks[name]:
                self._claims.release(name)
                self._written.append((path, name))
            else:
                yield path, name

    def left(self) -> tuple[list[tuple[Path, str]], list[tuple[Path, str]]]:
        """What was not handed out: files whose diagnosis another scan has written meanwhile, and those in its hand.

        Nobody waits for the latter here: who waits must hold no claim.
        """
        left = self._written, self._refused
        self._written, self._refused = [], []
        return left


def scan_file(path: str | Path, detector: Detector, name: str | None = None) -> dict[str, Any]:
    """The diagnosis of one media file, as `pipeline.diagnoses` makes it; nothing is written.

    Parameters
    ----------
    name : how the diagnosis calls the file; its own name by default.
    """
    path = Path(path)
    (found,) = diagnoses([(path, name or path.name)], detector, [stream_audio])
    return {**found, "source": _content(path)}


def _content(path: Path, results: Results | None = None) -> dict[str, object] | None:
    try:
        return results.content(path) if results else fingerprint(path)
    except OSError:
        return None
