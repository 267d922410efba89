"""Transcription by a real server with a real model, also as OpenAI's own client asks for it."""

import io

import httpx
import pytest
import soundfile

from horuslib.speech.guards import plain
from tests.service.server import server, until
from tests.speech.voice import say

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def speaking(tmp_path_factory, whisper_folder):
    """A server whose MODEL_DIR holds a model for each of two varieties."""
    models = tmp_path_factory.mktemp("models")
    for name in ("default", "pt-BR"):
        (models / name).symlink_to(whisper_folder)
    with server(tmp_path_factory.mktemp("speaking") / "data", MODEL_DIR=str(models), PACKAGE_DIR="/none") as found:
        yield found


@pytest.fixture(scope="module")
def greeting():
    """A WAV file's bytes."""
    written = io.BytesIO()
    soundfile.write(written, say("bom dia"), 16000, format="WAV")
    return written.getvalue()


def test_a_transcript_comes_in_every_format(speaking, greeting):
    files = {"file": ("olá <b>.wav", greeting)}
    answer = speaking.client.post("/v1/jobs", files=files, data={"task": "transcribe", "variety": "pt-BR"})
    assert answer.status_code == 202, answer.text
    done = speaking.finished(answer.json()["id"])
    assert (done["state"], done["name"]) == ("done", "olá <b>.wav")
    assert set(done["results"]) == {"json", "srt", "vtt", "txt", "rttm", "textgrid"}
    found = {name: speaking.client.get(path) for name, path in done["results"].items()}
    assert {answer.status_code for answer in found.values()} == {200}
    assert plain(found["txt"].text) == "bom dia"
    assert found["json"].json()["segments"][0]["words"][0]["speaker"] is None
    assert found["vtt"].headers["content-type"].startswith("text/vtt")
    assert len(speaking.workers("transcribe")) == 1
    assert speaking.client.delete(f"/v1/jobs/{done['id']}").status_code == 204


def test_openais_own_client_is_answered(speaking, greeting):
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=f"{speaking.url}/v1", api_key="none", max_retries=0)
    ask = client.audio.transcriptions.create
    assert plain(ask(model="whisper-1", file=("a.wav", greeting), language="pt").text) == "bom dia"
    verbose = ask(
        model="whisper-1", file=("a.wav", greeting), language="pt", response_format="verbose_json",
        timestamp_granularities=["word"],
    )  # fmt: skip
    assert verbose.duration == pytest.approx(len(say("bom dia")) / 16000, abs=0.01)
    assert [plain(word.word) for word in verbose.words] == ["bom", "dia"]
    subtitles = ask(model="whisper-1", file=("a.wav", greeting), language="pt", response_format="srt")
    assert subtitles.startswith("1\n00:00:00,")
    with pytest.raises(openai.UnprocessableEntityError, match="response_format"):
        ask(model="whisper-1", file=("a.wav", greeting), response_format="diarized_json")
    with pytest.raises(openai.UnprocessableEntityError, match="stream"):
        ask(model="whisper-1", file=("a.wav", greeting), stream=True)
    with pytest.raises(openai.APIStatusError, match="cannot be opened"):
        ask(model="whisper-1", file=("a.wav", b"no sound"))
    assert speaking.client.get("/v1/jobs").json() == []


def test_a_client_that_does_not_wait_for_its_text_cancels_it(speaking, greeting):
    with pytest.raises(httpx.TimeoutException):
        httpx.post(
            f"{speaking.url}/v1/audio/transcriptions", files={"file": greeting}, timeout=httpx.Timeout(30, read=0.05)
        )
    until(lambda: speaking.client.get("/v1/jobs").json() == [], "the job is removed")
