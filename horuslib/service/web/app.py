"""The HTTP interface: routes of jobs, of OpenAI's transcription, of the page, and of those who watch the server."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from horuslib import __version__
from horuslib.service.jobs import Job, JobRequest, JobView
from horuslib.service.kinds import KINDS, available, packages
from horuslib.service.service import Service
from horuslib.service.settings import Settings
from horuslib.service.store import Store
from horuslib.service.web import openai
from horuslib.service.web.access import owner_of
from horuslib.service.web.errors import REFUSALS, Refusal, of_validation
from horuslib.service.web.metrics import Metrics
from horuslib.service.web.results import RESULTS
from horuslib.service.web.uploads import Form
from horuslib.service.workers.diarizer import turns_of
from horuslib.speech import rttm
from horuslib.speech.formats import FORMATS
from horuslib.speech.transcript import Transcript

_PAGE = {"": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
_POLICY = (
    "default-src 'self'; media-src blob:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Health(BaseModel):
    status: str
    version: str = __version__


class Readiness(BaseModel):
    ready: bool
    tasks: dict[str, str]
    """Task -> "" when it can be asked for, else why not."""
    packages: dict[str, str]
    """Package for `diagnose` -> the same."""


def make_app(settings: Settings) -> FastAPI:
    """The application; its service lives as long as the server runs it, as `app.state.service`.

    Raises
    ------
    UserError
        When the data folder cannot be used.
    """
    store = Store(settings.data_dir)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = Service(settings, store)
        app.state.metrics = Metrics(app.state.service)
        yield
        await app.state.service.close()

    app = FastAPI(title="Horus", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    _handle_refusals(app)
    _add_watching(app)
    _add_jobs(app, settings)
    _add_page(app)
    openai.add_routes(app, settings, documented=not available(settings)["transcribe"])
    return app


async def owner(request: Request) -> str:
    """Whose request this is, as `access.owner_of`."""
    return owner_of(request, request.app.state.service.settings)


async def service(request: Request) -> Service:
    return request.app.state.service


Owner = Annotated[str, Depends(owner)]
ServiceOf = Annotated[Service, Depends(service)]


def _add_jobs(app: FastAPI, settings: Settings) -> None:
    tasks = [name for name, reason in available(settings).items() if not reason] or list(KINDS)
    usable = [name for name, reason in packages(settings).items() if not reason] or list(settings.packages)
    choices = {"task": tasks, "package": usable}
    fields = {**_fields(), **{name: {"type": "string", "enum": given} for name, given in choices.items()}}
    body = openai.form_schema(fields, ["task"])

    @app.post("/v1/jobs", status_code=202, responses=REFUSALS, openapi_extra=body)
    async def submit(request: Request, response: Response, who: Owner, service: ServiceOf) -> JobView:
        job = await service.accept(request, who, _job_request)
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return service.view(job)

    @app.get("/v1/jobs", responses=REFUSALS)
    async def jobs(who: Owner, service: ServiceOf) -> list[JobView]:
        return [service.view(job) for job in service.store.jobs.values() if job.owner == who]

    @app.get("/v1/jobs/{job_id}", responses=REFUSALS)
    async def job(job_id: str, who: Owner, service: ServiceOf) -> JobView:
        return service.view(service.job(job_id, who))

    @app.delete("/v1/jobs/{job_id}", status_code=204, responses=REFUSALS)
    async def remove(job_id: str, who: Owner, service: ServiceOf) -> None:
        found = service.job(job_id, who)
        await service.pool.cancel(found)
        service.store.remove(found)

    @app.get("/v1/jobs/{job_id}/{format}", responses={**REFUSALS, 200: RESULTS}, response_class=Response)
    async def result(job_id: str, format: str, who: Owner, service: ServiceOf) -> Response:
        found = service.job(job_id, who)
        formats = KINDS[found.task].formats
        if format not in formats:
            raise Refusal(404, f"{found.task} gives {', '.join(formats)}, not {format!r}.", "format")
        return rendered(found, service.result(found), format)


def rendered(job: Job, result: dict[str, Any], suffix: str) -> Response:
    """A result as a file of one format."""
    if suffix == "json":
        content, media_type = json.dumps(result, ensure_ascii=False), "application/json"
    elif "turns" in result:
        content, media_type = rttm.to_text(job.name, turns_of(result)), FORMATS["rttm"][0]
    else:
        media_type, write = FORMATS[suffix]
        content = write(Transcript.model_validate(result))
    name = quote(f"{job.name}.{suffix}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, media_type=media_type, headers=headers)


def _job_request(form: Form) -> JobRequest:
    several = next((name for name, values in form.fields.items() if len(values) > 1), None)
    if several is not None:
        raise Refusal(422, f"The parameter {several} is given more than once.", several)
    given = {name: values[0] for name, values in form.fields.items() if values[0] != ""}
    try:
        return JobRequest.model_validate(given)
    except ValidationError as e:
        raise of_validation(e) from None


def _fields() -> dict[str, Any]:
    """The JSON schema of a job's form fields; an optional field is left out rather than null."""
    fields = dict(JobRequest.model_json_schema()["properties"])
    for name, schema in fields.items():
        if "anyOf" in schema:
            fields[name] = schema["anyOf"][0]
    return fields


def _add_watching(app: FastAPI) -> None:
    @app.get("/health")
    async def health() -> Health:
        return Health(status="ok")

    @app.get("/ready", responses={503: {"model": Readiness}})
    async def ready(response: Response, service: ServiceOf) -> Readiness:
        tasks = available(service.settings)
        able = not service.draining and not all(tasks.values())
        found = Readiness(ready=able, tasks=tasks, packages=packages(service.settings))
        response.status_code = 200 if found.ready else 503
        return found

    @app.get("/metrics", response_class=Response)
    async def metrics(request: Request) -> Response:
        return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4")

    @app.middleware("http")
    async def measure(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        began_s = time.monotonic()
        response = await answer(request)
        route = getattr(request.scope.get("route"), "path", "other")
        request.app.state.metrics.latency.labels(request.method, route).observe(time.monotonic() - began_s)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _add_page(app: FastAPI) -> None:
    folder = files("horuslib.service") / "page"
    contents = {name: (folder / (name or "page.html")).read_bytes() for name in _PAGE}

    def answer(name: str) -> Callable[[], Awaitable[Response]]:
        async def page() -> Response:
            return Response(contents[name], media_type=_PAGE[name])

        return page

    for name in _PAGE:
        app.get(f"/{name}", include_in_schema=False)(answer(name))


def _handle_refusals(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refuse(request: Request, e: Refusal) -> JSONResponse:
        return e.response()

    @app.exception_handler(HTTPException)
    async def http(request: Request, e: HTTPException) -> JSONResponse:
        answer = Refusal(e.status_code, f"{request.url.path}: {e.detail}.").response()
        answer.headers.update(e.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, e: RequestValidationError) -> JSONResponse:
        first = e.errors()[0]
        name = str(first["loc"][-1])
        return Refusal(422, f"The parameter {name} is wrong: {first['msg']}.", name).response()

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, e: ClientDisconnect) -> JSONResponse:
        return Refusal(400, "The client left.").response()
