"""The format of a transcript, as the schema that ships says it."""

import json

import jsonschema

from horuslib.speech.formats import to_json
from horuslib.speech.transcript import SCHEMA, Transcript
from tests.speech.conftest import transcript_of, words_of


def test_the_schema_that_ships_is_that_of_the_record():
    """Where it is not: `SCHEMA.write_text(json.dumps(Transcript.model_json_schema(), indent=1) + "\\n")`."""
    assert json.loads(SCHEMA.read_text("utf-8")) == Transcript.model_json_schema()


def test_a_transcript_follows_the_schema():
    written = json.loads(to_json(transcript_of(words_of("bom dia"))))
    jsonschema.validate(written, json.loads(SCHEMA.read_text("utf-8")))
    assert written["variety"] is None
