"""Transcripts of many files by many workers, through Dask, as `inference.cluster` scans them.

Every worker sees the files, the model and the output folder under the same paths, loads the model once, and writes the
transcripts itself. A file whose worker dies is transcribed by another.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from horuslib.core.errors import UserError
from horuslib.inference.cluster import connected, wait_for_a_worker
from horuslib.speech.folder import transcribe_all
from horuslib.speech.model import SpeechModel, check_folder
from horuslib.speech.speakers import Diarizer

_WAITING_PER_WORKER = 4
"""Files handed to the scheduler ahead of time."""


def transcribe_on_workers(
    files: Iterable[tuple[Path, str]],
    model: Path,
    out: Path,
    formats: Sequence[str],
    language: str | None = "pt",
    threads: int = 0,
    scheduler: str | None = None,
    workers: int = 1,
    diarize: Diarizer | None = None,
    variety: str | None = None,
) -> Iterator[tuple[str, float | None, str]]:
    """As `folder.transcribe_all`, but with seconds instead of transcripts, in the order in which files are done.

    Parameters
    ----------
    model : the folder of the model.
    threads : of each worker; 0 for one where workers are started here, else all.
    scheduler : address of a Dask scheduler (`tcp://host:port`); without one, `workers` processes are started here.
    diarize, variety : as in `folder.transcribe_all`; the first is sent to the workers.

    Raises
    ------
    UserError
        When Dask is not installed, the scheduler does not answer or has no worker, or a worker cannot use the model or
        write; and as `folder.transcribe_all` does.
    """
    check_folder(model)
    threads = threads or (0 if scheduler else 1)
    given = (Path(model).resolve(), Path(out).resolve(), tuple(formats), language, threads, diarize, variety)
    with connected(scheduler, workers) as client:
        from distributed import KilledWorker, as_completed

        wait_for_a_worker(client, scheduler)
        feed, names = iter(files), {}

        def submit(path: Path, name: str) -> Any:
            future = client.submit(_transcribe_one, path.resolve(), name, *given, pure=False)
            names[future.key] = name
            return future

        ahead = _WAITING_PER_WORKER * max(workers, len(client.nthreads()))
        running = as_completed([submit(*file) for file in islice(feed, ahead)])
        for future in running:
            name = names.pop(future.key)
            try:
                answer = future.result()
            except KilledWorker:
                answer = (name, None, f"{name}: several workers died of this file.")
            if isinstance(answer, str):
                raise UserError(answer)
            yield answer
            if following := next(feed, None):
                running.add(submit(*following))


def _transcribe_one(
    path: Path,
    name: str,
    model: Path,
    out: Path,
    formats: tuple[str, ...],
    language: str | None,
    threads: int,
    diarize: Diarizer | None,
    variety: str | None,
) -> tuple[str, float | None, str] | str:
    """On a worker: one file. An error that concerns all files is given as its sentence: Dask prints tracebacks."""
    try:
        loaded = _model(model, threads)
        found = transcribe_all([(path, name)], loaded, out, formats, language, diarize=diarize, variety=variety)
        ((_, transcript, how),) = found
    except UserError as e:
        return str(e)
    return name, None if transcript is None else transcript.duration_s, how


@lru_cache(maxsize=1)
def _model(folder: Path, threads: int) -> SpeechModel:
    """Loaded once per worker."""
    return SpeechModel.load(folder, threads=threads)
