"""What every panel is: constant data, a card, a status, and methods that the browser's messages name."""

import anywidget
import traitlets

from horuslib.core.errors import UserError


class MessagePanel(anywidget.AnyWidget):
    """A widget whose messages from the browser name a method: `{"do": "relabel", "label": "normal"}`.

    An error that a person can do something about becomes the status.
    """

    asked: tuple[str, ...] = ()
    """The methods that the browser may name."""

    setup = traitlets.Dict().tag(sync=True)
    """Constant data."""
    card = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        """Called last, so that the browser is notified once, when all traits are set."""
        super().__init__()
        self.on_msg(self._receive)

    def _receive(self, _widget: object, message: dict, _buffers: object) -> None:
        given = dict(message)
        name = given.pop("do")
        if name not in self.asked:
            raise ValueError(f"the panel has no method {name!r}")
        with self.hold_sync():
            try:
                getattr(self, name)(**given)
            except UserError as e:
                self.status = str(e)
