"""What the OpenAPI document says of results: the schemas that ship beside the code that writes them."""

import json
from importlib.resources import files
from typing import Annotated, Any

from pydantic import WithJsonSchema

from horuslib.speech.formats import FORMATS
from horuslib.speech.transcript import Transcript


def _as_in(package: str, name: str) -> Any:
    """The type of JSON that follows a schema of ours."""
    schema = json.loads((files(package) / name).read_text("utf-8"))
    return Annotated[dict[str, Any], WithJsonSchema(_resolved(schema, schema.get("$defs", {})))]


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    """Definitions in place of references to them, which would not be found within another document."""
    if isinstance(schema, list):
        return [_resolved(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    return {name: _resolved(value, definitions) for name, value in schema.items() if name not in ("$schema", "$defs")}


_DIARIZATION = _as_in("horuslib.speakers", "schema.json")
_DIAGNOSIS = _as_in("horuslib.inference", "diagnosis.schema.json")
_TEXTS = [media_type for media_type, _ in FORMATS.values() if media_type != FORMATS["json"][0]]
RESULTS: dict[str, Any] = {
    "description": "JSON of `transcribe` and `both`, of `diarize`, or of `diagnose`; or a file of another format",
    "model": Transcript | _DIARIZATION | _DIAGNOSIS,
    "content": {media_type: {"schema": {"type": "string"}} for media_type in _TEXTS},
}
"""The successful answer of the route that gives results."""
