"""Text that nobody here wrote, made safe to stand in a sentence of Markdown.

File names, labels, rows of CSV files and names in a task's YAML may hold anything. Whatever a sentence quotes passes
through `code` or `escape_markdown`; the alternative text of an image stays plain, because `plots.show` escapes it.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_REFERENCES = {ord(c): f"&#{ord(c)};" for c in string.punctuation if c not in ",;%?"}
"""Whatever might begin an element, a link, an emphasis, a list, a table or a formula -> its character reference."""
_PLAIN_NAME = re.compile(r"[\w.,()=%-](?:[\w .,()=%/-]*[\w.,()=%/-])?")
"""Names that need no escape between backticks."""


def escape_markdown(text: object) -> str:
    """Any text as Markdown that shows these characters and does nothing else.

    Punctuation becomes character references, which neither Markdown nor HTML reads as markup. Line breaks and other
    control characters become spaces.

    Example
    -------
    >>> escape_markdown("a*b")
    'a&#42;b'
    """
    return _on_one_line(text).translate(_REFERENCES)


def code(text: object) -> str:
    """A name in code style, safe whatever it holds.

    Example
    -------
    >>> code("eco_reverb")
    '`eco_reverb`'
    """
    plain = _on_one_line(text)
    return f"`{plain}`" if _PLAIN_NAME.fullmatch(plain) else f"<code>{escape_markdown(plain)}</code>"


def code_block(lines: Iterable[str]) -> str:
    """Lines as a block of code, in a fence that none of them can close."""
    shown = [_on_one_line(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence, *shown, fence])


def bullets(sentences: Iterable[str]) -> str:
    """A list with one escaped sentence per line."""
    return "\n".join(f"- {escape_markdown(sentence)}" for sentence in sentences)


@dataclass(frozen=True)
class Finding:
    """One finding in two spellings: Markdown to display, and plain text for an image's `alt`."""

    markdown: str
    alt: str


def finding(say: Callable[[Callable[[object], str]], str]) -> Finding:
    """The same sentence twice: its names in code style, and as they are.

    Parameters
    ----------
    say : builds the sentence; it is given the function that every quoted name must pass through.
    """
    return Finding(say(code), say(str))


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 segment`, `2 segments`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _on_one_line(text: object) -> str:
    printable = "".join(" " if unicodedata.category(c) == "Cc" else c for c in str(text))
    return " ".join(printable.split())
