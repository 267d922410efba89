"""The form of OpenAI's transcription: what is understood, and what is refused by name."""

import pytest

from horuslib.service.web.errors import Refusal
from horuslib.service.web.openai import read_form
from horuslib.service.web.uploads import Form


def form(**fields):
    return Form("a.wav", {name: [str(value)] for name, value in fields.items()})


def test_a_form_becomes_a_request_and_a_format():
    asked, format = read_form(form(model="whisper-1", language="en", response_format="srt", stream="false"))
    assert (asked.task, asked.language, format) == ("transcribe", "en", "srt")
    asked, format = read_form(form(model="whisper-1", temperature=0, prompt="News"))
    assert (asked.language, format) == ("auto", "json")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"stream": "true"}, "stream"),
        ({"stream": "True"}, "stream"),
        ({"stream": "1"}, "stream"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"language": "portuguese"}, "language"),
        ({"include[]": "logprobs"}, "include[]"),
    ],
)
def test_what_has_no_effect_here_is_refused_by_name(fields, name):
    with pytest.raises(Refusal) as refused:
        read_form(form(**fields))
    assert (refused.value.status, refused.value.param) == (422, name)
