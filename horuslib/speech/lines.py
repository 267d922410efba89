"""Words into segments of the length of a subtitle."""

from collections.abc import Iterable, Iterator

from horuslib.speech.transcript import Segment, Word

LONGEST_S, MOST_CHARACTERS = 7.0, 84
"""Two lines of 42 characters and seven seconds, as broadcasters' subtitle guides have it."""
_PAUSE_S, _FULL_S = 0.8, 1.0
_ENDS = (".", "?", "!", "…")


def segments_of(words: Iterable[Word]) -> list[Segment]:
    """Break at pauses, ends of sentences, changes of speaker, and where a segment would be too long."""
    return [Segment.of(line) for line in _lines(words)]


def _lines(words: Iterable[Word]) -> Iterator[list[Word]]:
    line: list[Word] = []
    for word in words:
        if line and _breaks(line, word):
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _breaks(line: list[Word], word: Word) -> bool:
    first, last = line[0], line[-1]
    characters = sum(len(w.text) + 1 for w in line) + len(word.text)
    return (
        word.speaker != last.speaker
        or word.start_s - last.end_s > _PAUSE_S
        or word.end_s - first.start_s > LONGEST_S
        or characters > MOST_CHARACTERS
        or (last.text.endswith(_ENDS) and last.end_s - first.start_s >= _FULL_S)
    )
