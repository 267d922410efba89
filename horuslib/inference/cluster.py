"""The same scan by many workers, through Dask: processes of this machine, or a cluster that others run.

Every worker sees the files, the model and the output folder under the same paths, and writes what it finds itself, so
that only a few numbers travel. A file whose worker dies is done again by another; since a diagnosis is written whole
and under one name, it is there once.
"""

import os
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from horuslib.audio.decoder import Decoder
from horuslib.core.errors import UserError, install
from horuslib.core.machine import cores
from horuslib.core.stderr import stderr_to
from horuslib.inference.detector import Detector
from horuslib.inference.diagnosis import failed
from horuslib.inference.results import Results
from horuslib.inference.scan import POLL_S, scan

if TYPE_CHECKING:
    from distributed import Client

_WAITING_PER_WORKER = 8
"""Files handed to the scheduler ahead of time, so that ten million need no memory there."""
_CORES_OF_ONE_PROCESS = 3
_PATIENCE_S = 60
"""Time limit for a cluster's first worker."""


def scan_on_workers(
    files: Iterable[tuple[Path, str]],
    detector: Detector,
    model: Path,
    out: Path,
    scheduler: str | None = None,
    workers: int = 1,
    track: int | None = None,
) -> Iterator[tuple[dict[str, Any], bool]]:
    """As `scan.scan`, but diagnoses come without their segments, in the order in which they are done.

    Parameters
    ----------
    detector : its thresholds are used by all workers.
    model : the package that `detector` was loaded from.
    scheduler : address of a Dask scheduler (`tcp://host:port`); without one, `workers` processes are started here.
    track : as in `scan.scan`.

    Raises
    ------
    UserError
        When Dask is not installed, the scheduler does not answer or has no worker, or a worker cannot use the model,
        reads another one, or cannot write.
    """
    results = Results(out, detector, track)
    package = (Path(model).resolve(), tuple(detector.thresholds.items()), str(detector.signature["key"]))
    common = (*package, Path(out).resolve(), track, _clock(results.folder))
    with connected(scheduler, workers) as client:
        from distributed import KilledWorker, as_completed

        wait_for_a_worker(client, scheduler)
        feed = iter(files)
        ahead = _WAITING_PER_WORKER * max(workers, len(client.nthreads()))
        names = {}

        def submit(path: Path, name: str) -> Any:
            future = client.submit(_scan_one, path.resolve(), name, *common, pure=False)
            names[future.key] = path, name
            return future

        running, busy = as_completed([submit(*file) for file in islice(feed, ahead)]), deque[tuple[Path, str]]()
        for future in running:
            path, name = names.pop(future.key)
            try:
                answer = future.result()
            except KilledWorker:
                killed = failed(name, "several workers died of this file.", model=detector.signature)
                answer = results.keep({**killed, "source": None}), True
            if isinstance(answer, str):
                raise UserError(answer)
            if answer is None:
                busy.append((path, name))
            else:
                yield answer
            following = next(feed, None)
            if following is None and busy and not names:  # only what another scan has in hand is left
                time.sleep(POLL_S)
            if following is None and busy and len(names) < ahead:
                following = busy.popleft()
            if following:
                running.add(submit(*following))


def worthwhile(workers: int, files: int) -> bool:
    """Whether so many workers of this machine are faster than one process, which keeps several cores busy."""
    return min(workers, cores(), files) > _CORES_OF_ONE_PROCESS


def _scan_one(
    path: Path,
    name: str,
    model: Path,
    thresholds: tuple[tuple[str, float], ...],
    key: str,
    out: Path,
    track: int | None,
    began_s: float,
) -> tuple[dict[str, Any], bool] | str | None:
    """On a worker: one file, done or found done; what a worker wrote since the scan began, and died, is new.

    None when another scan has it in hand. An error for the user is given as its sentence: Dask would print what is
    raised, with its traceback.
    """
    try:
        detector = _detector(model, thresholds, key)
        decoders = [_decoder().stream_audio]
        found = list(scan([(path, name)], detector, out, decoders=decoders, track=track, threads=1, patient=False))
    except UserError as e:
        return str(e)
    if not found:
        return None
    ((diagnosis, new),) = found
    new = new or Results(out, detector).path(name).stat().st_mtime > began_s
    return {key: value for key, value in diagnosis.items() if key != "segments"}, new


def _clock(folder: Path) -> float:
    """Now, as the folder's file system counts: another machine's clock may differ."""
    with NamedTemporaryFile(dir=folder, prefix=".clock.") as probe:
        return os.stat(probe.name).st_mtime


@lru_cache(maxsize=1)
def _detector(model: Path, thresholds: tuple[tuple[str, float], ...], key: str) -> Detector:
    """Loaded once per worker and signature: a package that was exported again is loaded again.

    Raises
    ------
    UserError
        When another package lies under this path on the worker's machine.
    """
    with stderr_to():
        detector = Detector.load(model, dict(thresholds), environment={}, dotenv=model / "absent.env")
    if detector.signature["key"] != key:
        raise UserError(
            f"{socket.gethostname()} reads another package under {model} than the scan was started with: give all "
            "machines the same folder, and scan again."
        )
    return detector


@lru_cache(maxsize=1)
def _decoder() -> Decoder:
    """Started once per worker."""
    return Decoder()


def wait_for_a_worker(client: "Client", scheduler: str | None) -> None:
    """Raise UserError when the cluster has no worker and none comes."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_S)
    except TimeoutError:
        where = f"The Dask scheduler at {scheduler} has" if scheduler else "Dask has"
        raise UserError(
            f"{where} no worker, and none came within {_PATIENCE_S} s: start some with `dask worker {scheduler or ''}`"
            ", or use --workers."
        ) from None


@contextmanager
def connected(scheduler: str | None, workers: int) -> "Iterator[Client]":
    """A client of a scheduler, or of so many processes started here.

    Raises
    ------
    UserError
        When Dask is not installed, or the scheduler does not answer.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UserError(f"Several workers need Dask, which is not installed: {install('dask')}.") from None
    if not scheduler:
        alone = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": "CRITICAL"}
        with LocalCluster(n_workers=workers, **alone) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout="10s")
    except (OSError, ValueError) as e:
        raise UserError(
            f"No Dask scheduler answers at {scheduler} ({e}): start one with `dask scheduler`, or use --workers."
        ) from None
    with client:
        yield client
