"""A segment of sound as an item of review, and its card.

Ledgers identify an item by the hash of its source's content and its times (`review.panel.ledger`), so a decision
remains valid after files are renamed or segmented differently. What a panel asks of items of any kind is
`review.panel.review_panel.Items`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from horuslib.review.cards import sound_card


@dataclass(frozen=True)
class ReviewItem:
    """One segment to view, listen to and label.

    Attributes
    ----------
    content : called when the card is rendered; returns (samples, sample rate in Hz).
    label : None when unlabelled.
    verdict : the predicted label at the given thresholds; None without a prediction.
    note : the reason why it is shown.
    """

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
    """
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


def anchor(item_id: str) -> str:
    """The HTML `id` of an item's card."""
    return f"s-{item_id}"
