"""The one exception that reaches a user as a sentence instead of a traceback, and words that many of them need."""

from horuslib.core.walk import shown


class UserError(Exception):
    """Something only the user can put right.

    The message says what was found, where, and what to do. The command line prints it alone and exits with status 2;
    a notebook shows it as its last line. It is text that can be written anywhere, whatever names it quotes.
    """

    def __init__(self, message: str):
        super().__init__(shown(message))


def install(extra: str) -> str:
    """The command that installs an extra of `pyproject.toml`, for a message; the name on the index is not ours.

    Example
    -------
    >>> install("speakers")
    "`pip install '.[speakers]'` in the project's folder"
    """
    return f"`pip install '.[{extra}]'` in the project's folder"
