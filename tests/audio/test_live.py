"""Live sources: a server that closes the connection, a file that grows, HLS, UDP."""

import contextlib
import http.server
import io
import shutil
import socket
import socketserver
import struct
import subprocess
import threading
import time
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
import soundfile

from bench import _programmes
from bench._programmes import edited, of_no_codec, programme, without_sound
from horuslib.audio import live
from horuslib.audio.live import live_audio
from horuslib.audio.media import MediaError
from tests.conftest import syllables, tone

RATE = 16000
MOST_SENT = 100
"""So often is a programme of ten seconds sent to a receiver that may lose some of it."""


def wav(samples):
    held = io.BytesIO()
    soundfile.write(held, samples, RATE, format="WAV", subtype="PCM_16")
    return held.getvalue()


@pytest.fixture
def server():
    """Sends one piece per connection, then closes it; closes at once when no piece is left."""
    pieces = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            if pieces:
                self.request.sendall(wav(pieces.pop(0)))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{running.server_address[1]}", pieces
        running.shutdown()


@pytest.mark.slow
def test_a_lost_stream_is_reconnected(server, rng, caplog):
    address, pieces = server
    sent = [tone(3), syllables(rng, 4), tone(2.5)]
    pieces += sent
    received_blocks = []
    with pytest.raises(MediaError, match="delivered no sound in 2 attempts"):
        for block in live_audio(address, RATE, attempts=2):
            received_blocks.append(block)
    assert np.concatenate(received_blocks) == pytest.approx(np.concatenate(sent), abs=1e-4)
    assert sum("reconnecting" in sentence for sentence in caplog.messages) == 4


@pytest.mark.slow
def test_a_file_that_grows_is_followed_until_it_stops(tmp_path, rng):
    whole = wav(syllables(rng, 6))
    path, half = tmp_path / "live.wav", len(whole) // 2
    path.write_bytes(whole[:half])

    def grow():
        with open(path, "ab") as f:
            f.write(whole[half:])

    threading.Timer(1.0, grow).start()  # FFmpeg waits at the end of the file before it gives the first block
    assert sum(len(block) for block in live_audio(str(path), RATE, patience_s=6)) == 6 * RATE


@pytest.mark.slow
def test_a_file_without_sound_is_an_error(tmp_path):
    (tmp_path / "a.wav").write_text("text")
    with pytest.raises(MediaError, match=r"a\.wav cannot be read"):
        next(live_audio(str(tmp_path / "a.wav"), RATE, patience_s=1))


@pytest.mark.slow
def test_a_title_that_is_not_utf_8_stops_nothing(tmp_path):
    """As radio stations send it, in Latin-1."""
    title = b"not\xedcias\0"
    chunk = b"INFOINAM" + struct.pack("<I", len(title)) + title + b"\0" * (len(title) % 2)
    (tmp_path / "a.wav").write_bytes(wav(tone(2)) + b"LIST" + struct.pack("<I", len(chunk)) + chunk)
    assert sum(map(len, live_audio(str(tmp_path / "a.wav"), RATE, patience_s=0.2))) == 2 * RATE


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        ("nowhere.ts", {}, r"no file or device nowhere\.ts"),
        ("xyz://127.0.0.1:9", {}, r"does not support xyz\. Use the ffmpeg command instead: `ffmpeg -i xyz://127"),
        ("udp://127.0.0.1:9", {"container_format": "nope"}, "no format 'nope'"),
    ],
)
def test_sources_that_no_retry_can_open_fail_at_once(source, options, words):
    with pytest.raises(MediaError, match=words):
        next(live_audio(source, RATE, patience_s=60, **options))


class _Site:
    """An HTTP file server that can be taken down temporarily."""

    def __init__(self, folder):
        self.folder, self.down = folder, False
        site = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *given):
                super().__init__(*given, directory=folder)

            def do_GET(self):
                self.send_error(503) if site.down else super().do_GET()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def site(tmp_path):
    running = _Site(tmp_path)
    yield running
    running.server.shutdown()


def test_a_file_on_the_web_is_read_once(site, tmp_path, rng, caplog):
    (tmp_path / "a.wav").write_bytes(wav(syllables(rng, 4)))
    received_blocks = [*live_audio(f"{site.address}/a.wav", RATE)]
    assert sum(map(len, received_blocks)) == 4 * RATE
    assert [sentence.endswith("ended (end of stream).") for sentence in caplog.messages] == [True]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="HLS is written by the ffmpeg command, which is not here")
