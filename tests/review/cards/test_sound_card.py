import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from horuslib.review.cards import sound_card
from tests.conftest import noise, syllables, tone

LABELS = ["ausencia_audio", "volume_baixo", "eco_reverb", "ruido_hiss", "sinal_teste", "normal"]
RATE = 16000


class Page(HTMLParser):
    """The elements of a page, in order: (tag, attributes)."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def one(self, tag):
        found = [attributes for name, attributes in self.elements if name == tag]
        assert len(found) == 1, f"{len(found)} <{tag}>"
        return found[0]


def decoded(card):
    """The sound inside a card, as the player outputs it, at 48 kHz."""
    import av

    source = Page(card).one("audio")["src"]
    head, content = source.split(",", 1)
    assert head == "data:audio/webm;base64"
    with av.open(io.BytesIO(base64.b64decode(content))) as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    return np.concatenate(frames)


@pytest.mark.parametrize("level_dbfs", [-12, -30, -50])
def test_the_player_keeps_the_original_level(rng, level_dbfs):
    processed = decoded(sound_card.card(syllables(rng, level_dbfs=level_dbfs), RATE, title="x"))
    middle = processed[4800:-4800]
    assert 20 * np.log10(np.sqrt(np.mean(middle.astype(float) ** 2))) == pytest.approx(level_dbfs, abs=0.7)


def test_a_card_of_5_s_stays_under_60_kb(rng):
    worst = syllables(rng) + noise(rng, level_dbfs=-25) + tone()
    for samples in (worst, noise(rng), tone(), syllables(rng, level_dbfs=-50)):
        probabilities = dict.fromkeys(LABELS, 1 / 6)
        card = sound_card.card(
            samples, RATE, title="t" * 60, true_label=LABELS[0], predicted=LABELS[2], probabilities=probabilities
        )
        assert len(card.encode()) < 60_000


def test_every_text_is_escaped(rng):
    evil = '<script>alert("x")</script>'
    card = sound_card.card(
        noise(rng, 1), RATE, title=evil, true_label=evil, predicted=evil, probabilities={evil: 0.5}, source=evil,
        start_s=0, end_s=1, note=evil, anchor='"><script>',
    )  # fmt: skip
    page = Page(card)
    assert "script" not in [tag for tag, _ in page.elements]
    assert page.one("article")["aria-label"] == evil
    assert page.one("article")["id"] == '"><script>'


def test_the_alternative_text_states_the_finding(rng):
    card = sound_card.card(
        syllables(rng, level_dbfs=-40), RATE, title="eco_1", true_label="eco_reverb", predicted="normal",
        probabilities={"eco_reverb": 0.2, "normal": 0.8}, source="a.mp4", start_s=10, end_s=15,
    )  # fmt: skip
    alt = Page(card).one("svg")["aria-label"]
    assert Page(card).one("svg")["role"] == "img"
    for part in ("eco_1", "a.mp4, 10.0–15.0 s", "labelled eco_reverb", "predicted normal with 80%", "−40.0 dBFS RMS"):
        assert part in alt
    assert "✗ wrong" in Page(card).text


def test_a_correct_prediction_is_marked_and_an_unpaired_label_is_not(rng):
    x = noise(rng, 1)
    assert "✓ correct" in sound_card.card(x, RATE, title="x", true_label="normal", predicted="normal")
    text = Page(sound_card.card(x, RATE, title="x", predicted="normal")).text
    assert "correct" not in text.split("}")[-1] and "wrong" not in text.split("}")[-1]


def test_quiet_sound_may_be_raised_to_the_target_and_loud_sound_may_not(rng):
    from horuslib.audio.levels import lufs

    quiet = syllables(rng, level_dbfs=-50)
    card = sound_card.card(quiet, RATE, title="x")
    gain_db = float(re.search(r"raise to −23.0 LUFS \(\+([\d.]+) dB\)", card)[1])
    assert lufs(quiet * 10 ** (gain_db / 20), RATE) == pytest.approx(-23, abs=0.1)
    assert "raise" not in Page(sound_card.card(syllables(rng, level_dbfs=-22), RATE, title="x")).text.split("}")[-1]


def test_raising_never_clips(rng):
    clicks = noise(rng, level_dbfs=-60)
    clicks[::8000] = 0.05
    factor = float(re.search(r"this\.checked\?([\d.]+)", sound_card.card(clicks, RATE, title="x"))[1])
    assert 0.8 < factor * np.abs(clicks).max() <= 1


def test_digital_silence_has_a_dark_spectrogram_and_no_gain():
    from PIL import Image

    card = sound_card.card(np.zeros(5 * RATE, np.float32), RATE, title="x", true_label="ausencia_audio")
    picture = base64.b64decode(Page(card).one("image")["href"].split(",")[1])
    assert np.asarray(Image.open(io.BytesIO(picture)).convert("L")).max() < 10
    assert "checkbox" not in card and "−∞ LUFS" in card


def test_a_tone_is_drawn_at_its_frequency():
    from PIL import Image

    card = sound_card.card(tone(frequency_hz=1000), RATE, title="x")
    page = Page(card)
    picture = base64.b64decode(page.one("image")["href"].split(",")[1])
    rows = np.asarray(Image.open(io.BytesIO(picture)).convert("L")).mean(axis=1)
    frame = page.one("image")
    y = float(frame["y"]) + float(frame["height"]) * (rows.argmax() + 0.5) / len(rows)
    tick = re.search(r'y="([\d.]+)" text-anchor="end">1k<', card)
    assert y == pytest.approx(float(tick[1]) - 4, abs=2.5)


def test_many_cards_share_one_style(rng):
    grid = sound_card.cards(sound_card.card(noise(rng, 0.5), RATE, title=str(i)) for i in range(3))
    tags = [tag for tag, _ in Page(grid).elements]
    assert tags.count("style") == 1 and tags.count("article") == 3


def test_a_card_links_to_its_neighbours_if_any(rng):
    linked = Page(sound_card.card(noise(rng, 0.5), RATE, title="x", neighbours=["s-1", None]))
    assert linked.one("a")["href"] == "#s-1"
    assert "a" not in [tag for tag, _ in Page(sound_card.card(noise(rng, 0.5), RATE, title="x")).elements]
