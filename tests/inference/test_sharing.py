"""Several scans into one folder share the files."""

import threading

import numpy as np
import pytest
import soundfile

from horuslib.audio.media import stream_audio
from horuslib.core.claims import FOLDER, Claims
from horuslib.inference import pipeline
from horuslib.inference import scan as scan_module
from horuslib.inference.inputs import find_inputs
from horuslib.inference.results import Results
from horuslib.inference.scan import scan
from tests.conftest import syllables, tone


@pytest.fixture
def videos(tmp_path, rng):
    (tmp_path / "in").mkdir()
    for k in range(8):
        soundfile.write(tmp_path / "in" / f"{k}.wav", np.concatenate([syllables(rng, 10), tone(10)]), 16000)
    return find_inputs([tmp_path / "in"])


def test_two_scans_do_each_file_once(detector, videos, tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "POLL_S", 0.01)
    found: dict[str, list] = {"one": [], "other": []}

    def run(who):
        found[who] = list(scan(videos, detector, tmp_path / "out"))

    both = [threading.Thread(target=run, args=(who,)) for who in found]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    new = [[diagnosis["file"] for diagnosis, is_new in of if is_new] for of in found.values()]
    assert sorted(new[0] + new[1]) == [name for _, name in videos], "every file is new to one of them"
    assert all(len(of) == len(videos) for of in found.values()), "both give every file"
    assert not (tmp_path / "out" / FOLDER).exists()


def test_a_file_that_another_scan_has_in_hand_comes_last(detector, videos, tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "POLL_S", 0.01)
    (tmp_path / "out").mkdir()
    other = Claims(tmp_path / "out")
    assert other.take(videos[0][1])
    order = []
    for diagnosis, _ in scan(videos, detector, tmp_path / "out"):
        order.append(diagnosis["file"])
        if len(order) == len(videos) - 1:
            other.release_all()
    assert order[-1] == videos[0][1] and len(order) == len(videos)


def test_without_patience_nothing_is_said_of_it(detector, videos, tmp_path):
    (tmp_path / "out").mkdir()
    other = Claims(tmp_path / "out")
    assert other.take(videos[0][1])
    assert list(scan(videos[:1], detector, tmp_path / "out", patient=False)) == []
    other.release_all()


@pytest.fixture
def hashed(monkeypatch):
    """(file, whether decoders waited meanwhile for the file that they are handed next), in order."""
    hand_out, content, handing_out, found = pipeline._Feed._next, Results.content, threading.Event(), []

    def noted_hand_out(feed):
        handing_out.set()
        try:
            return hand_out(feed)
        finally:
            handing_out.clear()

    def noted_content(results, path):
        found.append((path.name, handing_out.is_set()))
        return content(results, path)

    monkeypatch.setattr(pipeline._Feed, "_next", noted_hand_out)
    monkeypatch.setattr(Results, "content", noted_content)
    return found


def test_no_decoder_waits_while_a_file_is_hashed(detector, videos, tmp_path, hashed):
    """Neither one that is decoded nor one that another scan has done meanwhile, whether or not it changed since."""
    one, other, changed = videos[:3]

    def decode(path, *given, **options):
        if path == one[0]:
            meanwhile = Results(tmp_path / "out", detector)
            for file, name in (other, changed):
                meanwhile.keep({**scan_module.scan_file(file, detector, name), "source": meanwhile.content(file)})
            changed[0].write_bytes(other[0].read_bytes())
            hashed.clear()
        return stream_audio(path, *given, **options)

    found = [(d["file"], new) for d, new in scan([one, other, changed], detector, tmp_path / "out", decoders=[decode])]
    assert found == [(one[1], True), (other[1], False), (changed[1], True)]
    assert hashed == [(name, False) for name in (other[1], changed[1], changed[1])]
