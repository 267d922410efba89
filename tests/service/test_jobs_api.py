"""A real server: from an upload to a result, and every refusal."""

import json
import subprocess
import sys

import httpx
import pytest

from tests.service.server import until

pytestmark = pytest.mark.slow


def test_a_job_is_done_and_gives_what_a_scan_gives(running, beep, export):
    answer = running.submit(beep)
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert job["seconds"] == pytest.approx(10)
    done = running.finished(job["id"])
    assert (done["state"], done["progress"], done["error"]) == ("done", 1.0, "")
    found = running.client.get(done["results"]["json"])
    assert "beep.wav.json" in found.headers["content-disposition"]

    from horuslib.inference.detector import Detector
    from horuslib.inference.scan import scan_file

    expected = scan_file(beep, Detector.load(export, environment={}, dotenv=export / "absent"))
    assert found.json() == json.loads(json.dumps(expected))
    assert found.json()["audio"]["class"] == "sinal_teste"


def test_deleting_removes_everything(running, beep):
    job_id = running.submit(beep).json()["id"]
    folder = running.data / "jobs" / job_id
    assert folder.is_dir()
    assert running.client.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert running.client.get(f"/v1/jobs/{job_id}").status_code == 404
    assert not folder.exists()


@pytest.mark.parametrize(
    ("fields", "status", "parameter"),
    [
        ({"task": "sing"}, 422, "task"),
        ({"task": ""}, 422, "task"),
        ({"language": "portuguese"}, 422, "language"),
        ({"variety": "../../etc"}, 422, "variety"),
        ({"speakers": "-1"}, 422, "speakers"),
        ({"speakers": "two"}, 422, "speakers"),
        ({"deadline_s": "nan"}, 422, "deadline_s"),
        ({"colour": "red"}, 422, "colour"),
        ({"task": "transcribe"}, 501, "task"),
    ],
)
def test_a_wrong_parameter_is_named(fields, status, parameter, running, beep):
    answer = running.submit(beep, **fields)
    assert answer.status_code == status
    assert answer.json()["error"]["param"] == parameter
    assert answer.json()["error"]["message"]


def test_a_file_that_is_no_sound_is_refused(running, tmp_path):
    (tmp_path / "notes.wav").write_text("no sound")
    answer = running.submit(tmp_path / "notes.wav")
    assert answer.status_code == 415
    assert "cannot be opened as audio or video" in answer.json()["error"]["message"]


def test_a_long_sound_in_a_small_file_is_refused(running, long_silence):
    answer = running.submit(long_silence)
    assert long_silence.stat().st_size < 200_000
    assert answer.status_code == 413
    assert "601 s long; at most 600 s" in answer.json()["error"]["message"]


@pytest.fixture(scope="module")
def ten_hours(tmp_path_factory):
    """Ten hours of digital silence in less than 100 kB."""
    path = tmp_path_factory.mktemp("bomb") / "silence.flac"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "36000"]
    subprocess.run([*command, "-frame_size", "65535", "-compression_level", "0", str(path)], check=True)
    assert path.stat().st_size < 100_000
    return path


@pytest.fixture(scope="module")
def undeclared(ten_hours):
    """The same, whose header does not say how long it is."""
    content = bytearray(ten_hours.read_bytes())
    content[21] &= 0xF0  # the 36 bits of STREAMINFO that hold the number of samples
    content[22:26] = bytes(4)
    path = ten_hours.with_name("undeclared.flac")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("task", ["diagnose", "diarize"])
def test_ten_hours_of_silence_in_a_small_file_are_refused(task, running, ten_hours):
    answer = running.submit(ten_hours, task)
    assert answer.status_code == 413
    assert "36000 s long; at most 600 s" in answer.json()["error"]["message"]


