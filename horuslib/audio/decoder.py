"""Decoding in a process of its own, `python -m horuslib.audio.decoder`.

FFmpeg's frames are so short that Python's lock is taken and given back a thousand times for each second of sound; among
threads, all of them wait for one another. And a file on which FFmpeg itself dies costs nothing but that file.

The process reads what to decode (JSON) from a line, and answers with messages: a head (kind, bytes that follow), then
samples, notes or an error.
"""

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from horuslib.audio.track import MediaError, NoAudioStream

_HEAD = struct.Struct("<cQ")
_SOUND, _NOTES, _ERROR = b"s", b"n", b"e"
_PIPE_BYTES = 2**20


class Decoder:
    """One process, which decodes one file at a time; it is started at once, and again when it has died."""

    def __init__(self) -> None:
        self._process = self._started()

    def stream_audio(
        self, path: str | Path, sample_rate_hz: int, block_s: float, notes: list[str]
    ) -> Iterator[np.ndarray]:
        """As `media.stream_audio`; raises MediaError also when the process dies of the file."""
        if self._process.poll() is not None:
            self._process = self._started()
        ended = False
        try:
            asked = json.dumps([os.path.abspath(path), sample_rate_hz, block_s])
            self._process.stdin.write(asked.encode() + b"\n")
            self._process.stdin.flush()
            while True:
                kind, content = self._message()
                ended = kind != _SOUND
                if ended:
                    break
                yield np.frombuffer(content, np.float32)
        except (BrokenPipeError, EOFError):
            raise MediaError(
                f"{Path(path).name}: FFmpeg dies of it ({_end_of(self._process)}). Leave it out."
            ) from None
        finally:
            if not ended:
                self.close()
        if kind == _ERROR:
            raise _error(**json.loads(content))
        notes += json.loads(content)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()

    def _message(self) -> tuple[bytes, bytes]:
        kind, length = _HEAD.unpack(self._read(_HEAD.size))
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
    """So many processes, ended at the end."""
    started = [Decoder() for _ in range(n)]
    try:
        yield started
    finally:
        for decoder in started:
            decoder.close()


def _error(kind: str, message: str, duration_s: float) -> MediaError:
    return NoAudioStream(message, duration_s) if kind == NoAudioStream.__name__ else MediaError(message)


def _end_of(process: subprocess.Popen) -> str:
    status = process.wait()
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _serve() -> None:
    """Answer until the other end is closed."""
    from horuslib.audio.media import stream_audio

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's interrupt is for whoever asked
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers

    def send(kind: bytes, content: bytes | memoryview) -> None:
        answers.write(_HEAD.pack(kind, len(content)))
        answers.write(content)
        answers.flush()

    for line in sys.stdin:
        notes: list[str] = []
        try:
            for samples in stream_audio(*json.loads(line), notes):
                send(_SOUND, samples.view(np.uint8).data)
            send(_NOTES, json.dumps(notes).encode())
        except BrokenPipeError:
            return
        except Exception as e:  # whatever PyAV raises: it belongs to the file
            known = isinstance(e, MediaError | OSError)
            message = f"{'' if known else f'{type(e).__name__}: '}{e}"
            told = {"kind": type(e).__name__, "message": message, "duration_s": getattr(e, "duration_s", 0.0)}
            send(_ERROR, json.dumps(told).encode())


if __name__ == "__main__":
    _serve()
