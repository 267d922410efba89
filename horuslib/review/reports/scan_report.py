"""A scan as one HTML page: totals, a timeline per video, a list of events to sort, filter and play."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from horuslib.core import artifacts
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.datasets import corrections
from horuslib.review.cards import sound_card
from horuslib.review.cards.scan_cards import Cards, make_cards
from horuslib.review.cards.style import class_colours
from horuslib.review.reports.report import colophon, page_css
from horuslib.review.reports.scanned import ChannelFault, Scan, Video, per_class, per_hour, per_source, read_scan
from horuslib.tasks.kinds import BACKGROUND

LARGEST = 12_000_000
"""Maximum size of a page in bytes."""
MOST_CHANNEL_FAULTS = 200
"""Rows of the table of channels."""
PATTERNS = 7
"""Number of hatching patterns in scan.css."""


def write_scan_report(
    folder: Path,
    sound: Path | None = None,
    page: Path | None = None,
    processed: Callable[[int], None] = lambda n: None,
    good: bool = False,
) -> tuple[Path, Cards | None]:
    """Write the page of a scan folder.

    Parameters
    ----------
    sound : the folder that was scanned, for cards with sound; None for a page without.
    page : path of the page; `report.html` in the folder by default.
    processed : called after each event with the number of sound cards so far.
    good : whether known-good programme was scanned: the page then lists its alarms by source.

    Returns
    -------
    The page's path, and its cards.

    Raises
    ------
    UserError
        When there is nothing to report, the folder of sound does not exist, or too many events for one page.
    """
    scan = read_scan(folder)
    if sound is not None and not Path(sound).is_dir():
        raise UserError(f"There is no folder {sound}: --sound names the folder that was scanned.")
    bare = _page(scan, None, good)
    left = LARGEST - len(bare.encode()) - 200_000
    if left < 0:
        raise UserError(
            f"{folder} holds {sum(len(v.events) for v in scan.videos)} events of {len(scan.videos)} videos, more than "
            f"a page of {LARGEST // 10**6} MB can hold: report its sub-folders one by one."
        )
    # The most confident event of each class is on the page twice: at the top, and in the list of events.
    first = 60_000 * len(scan.faults)
    cards = make_cards(scan, Path(sound), left - first, processed) if sound is not None else None
    content = bare if cards is None else _page(scan, cards, good)
    return artifacts.write_bytes(Path(page or Path(folder) / "report.html"), content.encode("utf-8")), cards


def write_hard_normals(folder: Path, sound: Path) -> tuple[Path, int]:
    """Write the alarms of a scan of known-good programme as corrections to normal: `hard_normals.csv` in its folder.

    Returns
    -------
    The file and how many alarms it lists; those of files that are not in the folder of sound are left out.

    Raises
    ------
    UserError
        When the folder does not exist or holds no diagnosis.
    """
    rows = []
    for video in read_scan(folder).videos:
        path = Path(sound) / video.name
        if video.events and path.is_file():
            sha256 = sha256_file(path)
            rows += [corrections.hard_normal(sha256, e.start_s, e.end_s, e.type, BACKGROUND) for e in video.events]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, corrections.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return artifacts.write_bytes(Path(folder) / corrections.HARD_NORMALS, text.getvalue().encode("utf-8")), len(rows)


def channel_faults(scan: Scan) -> list[tuple[Video, ChannelFault]]:
    """Faults of single channels, the longest first."""
    found = [(video, fault) for video in scan.videos for fault in video.channel_faults]
    return sorted(found, key=lambda x: x[1].start_s - x[1].end_s)


def letters(labels: list[str]) -> dict[str, str]:
    """A letter per label, so that colour is not the only cue: the first unused letter of its name."""
    found: dict[str, str] = {}
    for label in labels:
        free = (x for x in f"{label}ABCDEFGHIJKLMNOPQRSTUVWXYZ".upper() if x.isalpha() and x not in found.values())
        found[label] = next(free, "?")
    return found


def _page(scan: Scan, cards: Cards | None, good: bool) -> str:
    of = cards.of if cards else {}
    classes, hours = per_class(scan), per_hour(scan)
    colours, letter = class_colours(scan.labels), letters(scan.faults)
    marks = [
        {"label": label, "colour": colours[label], "letter": letter[label], "pattern": i % PATTERNS}
        for i, label in enumerate(scan.faults)
    ]
    events = sum(len(v.events) for v in scan.videos)
    body = sound_card.template("scan.html.j2").render(
        scan=scan,
        marks={mark["label"]: mark for mark in marks},
        classes=classes.reset_index().to_dict("records"),
        hours=hours.reset_index().to_dict("records") if len(hours) > 1 else [],
        sources=per_source(scan).reset_index().to_dict("records") if good else [],
        events=events,
        with_fault=sum(bool(v.events) for v in scan.videos),
        fault_seconds=classes.seconds.sum(),
        unreadable=[v for v in scan.videos if not v.readable],
        playable=len(of),
        channel_faults=channel_faults(scan),
        most_listed=MOST_CHANNEL_FAULTS,
        cards=cards,
        first=_first_of_each(scan, of),
        numbered=dict(enumerate(of.values())),
        data=_data(scan, marks, of),
        script=_file("scan.js"),
        card_style=sound_card.style(),
    )
    return sound_card.template("page.html.j2").render(
        title=f"Scan: {len(scan.videos)} videos, {events} events",
        css=page_css() + _file("scan.css"),
        wide=True,
        body=body,
        colophon=colophon(),
    )


def _first_of_each(scan: Scan, of: dict) -> list[str]:
    """The first chosen card of each class."""
    first: dict[str, str] = {}
    for (video, event), card in of.items():
        first.setdefault(scan.videos[video].events[event].type, card)
    return list(first.values())


def _data(scan: Scan, marks: list[dict], of: dict) -> str:
    """The data for the page's script, as JSON in which `<` is escaped, so that no file name can close the element."""
    number = {place: i for i, place in enumerate(of)}
    kinds = {mark["label"]: i for i, mark in enumerate(marks)}
    videos = [[v.name, round(v.duration_s, 1), int(v.readable), v.message] for v in scan.videos]
    events = [
        [v, kinds[x.type], round(x.start_s, 1), round(x.end_s, 1), round(x.confidence, 3), number.get((v, e), -1)]
        + [x.description] * bool(x.description)
        for v, video in enumerate(scan.videos)
        for e, x in enumerate(video.events)
    ]
    content = {"marks": marks, "videos": videos, "events": events}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _file(name: str) -> str:
    return (Path(__file__).parents[1] / "templates" / name).read_text("utf-8")