@pytest.mark.parametrize("task", ["diagnose", "diarize"])
def test_ten_hours_that_are_not_declared_end_where_they_are_too_long(task, running, undeclared):
    job = running.submit(undeclared, task).json()
    assert job["seconds"] is None
    done = running.finished(job["id"])
    assert done["state"] == "failed"
    assert "undeclared.flac is longer than 600 s, the most that is accepted" in done["error"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"sound", {"content-type": "audio/wav"}, 415),
        (b"--x\r\n", {"content-type": "multipart/form-data"}, 415),
        (b"no boundary", {"content-type": "multipart/form-data; boundary=x"}, 422),
        (b'--x\r\ncontent-disposition: form-data; name="task"\r\n\r\ndiagnose\r\n--x--\r\n',
         {"content-type": "multipart/form-data; boundary=x"}, 422),
    ],
)  # fmt: skip
def test_a_body_that_is_no_form_with_a_file_is_refused(content, headers, status, running):
    answer = running.client.post("/v1/jobs", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_two_files_are_refused(running, beep):
    files = [("file", ("a.wav", beep.read_bytes())), ("file", ("b.wav", beep.read_bytes()))]
    answer = running.client.post("/v1/jobs", files=files, data={"task": "diagnose"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/evil.wav",
        "..\\..\\evil.wav",
        "<img src=x onerror=alert(1)>.wav",
        "n\r\nX-Evil: 1.wav",
        "é" * 500,
    ],
)
def test_a_file_name_is_data(name, running, beep):
    before = {path.name for path in running.data.iterdir()}
    job = running.submit(beep, name=name).json()
    done = running.finished(job["id"])
    assert done["state"] == "done"
    assert not {"/", "\\", "\r", "\n"} & set(done["name"])
    assert len(done["name"]) <= 200
    assert {path.name for path in running.data.iterdir()} == before
    answer = running.client.get(done["results"]["json"])
    assert "x-evil" not in answer.headers
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("job_id", ["0" * 32, "..%2f..%2fetc", "x", "%00"])
def test_an_unknown_job_is_not_found(job_id, running):
    for answer in (running.client.get(f"/v1/jobs/{job_id}"), running.client.get(f"/v1/jobs/{job_id}/json")):
        assert answer.status_code == 404
    assert running.client.delete(f"/v1/jobs/{job_id}").status_code == 404


def test_a_format_that_a_job_does_not_give_is_not_found(running, beep):
    job_id = running.finished(running.submit(beep).json()["id"])["id"]
    assert running.client.get(f"/v1/jobs/{job_id}/srt").status_code == 404


def test_a_client_that_leaves_in_mid_upload_leaves_nothing(running, beep):
    before = {path.name for path in (running.data / "jobs").iterdir()}

    def half():
        yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + beep.read_bytes()[:1000]
        until(lambda: {path.name for path in (running.data / "jobs").iterdir()} - before, "the upload has a folder")
        raise KeyboardInterrupt

    headers = {"content-type": "multipart/form-data; boundary=x"}
    with pytest.raises(KeyboardInterrupt), httpx.Client(base_url=running.url) as client:
        client.post("/v1/jobs", content=half(), headers=headers)
    until(lambda: {path.name for path in (running.data / "jobs").iterdir()} <= before, "the folder is removed")


def test_pages_of_other_sites_may_not_ask(running):
    assert running.client.get("/v1/jobs", headers={"origin": "http://evil.example"}).status_code == 403
    assert running.client.get("/v1/jobs", headers={"host": "evil.example"}).status_code == 403
    assert running.client.get("/v1/jobs", headers={"origin": running.url}).status_code == 200


def test_those_who_watch_are_answered(running):
    assert running.client.get("/health").json()["status"] == "ok"
    ready = running.client.get("/ready")
    assert ready.status_code == 200
    assert ready.json()["tasks"]["diagnose"] == ""
    assert "MODEL_DIR" in ready.json()["tasks"]["transcribe"]
    text = running.client.get("/metrics").text
    for name in ("horus_queue", "horus_jobs", "horus_rss_bytes", "horus_models_loaded", "horus_http_seconds_bucket"):
        assert f"\n{name}" in text


def test_the_latency_of_jobs_is_told(running, beep):
    running.finished(running.submit(beep).json()["id"])
    text = running.client.get("/metrics").text
    assert 'horus_job_wait_seconds_count{task="diagnose"}' in text
    assert 'horus_job_work_seconds_count{state="done",task="diagnose"}' in text


def test_the_web_process_imports_no_model_library():
    heavy = ("tensorflow", "keras", "ctranslate2", "faster_whisper", "onnxruntime", "librosa", "av", "pandas", "scipy")
    code = f"import sys, horuslib.service.web.serve; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
