"""Which model a job gets, and what is said when there is none."""

import pytest

from horuslib.core.errors import UserError
from horuslib.service.jobs import JobRequest
from horuslib.service.kinds import KINDS, available, packages, speech_model
from horuslib.service.settings import Settings


@pytest.fixture
def models(tmp_path):
    """A folder of models, of which each has the files of one."""
    for name in ("default", "pt", "pt-BR"):
        (tmp_path / name).mkdir()
        for file in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
            (tmp_path / name / file).touch()
    return tmp_path


def chosen(folder, **asked):
    return speech_model(JobRequest(task="transcribe", **asked), Settings.read({"MODEL_DIR": str(folder)})).name


def test_the_variety_selects_a_model_then_the_language_then_the_default(models):
    assert chosen(models, variety="pt-BR") == "pt-BR"
    assert chosen(models, variety="pt-PT") == "pt"
    assert chosen(models, language="fr") == "default"
    assert chosen(models / "pt-BR", variety="pt-PT") == "pt-BR"


def test_without_a_model_the_variable_is_named():
    with pytest.raises(UserError, match="MODEL_DIR"):
        speech_model(JobRequest(task="transcribe"), Settings.read({}))


def test_what_cannot_be_asked_for_says_why(models, export, tmp_path):
    can = available(Settings.read({"MODEL_DIR": str(models), "PACKAGE_DIR": str(export)}))
    assert can == dict.fromkeys(("diagnose", "transcribe", "diarize", "both"), "")
    cannot = available(Settings.read({"PACKAGE_DIR": str(tmp_path / "none")}))
    assert "no model folder" in cannot["diagnose"]
    assert "MODEL_DIR" in cannot["both"]
    assert cannot["diarize"] == ""


def test_a_job_names_one_of_several_packages(export, tmp_path):
    sirens = tmp_path / "none"
    settings = Settings.read({"PACKAGES": f"horus={export}, sirens={sirens}", "PACKAGE_DIR": "/ignored"})
    assert packages(settings) == {"horus": "", "sirens": packages(settings)["sirens"]}
    assert str(sirens) in packages(settings)["sirens"]
    assert available(settings)["diagnose"] == ""
    assert KINDS["diagnose"].model(JobRequest(task="diagnose"), settings) == export
    assert KINDS["diagnose"].model(JobRequest(task="diagnose", package="horus"), settings) == export
    with pytest.raises(UserError, match="no model folder"):
        KINDS["diagnose"].model(JobRequest(task="diagnose", package="sirens"), settings)


def test_a_single_package_has_a_name_too(export):
    assert packages(Settings.read({"PACKAGE_DIR": str(export)})) == {"default": ""}
