"""Decoding in a separate process, `python -m horuslib.audio.decoder`.

FFmpeg's frames are so short that the GIL is acquired and released a thousand times per second of audio; decoding
threads would block one another. A file that crashes FFmpeg costs only that file, not the scan.

The process reads requests from standard input, one JSON line each, and answers with messages: a header (kind, payload
bytes), then samples, what it knows of lost sound, what is known at the end, or an error.
"""

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from horuslib.audio.media import Audio
from horuslib.audio.streams.lost_sound import Span
from horuslib.audio.track import MediaError, NoAudioStream
from horuslib.audio.tracks import Note

_HEADER = struct.Struct("<cQ")
_SAMPLES, _LOST, _END, _ERROR = b"s", b"l", b"n", b"e"
_PIPE_BYTES = 2**20


class Decoder:
    """A decoding process for one file at a time; started by the constructor, and restarted after a crash."""

    def __init__(self) -> None:
        self._process = self._started()

    def stream_audio(
        self,
        path: str | Path,
        sample_rate_hz: int,
        block_s: float,
        notes: list[Note] | None = None,
        lost: list[Span] | None = None,
        *,
        track: int | None = None,
    ) -> Iterator[np.ndarray]:
        """As `media.stream_audio`; also raises MediaError when the file crashes the process."""
        for kind, content in self._answers(path, sample_rate_hz, block_s, track):
            if kind == _SAMPLES:
                yield np.frombuffer(content, np.float32)
            elif kind == _LOST and lost is not None:
                lost[:] = map(tuple, json.loads(content))
            elif kind == _END and notes is not None:
                notes += json.loads(content)

    def read_audio(self, path: str | Path, sample_rate_hz: int) -> Audio:
        """As `media.read_audio`; also raises MediaError when the file crashes the process."""
        (_, samples), (_, content) = self._answers(path, sample_rate_hz, None)
        fields = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(content).items()}
        lost = tuple(map(tuple, fields.pop("lost")))
        return Audio(np.frombuffer(samples, np.float32), lost=lost, **fields)

    def _answers(
        self, path: str | Path, sample_rate_hz: int, block_s: float | None, track: int | None = None
    ) -> Iterator[tuple[bytes, bytes]]:
        """The messages that answer one request; an error is raised."""
        if self._process.poll() is not None:
            self._process = self._started()
        ended = False
        try:
            request = json.dumps([os.path.abspath(path), sample_rate_hz, block_s, track])
            self._process.stdin.write(request.encode() + b"\n")
            self._process.stdin.flush()
            while not ended:
                kind, content = self._message()
                ended = kind in (_END, _ERROR)
                if kind != _ERROR:
                    yield kind, content
        except (BrokenPipeError, EOFError):
            raise MediaError(
                f"{Path(path).name}: FFmpeg crashes on this file ({_exit_status(self._process)}). Leave it out."
            ) from None
        finally:
            if not ended:
                self.close()
        if kind == _ERROR:
            raise _error(**json.loads(content))

    def close(self) -> None:
        """Kill the process, also in the middle of a file."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()

    def _message(self) -> tuple[bytes, bytes]:
        kind, length = _HEADER.unpack(self._read(_HEADER.size))
        return kind, self._read(length)

    def _read(self, length: int) -> bytes:
        content = self._process.stdout.read(length)
        if len(content) < length:
            raise EOFError
        return content

    @staticmethod
    def _started() -> subprocess.Popen:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "pipesize": _PIPE_BYTES}
        return subprocess.Popen([sys.executable, "-m", __name__], **pipes)


@contextmanager
def decoders(n: int) -> Iterator[list[Decoder]]:
    """`n` decoding processes, killed on leaving the context."""
    started = [Decoder() for _ in range(n)]
    try:
        yield started
    finally:
        for decoder in started:
            decoder.close()


@contextmanager
def decoder_pool(n: int) -> Iterator[Callable[[str | Path, int], Audio]]:
    """`media.read_audio` for several threads, in `n` processes; each call takes one that is free."""
    with _free_decoders(n) as taken:

        def read_audio(path: str | Path, sample_rate_hz: int) -> Audio:
            with taken() as decoder:
                return decoder.read_audio(path, sample_rate_hz)

        yield read_audio


@contextmanager
def streaming_pool(n: int) -> Iterator[Callable[..., Iterator[np.ndarray]]]:
    """`Decoder.stream_audio` for several threads, in `n` processes; each stream takes one that is free."""
    with _free_decoders(n) as taken:

        def stream_audio(path: str | Path, sample_rate_hz: int, block_s: float, **more) -> Iterator[np.ndarray]:
            with taken() as decoder:
                yield from decoder.stream_audio(path, sample_rate_hz, block_s, **more)

        yield stream_audio


@contextmanager
def _free_decoders(n: int) -> Iterator[Callable[[], AbstractContextManager[Decoder]]]:
    """A function that takes one of `n` decoders, waiting until one is free, and gives it back."""
    with decoders(n) as started:
        free: SimpleQueue[Decoder] = SimpleQueue()
        for decoder in started:
            free.put(decoder)

        @contextmanager
        def taken() -> Iterator[Decoder]:
            decoder = free.get()
            try:
                yield decoder
            finally:
                free.put(decoder)

        yield taken


def _error(kind: str, message: str, duration_s: float) -> MediaError:
    return NoAudioStream(message, duration_s) if kind == NoAudioStream.__name__ else MediaError(message)


def _exit_status(process: subprocess.Popen) -> str:
    status = process.wait()
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _serve() -> None:
    """Answer requests until standard input is closed."""
    from horuslib.audio.media import read_audio, stream_audio
    from horuslib.core.memory import keep_freed_memory

    keep_freed_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output printed by libraries must not corrupt the messages

    def send(kind: bytes, content: bytes | memoryview) -> None:
        answers.write(_HEADER.pack(kind, len(content)))
        answers.write(content)
        answers.flush()

    for line in sys.stdin:
        path, sample_rate_hz, block_s, track = json.loads(line)
        try:
            if block_s is None:
                audio = read_audio(path, sample_rate_hz)
                send(_SAMPLES, audio.samples.view(np.uint8).data)
                send(_END, json.dumps({k: v for k, v in vars(audio).items() if k != "samples"}).encode())
            else:
                notes: list[Note] = []
                lost: list[Span] = []
                sent: list[Span] = []
                for samples in stream_audio(path, sample_rate_hz, block_s, notes, lost, track=track):
                    if lost != sent:
                        sent = list(lost)
                        send(_LOST, json.dumps(sent).encode())
                    send(_SAMPLES, samples.view(np.uint8).data)
                send(_END, json.dumps(notes).encode())
        except BrokenPipeError:
            return
        except Exception as e:  # any exception of PyAV is an error of this file only
            known = isinstance(e, MediaError | OSError)
            message = f"{'' if known else f'{type(e).__name__}: '}{e}"
            error = {"kind": type(e).__name__, "message": message, "duration_s": getattr(e, "duration_s", 0.0)}
            send(_ERROR, json.dumps(error).encode())


if __name__ == "__main__":
    _serve()
