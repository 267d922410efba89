import re

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.evaluation.events import Event
from horuslib.review.cards.scan_cards import make_cards, playing_order
from horuslib.review.reports.scanned import read_scan
from tests.conftest import syllables, tone
from tests.scanned import write_diagnosis

TONE = (Event("sinal_teste", 12.0, 22.0, 0.95),)


@pytest.fixture
def sound(tmp_path, rng):
    """A folder of videos: 30 s of speech with a tone from 12 to 22 s."""
    folder = tmp_path / "sound"
    for name in ("a.wav", "b.wav"):
        write_wav(folder / name, np.concatenate([syllables(rng, 12), tone(10), syllables(rng, 8)]), 16000)
    return folder


@pytest.fixture
def scan(tmp_path, sound, horus):
    def scanned(*names, events=TONE, size=None):
        for name in names:
            path = sound / name
            size_bytes = size or (path.stat().st_size if path.exists() else 1)
            write_diagnosis(tmp_path / "out", name, 30.0, horus, events, size_bytes=size_bytes)
        return read_scan(tmp_path / "out")

    return scanned


def test_classes_alternate_most_then_least_confident_first(scan):
    sure = {"sinal_teste": (0.6, 0.9, 0.8, 0.7), "ruido_hiss": (0.5,)}
    events = [Event(label, 2.0 * i, 2.0 * i + 1, p) for label, all_p in sure.items() for i, p in enumerate(all_p)]
    found = scan("a.wav", events=events)
    order = [found.videos[v].events[e] for v, e in playing_order(found)]
    assert [(x.type, x.confidence) for x in order] == [
        ("ruido_hiss", 0.5), ("sinal_teste", 0.9), ("sinal_teste", 0.6), ("sinal_teste", 0.8), ("sinal_teste", 0.7),
    ]  # fmt: skip


def test_the_card_plays_the_video_at_the_events_time(scan, sound):
    cards = make_cards(scan("a.wav"), sound, 10**6)
    (card,) = cards.of.values()
    assert "The most confident segment of an event from 12.0 to 22.0 s." in card
    start = float(re.search(r"a\.wav \(([\d.]+)–", card)[1])
    assert 9.5 <= start <= 19.5
    assert "−20.0 dBFS RMS" in card, "the tone at its true level"
    assert not cards.full and "predicted <b>sinal_teste</b>" in card and len(card.encode()) < 60_000


def test_a_missing_changed_or_unreadable_video_is_reported(scan, sound):
    (sound / "torn.wav").write_bytes(b"RIFF no sound at all")
    found = scan("a.wav", "gone.wav", "torn.wav")
    found = scan("b.wav", size=7)
    cards = make_cards(found, sound, 10**6)
    assert (cards.absent, cards.changed, cards.unreadable) == ({"gone.wav"}, {"b.wav"}, {"torn.wav"})
    assert [found.videos[v].name for v, _ in cards.of] == ["a.wav"]


def test_cards_stop_at_the_size_limit_of_the_page(scan, sound):
    events = [Event("sinal_teste", 12.0 + i, 12.5 + i, 0.9 - i / 100) for i in range(8)]
    found, counts = scan("a.wav", events=events), []
    cards = make_cards(found, sound, 150_000, counts.append)
    assert cards.full and 1 < len(cards.of) < 8 and counts == list(range(1, len(cards.of) + 1))
    assert sum(len(card.encode()) for card in cards.of.values()) <= 150_000
