"""Items for human review: one data class for all kinds of items, and one HTML card per kind.

An audio segment, a clip, a multi-sensor event or a speaker's turn is an item with an id, times, a label and
probabilities. Ledgers identify it by the hash of its source's content and its times (`review.panel.ledger`), so a
decision remains valid after files are renamed or segmented differently. A new kind registers its card in `CARDS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from horuslib.review.cards import sound_card


@dataclass(frozen=True)
class ReviewItem:
    """One item to view, listen to and label.

    Attributes
    ----------
    kind : a key of `CARDS`, which selects the card.
    content : called when the card is rendered; for a segment it returns (samples, sample rate in Hz).
    label : None when unlabelled.
    verdict : the predicted label at the given thresholds; None without a prediction.
    note : the reason why it is shown.
    """

    kind: str
    item_id: str
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
    neighbours : item_id of the previous and the next item, where their cards can be linked to.

    Raises
    ------
    KeyError
        When no card is registered for the item's kind.
    """
    return CARDS[item.kind](item, neighbours)


def anchor(item_id: str) -> str:
    """The HTML `id` of an item's card."""
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
