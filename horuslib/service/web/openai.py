"""POST /v1/audio/transcriptions, as clients of OpenAI's interface call it: the answer is the text itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import ValidationError

from horuslib.service.jobs import Job, JobRequest, State
from horuslib.service.service import Service
from horuslib.service.settings import Settings
from horuslib.service.web.errors import REFUSALS, Refusal, of_validation
from horuslib.service.web.uploads import Form
from horuslib.speech.formats import FORMATS
from horuslib.speech.transcript import Transcript

FORMATS_OF_OPENAI = ("json", "text", "srt", "verbose_json", "vtt")
_IGNORED = ("model", "prompt", "temperature", "timestamp_granularities[]", "timestamp_granularities")
"""Understood and without effect here: the server's model is used, and words and segments are always given."""
_LOOK_S = 0.5


def form_schema(fields: dict[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """The OpenAPI description of a form with a file and these fields."""
    properties = {"file": {"type": "string", "format": "binary"}, **fields}
    schema = {
        "type": "object",
        "properties": properties,
        "required": ["file", *required],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def add_routes(app: FastAPI, settings: Settings, documented: bool = True) -> None:
    """Add the route to an application whose state has a service; documented where the server can transcribe."""
    from horuslib.service.web.access import owner_of

    fields = {
        "model": {"type": "string"},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}$"},
        "response_format": {"type": "string", "enum": list(FORMATS_OF_OPENAI), "default": FORMATS_OF_OPENAI[0]},
        "prompt": {"type": "string"},
        "temperature": {"type": "number"},
        "stream": {"type": "boolean", "enum": [False]},
        "timestamp_granularities[]": {"type": "array", "items": {"type": "string", "enum": ["word", "segment"]}},
    }

    @app.post(
        "/v1/audio/transcriptions",
        openapi_extra=form_schema(fields),
        response_class=Response,
        responses=REFUSALS,
        include_in_schema=documented,
    )
    async def transcriptions(request: Request) -> Response:
        service: Service = request.app.state.service
        chosen = {}

        def read(form: Form) -> JobRequest:
            asked, chosen["format"] = read_form(form)
            return asked

        job = await service.accept(request, owner_of(request, settings), read)
        try:
            await _finished(job, service, request)
            if job.state is not State.DONE:
                raise Refusal(
                    422 if job.state is State.FAILED else 409, job.error or f"The job was {job.state}.", "file"
                )
            return _answer(Transcript.model_validate(service.result(job)), chosen["format"])
        finally:
            await service.pool.cancel(job)
            service.store.remove(job)


def read_form(form: Form) -> tuple[JobRequest, str]:
    """What is asked for, and the format of the answer; raises Refusal (422) for what cannot be done."""
    if (form.fields.get("stream") or ["false"])[0].lower() not in ("false", "0", ""):
        raise Refusal(422, "stream is not offered: the text comes whole; leave stream out.", "stream")
    return _request(form), _format(form)


async def _finished(job: Job, service: Service, request: Request) -> None:
    """Wait until the job has ended, or its client has gone."""
    waiting = asyncio.ensure_future(service.pool.wait_for(job))
    try:
        while not waiting.done() and not await request.is_disconnected():
            await asyncio.wait([waiting], timeout=_LOOK_S)
    finally:
        waiting.cancel()


def _format(form: Form) -> str:
    given = (form.fields.get("response_format") or [FORMATS_OF_OPENAI[0]])[0]
    if given not in FORMATS_OF_OPENAI:
        raise Refusal(
            422, f"response_format is {given!r}: it should be one of {', '.join(FORMATS_OF_OPENAI)}.", "response_format"
        )
    return given


def _request(form: Form) -> JobRequest:
    known = {
        name: values[0] for name, values in form.fields.items() if name not in (*_IGNORED, "stream", "response_format")
    }
    try:
        return JobRequest.model_validate({"language": "auto", **known, "task": "transcribe"})
    except ValidationError as e:
        raise of_validation(e) from None


def _answer(found: Transcript, format: str) -> Response:
    if format == "json":
        return JSONResponse({"text": found.text})
    if format == "text":
        return PlainTextResponse(found.text + "\n")
    if format == "verbose_json":
        return JSONResponse(_verbose(found))
    media_type, write = FORMATS[format]
    return Response(write(found), media_type=media_type)


def _verbose(found: Transcript) -> dict[str, Any]:
    segments = [{"id": k, "start": s.start_s, "end": s.end_s, "text": s.text} for k, s in enumerate(found.segments)]
    words = [{"word": w.text, "start": w.start_s, "end": w.end_s} for w in found.words]
    return {
        "task": "transcribe",
        "language": found.language,
        "duration": found.duration_s,
        "text": found.text,
        "segments": segments,
        "words": words,
    }
