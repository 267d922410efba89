"""The one exception that reaches a user as a sentence instead of a traceback."""

from horuslib.core.walk import shown


class UserError(Exception):
    """Something only the user can put right.

    The message says what was found, where, and what to do. The command line prints it alone and exits with status 2;
    a notebook shows it as its last line. It is text that can be written anywhere, whatever names it quotes.
    """

    def __init__(self, message: str):
        super().__init__(shown(message))
