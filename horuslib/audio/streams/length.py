"""How long a stream of sound is, and a limit for it: what a file declares need not be true, or may be absent."""

from collections.abc import Iterable, Iterator

import numpy as np

from horuslib.core.errors import UserError


class Length:
    """Counts the seconds of a stream, and refuses a file with more than a limit.

    Parameters
    ----------
    name : of the file, for the message.
    max_seconds : None for no limit.
    """

    def __init__(self, name: str, max_seconds: float | None = None):
        self.seconds = 0.0
        self.name, self._max_seconds = name, max_seconds

    def add(self, seconds: float) -> None:
        """Count some more; raises UserError when the file is too long with them."""
        self.seconds += seconds
        if self._max_seconds is not None and self.seconds > self._max_seconds:
            raise UserError(f"{self.name} is longer than {self._max_seconds:g} s, the most that is accepted: cut it.")

    def counted(self, blocks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[np.ndarray]:
        """The blocks; raises UserError for the one with which the file is too long."""
        for block in blocks:
            self.add(len(block) / sample_rate_hz)
            yield block
