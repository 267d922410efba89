"""Sound cards for scanned events: the order in which events are cut from the videos, up to a page's size limit."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from horuslib.audio.media import MediaError, read_excerpt
from horuslib.review.cards import sound_card
from horuslib.review.reports.scanned import Scan, ScannedEvent, Video

RATE_HZ = 16000
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")
"""A byte of a file's name that is not UTF-8, as a scan writes it."""
Place = tuple[int, int]
"""(index of the video in the scan, index of the event in the video)."""


@dataclass
class Cards:
    """Sound cards of events, and the reasons why other events have none.

    Attributes
    ----------
    of : event -> its card, in the order in which they were chosen.
    full : whether some events were left out because the size limit was reached.
    absent, changed, unreadable : names of videos whose sound is unavailable, by reason.
    """

    of: dict[Place, str] = field(default_factory=dict)
    full: bool = False
    absent: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)


def make_cards(scan: Scan, sound: Path, budget: int, processed: Callable[[int], None] = lambda n: None) -> Cards:
    """Cards of the events in `playing_order`, as many as fit.

    Parameters
    ----------
    sound : the folder that was scanned. A video whose size differs from the scanned one is skipped.
    budget : maximum total size of all cards in bytes.
    processed : called after each card with the number of cards so far.
    """
    cards, used = Cards(), 0
    for place in playing_order(scan):
        video = scan.videos[place[0]]
        path = _source(video, sound, cards)
        if path is None:
            continue
        try:
            card = event_card(path, video, video.events[place[1]])
        except MediaError:
            cards.unreadable.add(video.name)
            continue
        used += len(card.encode())
        if used > budget:
            cards.full = True
            break
        cards.of[place] = card
        processed(len(cards.of))
    return cards


def playing_order(scan: Scan) -> Iterator[Place]:
    """All events, classes alternating: per class the most confident, the least confident, the next most and so on."""
    orders = []
    for label in scan.faults:
        places = [(v, e) for v, video in enumerate(scan.videos) for e, x in enumerate(video.events) if x.type == label]
        by_confidence = sorted(places, key=lambda place: -scan.videos[place[0]].events[place[1]].confidence)
        half = -(-len(by_confidence) // 2)
        turns = zip_longest(by_confidence[:half], reversed(by_confidence[half:]))
        orders.append([place for turn in turns for place in turn if place is not None])
    for turn in zip_longest(*orders):
        yield from (place for place in turn if place is not None)


def event_card(path: Path, video: Video, event: ScannedEvent) -> str:
    """The card of an event: its most confident segment."""
    whole = (event.shown_from_s, event.shown_to_s) == (event.start_s, event.end_s)
    part = "" if whole else f"The most confident segment of an event from {event.start_s:.1f} to {event.end_s:.1f} s."
    description = f"Measured: {event.description}." if event.description else ""
    return sound_card.card(
        read_excerpt(path, event.shown_from_s, event.shown_to_s, RATE_HZ, video.track),
        RATE_HZ,
        title=video.name,
        predicted=event.type,
        probabilities=event.probabilities or None,
        start_s=event.shown_from_s,
        end_s=min(event.shown_to_s, video.duration_s),
        note=f"{part} {description}".strip() or None,
        with_style=False,
    )


def _source(video: Video, sound: Path, cards: Cards) -> Path | None:
    path = sound / video.name
    if not path.is_file():
        path = sound / os.fsdecode(_ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), video.name.encode()))
    if not path.is_file():
        cards.absent.add(video.name)
    elif video.size_bytes not in (None, path.stat().st_size):
        cards.changed.add(video.name)
    else:
        return path
    return None
