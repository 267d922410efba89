"""The container image: what it installs is what the service imports, and every variable it sets is one that is read."""

import re
import subprocess
import sys

import numpy as np
import pytest
import yaml
from packaging.utils import canonicalize_name

from horuslib.audio.encode import write_wav
from horuslib.service.settings import VARIABLES
from tests.conftest import PROJECT
from tests.speech.voice import say

_IMPORTED = """
import importlib.metadata, json, sys
from pathlib import Path
import horuslib.service.web.serve
from horuslib.service.jobs import JobRequest
from horuslib.service.settings import Settings
from horuslib.service.workers.work import Work
package, model, beep, talk = map(Path, sys.argv[1:])
for task, model, sound in (("diagnose", package, beep), ("transcribe", model, beep), ("both", model, talk)):
    found = Work(model, Settings.read()).do(task, sound, "a.wav", JobRequest(task=task), lambda seconds: None)
assert {segment["speaker"] for segment in found["segments"]} - {None}
of = importlib.metadata.packages_distributions()
print(json.dumps(sorted({name for module in sys.modules if "." not in module for name in of.get(module, ())})))
"""
_USED_BY_OTHERS_IF_INSTALLED = {"horuslib", "cython", "cloudpickle", "charset-normalizer", "setuptools", "sniffio"}


FIXED_IN_THE_IMAGE = {"MODEL_DIR", "PACKAGE_DIR", "DATA_DIR"}
"""Places inside it, where volumes are mounted."""


def locked():
    text = (PROJECT / "requirements.service.lock").read_text("utf-8")
    return {canonicalize_name(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)}


@pytest.mark.slow
def test_the_image_installs_all_that_the_service_imports(beep, export, whisper_folder, tmp_path):
    talk = write_wav(tmp_path / "talk.wav", np.concatenate([say("bom dia a todos")] * 2), 16000)
    command = [sys.executable, "-c", _IMPORTED, *map(str, (export, whisper_folder, beep, talk))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    imported = {canonicalize_name(name) for name in yaml.safe_load(printed.splitlines()[-1])}
    assert imported - _USED_BY_OTHERS_IF_INSTALLED <= locked()


def test_the_locks_agree():
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (PROJECT / "requirements.lock").read_text("utf-8"), re.M))
    for name, version in re.findall(
        r"^([a-z0-9._-]+)==([^ ;]+)", (PROJECT / "requirements.service.lock").read_text("utf-8"), re.M
    ):
        assert pinned.get(name, version) == version, name


@pytest.mark.parametrize("name", sorted(set(VARIABLES) - {"TOKENS"}))
def test_every_variable_is_set_in_the_image(name):
    assert re.search(rf"^(ENV |    ){name}=", (PROJECT / "Dockerfile").read_text("utf-8").replace("ENV PATH", ""), re.M)


def test_the_image_copies_what_its_build_context_holds():
    allowed = {line[1:] for line in (PROJECT / ".dockerignore").read_text("utf-8").split() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (PROJECT / "Dockerfile").read_text("utf-8"), re.M)
    for name in " ".join(copied).split():
        assert name.removeprefix("./") in allowed
        assert (PROJECT / name).exists(), name


def test_compose_sets_known_variables_and_asks_for_a_token():
    service = yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))["services"]["horus"]
    assert set(service["environment"]) == set(VARIABLES) - FIXED_IN_THE_IMAGE
    assert "?" in service["environment"]["TOKENS"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_compose_has_the_defaults_of_the_image():
    image = dict(re.findall(r"^    (\w+)=(\S*?)(?: \\)?$", (PROJECT / "Dockerfile").read_text("utf-8"), re.M))
    given = yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))["services"]["horus"]["environment"]
    for name in set(given) - {"TOKENS"}:
        assert given[name] == f"${{{name}:-{image[name]}}}"