def test_a_live_playlist_resumes_after_its_server_was_down(site, tmp_path, rng):
    """Each second has a tone of another pitch, which shows missing and repeated seconds."""
    pitches_hz = [300 + 100 * k for k in range(16)]
    soundfile.write(tmp_path / "a.wav", np.concatenate([tone(1, 48000, f) for f in pitches_hz]), 48000)
    command = "ffmpeg -v error -re -i a.wav -c:a aac -f hls -hls_time 1 -hls_list_size 20 -hls_flags omit_endlist"
    received_blocks = []
    with subprocess.Popen([*command.split(), "live.m3u8"], cwd=tmp_path) as writing:
        while not (tmp_path / "live.m3u8").exists():
            time.sleep(0.05)
        threading.Timer(5, lambda: setattr(site, "down", True)).start()
        threading.Timer(11, lambda: setattr(site, "down", False)).start()
        with pytest.raises(MediaError, match="attempts"):
            for block in live_audio(f"{site.address}/live.m3u8", RATE, 2, 6):
                received_blocks.append(block)
                site.down = site.down or (writing.poll() is not None and sum(map(len, received_blocks)) > 15.5 * RATE)
    seconds = np.concatenate(received_blocks)[: 15 * RATE].reshape(15, RATE)
    middles = seconds[:, RATE // 4 : RATE * 3 // 4]
    found = [2 * int(np.abs(np.fft.rfft(middle)).argmax()) for middle in middles]
    assert found == pytest.approx(pitches_hz[:15], abs=4)


def received_pitches(blocks, pitches_hz, found=None):
    """Which of some pitches are the loudest of a second of sound; stops at the last, or where the source is lost."""
    found, second = set() if found is None else found, np.zeros(0)
    with suppress(MediaError):
        for block in blocks:
            second = np.concatenate([second, block])[-RATE:]
            loudest_hz = np.abs(np.fft.rfft(second, RATE)).argmax()
            found |= {pitch for pitch in pitches_hz if abs(pitch - loudest_hz) <= 4 and np.abs(second).max() > 0.01}
            if len(found) == len(pitches_hz):
                break
    return found


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="the stream is sent by the ffmpeg command, which is not here")
def test_udp_is_received_also_from_a_second_sender(tmp_path):
    """Datagrams may be lost on a busy machine; the pitches show that both senders were received."""
    pitches_hz = (440, 1310)
    for pitch_hz in pitches_hz:
        soundfile.write(tmp_path / f"{pitch_hz}.wav", tone(4, 48000, pitch_hz), 48000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{free.getsockname()[1]}"
    stopped = threading.Event()

    def send():
        """Send each pitch until it has been received."""
        for pitch_hz in pitches_hz:
            sending = f"ffmpeg -v error -re -i {pitch_hz}.wav -c:a aac -f mpegts {address}?pkt_size=1316"
            while pitch_hz not in found and not stopped.is_set():
                subprocess.run(sending.split(), cwd=tmp_path)

    found = set()
    threading.Thread(target=send, daemon=True).start()
    try:
        received_pitches(live_audio(address, RATE, patience_s=3, attempts=40), pitches_hz, found)
    finally:
        stopped.set()
    assert found == set(pitches_hz)


def heard(source, patience_s=0.3, **options):
    """Seconds, spans without sound data, and how much was given when the last of them was first known."""
    lost, given_s, known_s = [], 0.0, None
    for block in live_audio(str(source), RATE, patience_s, lost=lost, **options):
        known_s = given_s if lost and known_s is None else known_s
        given_s += len(block) / RATE
    return given_s, lost, known_s


@pytest.mark.parametrize(("start_s", "end_s"), [(4, 10), (6, 99), (-1, 7)])
def test_sound_that_is_lost_while_pictures_go_on_is_silence_at_once(tmp_path, start_s, end_s):
    path = without_sound(programme(tmp_path / "base.ts", 14.0), tmp_path / "x.ts", start_s, end_s)
    given_s, lost, known_s = heard(path)
    assert given_s == pytest.approx(14, abs=0.3)
    assert lost == [(pytest.approx(max(start_s, 0), abs=0.3), pytest.approx(min(end_s, 14), abs=0.3))]
    assert known_s < max(start_s, 0) + 1, "known long before the sound comes back"


def test_pictures_without_any_sound_are_silence(tmp_path):
    path = without_sound(programme(tmp_path / "base.ts", 8.0), tmp_path / "x.ts", -1, 99)
    given_s, lost, _ = heard(path)
    assert given_s == pytest.approx(8, abs=0.3) and lost == [(0, pytest.approx(8, abs=0.3))]


def test_a_splice_to_an_unknown_codec_ends_with_the_time_from_which_nothing_was_heard(tmp_path, rng, caplog):
    parts = [
        programme(tmp_path / f"{pid}.ts", 3.0, picture=None, muxer={"mpegts_start_pid": pid}) for pid in ("256", "768")
    ]
    path = tmp_path / "x.ts"
    path.write_bytes(parts[0].read_bytes() + of_no_codec(parts[1].read_bytes(), 768, rng))
    given_s, _, _ = heard(path)
    assert given_s == pytest.approx(3, abs=0.1)
    assert "ended (nothing was heard from 3.0 s on" in caplog.text


def paced(transport_stream):
    """Datagrams of seven packets, each with its time by the stream's own clock (PCR), s."""
    first_s = at_s = None
    for k in range(0, len(transport_stream), 7 * 188):
        datagram = transport_stream[k : k + 7 * 188]
        for packet in (datagram[p : p + 188] for p in range(0, len(datagram), 188)):
            if packet[3] & 0x20 and packet[4] and packet[5] & 0x10:
                at_s = (int.from_bytes(packet[6:10], "big") << 1 | packet[10] >> 7) / 90000
                first_s = at_s if first_s is None else first_s
        yield datagram, 0.0 if at_s is None else at_s - first_s


def send(transport_stream, port):
    """Send to a port of this machine, from when it is listened to, at the pace of the stream's clock."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                sender.send(b"")
                time.sleep(0.1)
                sender.send(b"")  # refused where the one before it arrived nowhere
                break
        began_s = time.monotonic()
        for datagram, at_s in paced(transport_stream):
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            sender.send(datagram)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start_s", "end_s", "declared"),
    [(3, 7, True), (-1, 99, True), (-1, 99, False)],
    ids=["lost for 4 s", "a track without data", "pictures only"],
)
def test_sound_that_is_lost_is_silence_at_once_over_udp(tmp_path, start_s, end_s, declared):
    base, kinds = programme(tmp_path / "base.ts", 10.0), ("video", "audio") if declared else ("video",)
    content = edited(
        base, tmp_path / "x.ts", lambda kind, at_s: kind == "video" or not start_s <= at_s < end_s, kinds=kinds
    ).read_bytes()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    threading.Thread(target=send, args=(content, port), daemon=True).start()
    lost, given_s, known_s = [], 0.0, None
    with pytest.raises(MediaError, match="delivered no sound in 1 attempts"):
        for block in live_audio(f"udp://127.0.0.1:{port}", RATE, patience_s=3.0, attempts=1, lost=lost):
            known_s = given_s if lost and known_s is None else known_s
            given_s += len(block) / RATE
    assert given_s == pytest.approx(10, abs=0.8), "the last pictures may be missing"
    assert [(max(start_s, 0), min(end_s, given_s))] == [pytest.approx(span, abs=0.3) for span in lost]
    assert known_s < max(start_s, 0) + 1, "known long before the sound comes back"


@pytest.mark.slow
def test_a_programme_that_moves_to_other_pids_is_followed_over_udp(tmp_path, monkeypatch, caplog):
    """Another codec, other PIDs, another program: what FFmpeg alone would never hear again.

    Datagrams may be lost on a busy machine: the programme is sent until the pitches of both its parts were received,
    by one connection.
    """
    pitches_hz = (440, 1310)
    forms = {}, {"sound": "aac", "muxer": {"mpegts_start_pid": "768", "mpegts_service_id": "7"}}
    content = b""
    for pitch_hz, form in zip(pitches_hz, forms, strict=True):
        monkeypatch.setattr(_programmes, "bursts", partial(tone, frequency_hz=pitch_hz))
        content += programme(tmp_path / f"{pitch_hz}.ts", 5.0, **form).read_bytes()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stopped = threading.Event()

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(MOST_SENT):
                for k in range(0, len(content), 1316):
                    sender.sendto(content[k : k + 1316], ("127.0.0.1", port))
                    if stopped.wait(0.0005):
                        return

    threading.Thread(target=send, daemon=True).start()
    try:
        found = received_pitches(live_audio(f"udp://127.0.0.1:{port}", RATE, patience_s=10, attempts=1), pitches_hz)
    finally:
        stopped.set()
    assert found == set(pitches_hz)
    assert not any("reconnecting" in sentence for sentence in caplog.messages)


def test_losses_of_long_ago_are_dropped_from_a_stream_that_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "_SPANS_KEPT", 3)
    (tmp_path / "a.wav").write_bytes(wav(tone(3)))
    lost = [(-100.0 + k, -99.5 + k) for k in range(50)]
    latest = lost[-3:]
    assert sum(map(len, live_audio(str(tmp_path / "a.wav"), RATE, patience_s=0.2, lost=lost))) == 3 * RATE
    assert lost == latest
