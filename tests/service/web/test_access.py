"""Tokens: who may ask, and whose job it is."""

import pytest

from tests.service.server import server

ANA, RUI = "the-token-of-ana-0001", "the-token-of-rui-0002"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, export):
    with server(tmp_path_factory.mktemp("guarded") / "data", PACKAGE_DIR=str(export), TOKENS=f"{ANA},{RUI}") as found:
        yield found


def bearer(token):
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "headers", [{}, bearer("wrong"), {"authorization": "Bearer"}, {"authorization": f"Basic {ANA}"}]
)
def test_without_a_valid_token_nothing_is_told(headers, guarded, beep):
    files = {"file": beep.read_bytes()}
    for answer in (
        guarded.client.get("/v1/jobs", headers=headers),
        guarded.client.post("/v1/jobs", headers=headers, files=files, data={"task": "diagnose"}),
        guarded.client.post("/v1/audio/transcriptions", headers=headers, files=files),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.slow
def test_a_job_is_its_owners_alone(guarded, beep):
    files = {"file": beep.read_bytes()}
    job = guarded.client.post("/v1/jobs", headers=bearer(ANA), files=files, data={"task": "diagnose"}).json()
    path = f"/v1/jobs/{job['id']}"
    for method, tail in (("GET", ""), ("GET", "/json"), ("DELETE", "")):
        assert guarded.client.request(method, path + tail, headers=bearer(RUI)).status_code == 404
    assert guarded.client.get("/v1/jobs", headers=bearer(RUI)).json() == []
    assert [j["id"] for j in guarded.client.get("/v1/jobs", headers=bearer(ANA)).json()] == [job["id"]]
    assert guarded.client.get(path, headers=bearer(ANA)).status_code == 200


def test_health_needs_no_token(guarded):
    assert guarded.client.get("/health").status_code == 200
