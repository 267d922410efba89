"""Who may ask: bearer tokens, and without them only pages and programs of this machine."""

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from horuslib.service.settings import Settings, is_loopback
from horuslib.service.web.errors import Refusal


def owner_of(request: Request, settings: Settings) -> str:
    """Whose request this is: a hash of its token, or "" where none is needed.

    Raises
    ------
    Refusal
        401 without a valid token; 403, where no token is needed, for a request that another site's page makes a
        browser send (by its Origin, or by a Host that is not of this machine).
    """
    if not settings.tokens:
        _check_same_machine(request)
        return ""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    valid = [token for token in settings.tokens if hmac.compare_digest(token.encode(), given.strip().encode())]
    if scheme.lower() != "bearer" or not valid:
        raise Refusal(401, "A token is needed: send the header `Authorization: Bearer TOKEN`.", "Authorization")
    return hashlib.sha256(valid[0].encode()).hexdigest()[:16]


def _check_same_machine(request: Request) -> None:
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        raise Refusal(403, f"This server answers to localhost alone, not to {host!r}.", "Host")
    if origin is not None and urlsplit(origin).netloc != host:
        raise Refusal(403, f"Pages of {origin!r} may not use this server.", "Origin")
