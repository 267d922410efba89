"""Runs the service with uvicorn: one web process; the first SIGTERM drains it, a second ends it at once."""

import asyncio
import logging
import signal
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from horuslib.core.errors import UserError
from horuslib.service.settings import Settings, check_address
from horuslib.service.web.app import make_app

log = logging.getLogger(__name__)


def serve(host: str, port: int, settings: Settings) -> None:
    """Answer on an address until a signal.

    Raises
    ------
    UserError
        When the address is open to others and no token is set, or is in use, or the data folder cannot be used.
    """
    check_address(host, settings)
    listener = _listener(host, port)
    app = make_app(settings)
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False, timeout_keep_alive=75
    )
    _Server(config, app).run([listener])


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as e:
        raise UserError(f"{host}, port {port}, cannot be used ({e.strerror}): name another with --port.") from None
    return listener


class _Server(uvicorn.Server):
    """Refuses new jobs, but still answers, until running jobs have ended."""

    def __init__(self, config: uvicorn.Config, app: FastAPI):
        super().__init__(config)
        self._app = app
        self._draining: asyncio.Task | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._loop is not None and self._draining is None:
            log.warning("%s: draining", signal.Signals(sig).name)
            self._loop.call_soon_threadsafe(self._drain)
        else:
            super().handle_exit(sig, frame)

    def _drain(self) -> None:
        self._draining = asyncio.ensure_future(self._app.state.service.drain())
        self._draining.add_done_callback(lambda _: setattr(self, "should_exit", True))

    async def startup(self, sockets: list | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
