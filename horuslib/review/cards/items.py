"""What a person reviews, whatever it is: one shape for all kinds of items, and one card per kind.

A segment of sound, a clip, an event of several sensors or a speaker's turn is an item with an id, the hash of the
content it comes from, times, a label and probabilities. Ledgers know an item by content and times, so that a decision
outlives renamed files and another segmentation. A new kind registers its card in `CARDS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from horuslib.review.cards import sound_card


@dataclass(frozen=True)
class ReviewItem:
    """One thing to look at or listen to, and to label.

    Attributes
    ----------
    kind : which card shows it, a key of `CARDS`.
    content : gives what the card shows when it is drawn; of a segment (samples, sample rate in Hz).
    label : None where nobody gave one.
    verdict : what was predicted at the thresholds in question; None without a prediction.
    note : why it is shown.
    """

    kind: str
    item_id: str
    content_sha256: str
    source: str
    start_s: float
    end_s: float
    content: Callable[[], Any] = field(repr=False)
    label: str | None = None
    verdict: str | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


def card(item: ReviewItem, neighbours: Sequence[str | None] = (None, None)) -> str:
    """The HTML card of an item.

    Parameters
    ----------
    neighbours : item_id of the item before and of the one after, where their cards can be turned to.

    Raises
    ------
    KeyError
        When no card is registered for the item's kind.
    """
    return CARDS[item.kind](item, neighbours)


def anchor(item_id: str) -> str:
    """A card's `id` on a page."""
    return f"s-{item_id}"


def _segment_card(item: ReviewItem, neighbours: Sequence[str | None]) -> str:
    samples, sample_rate_hz = item.content()
    return sound_card.card(
        samples,
        sample_rate_hz,
        title=item.source,
        true_label=item.label,
        predicted=item.verdict,
        probabilities=dict(item.probabilities) or None,
        start_s=item.start_s,
        end_s=item.end_s,
        note=item.note or None,
        anchor=anchor(item.item_id),
        neighbours=[x and anchor(x) for x in neighbours],
    )


CARDS: dict[str, Callable[[ReviewItem, Sequence[str | None]], str]] = {"segment": _segment_card}
"""Kind of item -> its card."""
