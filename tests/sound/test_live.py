"""Sound that comes while it is made: a server that hangs up, a file that grows."""

import io
import socketserver
import threading
import time

import numpy as np
import pytest
import soundfile

from horuslib.sound.live import live_audio
from horuslib.sound.media import MediaError
from tests.conftest import syllables, tone

RATE = 16000


def wav(samples):
    held = io.BytesIO()
    soundfile.write(held, samples, RATE, format="WAV", subtype="PCM_16")
    return held.getvalue()


@pytest.fixture
def server():
    """Sends one piece per connection, then hangs up; without a piece at once."""
    pieces = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            if pieces:
                self.request.sendall(wav(pieces.pop(0)))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{running.server_address[1]}", pieces
        running.shutdown()


def test_a_stream_that_is_lost_goes_on_where_it_was(server, rng):
    address, pieces = server
    sent = [tone(3), syllables(rng, 4), tone(2.5)]
    pieces += sent
    heard, told = [], []
    with pytest.raises(MediaError, match="brought no sound in 2 attempts"):
        for block in live_audio(address, RATE, attempts=2, told=told.append):
            heard.append(block)
    assert np.concatenate(heard) == pytest.approx(np.concatenate(sent), abs=1e-4)
    assert sum("connecting again" in sentence for sentence in told) == 4


def test_a_file_that_grows_is_followed_until_it_stops(tmp_path, rng):
    whole = wav(syllables(rng, 6))
    path = tmp_path / "live.wav"
    path.write_bytes(whole[: len(whole) // 2])

    def grow():
        time.sleep(1.0)
        with open(path, "ab") as f:
            f.write(whole[len(whole) // 2 :])

    threading.Thread(target=grow).start()
    heard = sum(len(block) for block in live_audio(str(path), RATE, patience_s=2.5))
    assert heard == 6 * RATE


def test_a_file_that_is_no_sound_is_said_in_a_sentence(tmp_path):
    (tmp_path / "a.wav").write_text("text")
    with pytest.raises(MediaError, match=r"a\.wav cannot be heard"):
        next(live_audio(str(tmp_path / "a.wav"), RATE, patience_s=1))
