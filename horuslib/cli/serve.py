"""`horus serve`: the HTTP service."""

import argparse

from horuslib.cli.status import DONE
from horuslib.core.errors import UserError, install

_HELP = """Answer over HTTP what `horus scan`, `horus speech` and `horus speakers` answer for files: POST /v1/jobs,
and a page at /. The environment sets models and limits; docs/service.md lists the variables."""


def add(commands: argparse._SubParsersAction) -> None:
    serve = commands.add_parser("serve", help="diagnose, transcribe and diarize over HTTP", description=_HELP)
    serve.add_argument("--port", type=int, default=8000, help="(%(default)s)")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address; others than this machine need TOKENS (%(default)s)"
    )
    serve.set_defaults(command=_serve)


def _serve(given: argparse.Namespace) -> int:
    try:
        from horuslib.service.web.serve import serve
    except ImportError as e:
        raise UserError(f"The service needs more packages ({e.name}): {install('service')}.") from None
    from horuslib.service.settings import Settings

    if not 0 < given.port < 65536:
        raise UserError(f"--port is {given.port}: it should be from 1 to 65535.")
    settings = Settings.read()
    print(f"http://{given.host}:{given.port}", flush=True)
    serve(given.host, given.port, settings)
    return DONE
