import numpy as np
import pytest
from bs4 import BeautifulSoup

from horuslib.review.cards.items import ReviewItem, card

MARKUP = "<img src=x onerror=alert(1)>"


def item(**changes):
    content = {
        "item_id": "abc-0001",
        "source": "news.mp4",
        "start_s": 5.0,
        "end_s": 10.0,
        "content": lambda: (np.zeros(16000, np.float32), 16000),
        "label": "normal",
        "verdict": "eco_reverb",
        "probabilities": {"eco_reverb": 0.9, "normal": 0.1},
        "note": "a note",
    }
    return ReviewItem(**{**content, **changes})


def test_a_segments_card_shows_all_fields_of_the_item():
    page = BeautifulSoup(card(item(), ("abc-0000", None)), "html.parser")
    text = page.get_text(" ", strip=True)
    for shown in ("news.mp4", "5.0–10.0 s", "normal", "eco_reverb", "a note"):
        assert shown in text
    assert page.find(id="s-abc-0001") is not None
    assert page.find("a", href="#s-abc-0000") is not None


@pytest.mark.parametrize("field", ["source", "label", "verdict", "note", "item_id"])
def test_markup_in_any_text_is_escaped(field):
    page = BeautifulSoup(card(item(**{field: MARKUP}), (MARKUP, MARKUP)), "html.parser")
    assert not [image for image in page.find_all("img") if image.get("src") == "x"]
