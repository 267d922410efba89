"""Word times that people can use: inside speech, in order, and no longer than a word can be."""

from collections.abc import Sequence

from horuslib.speech.chunks import Region

LONGEST_WORD_S = 1.5
_SHORTEST_WORD_S = 0.02


def within_speech(times: Sequence[Region], regions: Sequence[Region]) -> list[Region]:
    """Move the model's times of consecutive words into the regions in which speech is.

    Whisper aligns words by attention, and a word beside a pause often covers the pause as well. Each word is cut to
    the region that it overlaps most, or moved to the nearest edge of speech where it overlaps none. What is still
    longer than LONGEST_WORD_S loses its end.

    Parameters
    ----------
    times : start and end of each word, seconds.
    regions : where speech is, in order of time; at least one.

    Returns
    -------
    list
        Start and end of each word, seconds, rounded to a millisecond; starts never decrease.
    """
    moved: list[Region] = []
    earliest_s = 0.0
    for start_s, end_s in times:
        low_s, high_s = max(regions, key=lambda region: _overlap(region, (start_s, end_s)))
        start_s = min(max(start_s, low_s, earliest_s), max(low_s, high_s - _SHORTEST_WORD_S))
        start_s = max(start_s, earliest_s)
        end_s = min(max(end_s, start_s + _SHORTEST_WORD_S), max(high_s, start_s + _SHORTEST_WORD_S))
        end_s = min(end_s, start_s + LONGEST_WORD_S)
        moved.append((round(start_s, 3), round(end_s, 3)))
        earliest_s = start_s
    return moved


def _overlap(one: Region, other: Region) -> float:
    """Seconds in common; minus their distance where there are none."""
    return min(one[1], other[1]) - max(one[0], other[0])
