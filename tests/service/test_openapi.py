"""The OpenAPI document against the real server: no request is answered with a server error."""

import subprocess
import sys
from importlib.util import find_spec

import jsonschema
import pytest


@pytest.mark.slow
def test_no_request_makes_a_server_error(running):
    if find_spec("schemathesis") is None:
        pytest.skip("schemathesis is not installed (extra `test`): the OpenAPI document is not tried")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{running.url}/openapi.json", "--checks", checks]
    command += ["--max-examples", "10", "--seed", "22"]
    done = subprocess.run([*command, "--phases", "coverage,fuzzing", "--no-color"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_document_offers_what_this_server_can_do(running):
    document = running.client.get("/openapi.json").json()
    form = document["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["task"]["enum"] == ["diagnose", "diarize"]
    assert set(form["required"]) == {"file", "task"}
    assert "null" not in str(form)


def test_the_document_describes_the_results(running, beep):
    document = running.client.get("/openapi.json").json()
    answer = document["paths"]["/v1/jobs/{job_id}/{format}"]["get"]["responses"]["200"]["content"]
    kinds = answer["application/json"]["schema"]["anyOf"]
    assert kinds[0] == {"$ref": "#/components/schemas/Transcript"}
    assert "variety" in document["components"]["schemas"]["Transcript"]["properties"]
    assert [set(kind["required"]) >= {"file"} for kind in kinds[1:]] == [True, True]
    assert "text/vtt" in answer
    for task in ("diagnose", "diarize"):
        done = running.finished(running.submit(beep, task).json()["id"])
        found = running.client.get(done["results"]["json"]).json()
        jsonschema.validate(found, {**answer["application/json"]["schema"], "components": document["components"]})
