"""The set-up files agree with one another, and say what is missing."""

import re
import subprocess
import sys
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import PROJECT


def lock_versions():
    """name -> version of every requirement of the lock, read with packaging rather than with our own script."""
    text = re.sub(r"\\\n\s+--hash=\S+", "", (PROJECT / "requirements.lock").read_text("utf-8"))
    found = {}
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip("\\ "))
            found[canonicalize_name(requirement.name)] = str(requirement.specifier)
    return found


def conda_versions():
    content = yaml.safe_load((PROJECT / "environment.yml").read_text("utf-8"))
    pip = next(d["pip"] for d in content["dependencies"] if isinstance(d, dict))
    assert pip[-1] == "--editable ."
    requirements = [Requirement(line) for line in pip[:-1]]
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def test_environment_yml_equals_the_lock():
    assert conda_versions() == lock_versions()


def test_the_lock_holds_every_dependency_of_the_project():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = lock_versions()
    for line in (
        project["dependencies"] + project["optional-dependencies"]["test"] + project["optional-dependencies"]["service"]
    ):
        requirement = Requirement(line)
        version = locked[canonicalize_name(requirement.name)].removeprefix("==")
        assert requirement.specifier.contains(version), line


def test_the_lock_names_no_registry():
    assert "://" not in (PROJECT / "requirements.lock").read_text("utf-8")


def test_make_help_lists_every_target_that_is_documented():
    shown = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for target in (
        "all",
        "train",
        "evaluate",
        "export",
        "lab",
        "review",
        "test",
        "bench",
        "demo-data",
        "clean",
        "help",
    ):
        assert re.search(rf"^  {target} +\S", shown, re.M), target


def test_setup_refuses_a_python_that_does_not_suit(tmp_path):
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", "scripts/setup.sh", str(tmp_path / "venv"), str(old)], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "is not a Python 3.11, 3.12 or 3.13" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_importing_the_package_brings_no_heavy_library():
    heavy = ("tensorflow", "librosa", "matplotlib")
    code = f"import sys, horuslib, horuslib.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
