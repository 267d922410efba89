"""Refusals: an HTTP status, a sentence, and the parameter it is about, in the form that OpenAI's clients read."""

from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError


class Problem(BaseModel):
    message: str
    param: str | None = None
    type: str = "invalid_request_error"
    code: str | None = None


class ProblemBody(BaseModel):
    """The body of every refusal."""

    error: Problem


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemBody} for status in (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 501, 503, 507)
}
"""For the OpenAPI document: statuses with which a route may refuse."""


class Refusal(Exception):
    """Raised where a request cannot be answered.

    Parameters
    ----------
    param : name of the form field or header that is wrong.
    retry_after_s : seconds after which the same request may succeed.
    """

    def __init__(self, status: int, message: str, param: str | None = None, retry_after_s: int | None = None):
        super().__init__(message)
        self.status, self.message, self.param, self.retry_after_s = status, message, param, retry_after_s

    def response(self) -> JSONResponse:
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        body = ProblemBody(error=Problem(message=self.message, param=self.param, type=kind, code=str(self.status)))
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(body.model_dump(), self.status, headers)


def of_validation(error: ValidationError) -> Refusal:
    """422 that names the first wrong parameter."""
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"])) or "form"
    return Refusal(422, f"The parameter {name} is wrong: {first['msg']}.", name)
