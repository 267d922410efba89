"""A server with two packages: faults by one, sirens by the other."""

import pytest

from horuslib.tasks import load_task
from tests.packages import write_toy_package
from tests.service.server import server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(tmp_path_factory, export):
    sirens = write_toy_package(tmp_path_factory.mktemp("sirens") / "export", load_task("sirens"))
    data = tmp_path_factory.mktemp("packages") / "data"
    with server(data, PACKAGES=f"horus={export},sirens={sirens}") as found:
        yield found


@pytest.mark.parametrize(("fields", "task"), [({}, "horus"), ({"package": "sirens"}, "sirens")])
def test_a_job_is_diagnosed_by_the_package_that_it_names(fields, task, both, beep):
    done = both.finished(both.submit(beep, **fields).json()["id"])
    assert (done["state"], done["error"]) == ("done", "")
    found = both.client.get(done["results"]["json"]).json()
    assert found["audio"]["class"] in load_task(task).labels
    assert found["audio"]["class"] not in load_task({"horus": "sirens", "sirens": "horus"}[task]).labels


def test_an_unknown_package_is_refused_by_name(both, beep):
    answer = both.submit(beep, package="street")
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "package")
    assert "horus, sirens" in answer.json()["error"]["message"]


def test_the_packages_are_told(both):
    assert both.client.get("/ready").json()["packages"] == {"horus": "", "sirens": ""}
    form = both.client.get("/openapi.json").json()["paths"]["/v1/jobs"]["post"]["requestBody"]
    assert form["content"]["multipart/form-data"]["schema"]["properties"]["package"]["enum"] == ["horus", "sirens"]
