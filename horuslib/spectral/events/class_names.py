"""Class names as files spell them: composed or decomposed accents (NFC, NFD), mojibake, no accents, other capitals."""

import unicodedata
from collections.abc import Sequence

_WRONG_DECODINGS = ("cp1252", "latin-1", "mac_roman", "cp850")
"""What UTF-8 is read as by mistake; `Ruído` then becomes `RuÃ­do`."""


def recognise(name: str, classes: Sequence[str]) -> str | None:
    """The class that a name means, or None.

    Parameters
    ----------
    name : as it stands in a file.
    classes : the task's classes, in their own spelling.

    Example
    -------
    >>> recognise("ruÃ­do ambiente", ["Ruído_Ambiente", "Anomalia_Correlacionada"])
    'Ruído_Ambiente'
    """
    known = {plain(class_name): class_name for class_name in classes}
    return next((known[plain(way)] for way in _readings(name) if plain(way) in known), None)


def plain(name: str) -> str:
    """A name without accents, capitals, and the difference between spaces, hyphens and underscores."""
    decomposed = unicodedata.normalize("NFKD", name.strip().lower())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return "_".join(letters.replace("-", " ").replace("_", " ").split())


def repaired(text: str) -> str:
    """A text whose UTF-8 was read as another encoding, read again; as it is where that makes no sense."""
    return next((way for way in _readings(text) if way != text and "Ã" not in way and "Â" not in way), text)


def _readings(name: str) -> list[str]:
    """The name, and what it was before one or two wrong decodings."""
    found = [name]
    for _ in range(2):
        for text in list(found):
            for encoding in _WRONG_DECODINGS:
                try:
                    found.append(text.encode(encoding).decode("utf-8"))
                except UnicodeError:
                    continue
    return list(dict.fromkeys(found))
