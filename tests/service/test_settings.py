"""A wrong value of a variable is refused by its name, and nothing is open to others without a token."""

import math

import pytest

from horuslib.cli import main
from horuslib.core.errors import UserError
from horuslib.service.settings import Settings, check_address
from tests.browser.servers import free_port


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTO_UNLOAD_MODELS", "maybe"), ("MODEL_IDLE_SECONDS", "-2"), ("MODEL_IDLE_SECONDS", "soon"),
        ("MODEL_IDLE_SECONDS", "nan"), ("WORKERS", "0"), ("WORKERS", "1.5"), ("CPU_THREADS", "many"),
        ("MAX_QUEUE", "0"), ("MAX_SECONDS", "inf"), ("JOB_TTL", "0"), ("TOKENS", "short"),
        ("PACKAGES", "/models/horus"), ("PACKAGES", "a=/x,a=/y"), ("PACKAGES", "a b=/x"), ("PACKAGES", "a="),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(UserError, match=rf"^{name} is '{value}': it should be "):
        Settings.read({name: value})


@pytest.mark.parametrize(
    ("given", "idle_s"),
    [
        ({}, 60), ({"MODEL_IDLE_SECONDS": "0"}, 0), ({"MODEL_IDLE_SECONDS": "-1"}, math.inf),
        ({"AUTO_UNLOAD_MODELS": "false"}, math.inf), ({"AUTO_UNLOAD_MODELS": "True"}, 60),
        ({"AUTO_UNLOAD_MODELS": "", "MODEL_IDLE_SECONDS": "7.5"}, 7.5),
    ],
)  # fmt: skip
def test_when_a_model_is_unloaded(given, idle_s):
    assert Settings.read(given).idle_s == idle_s


def test_a_wrong_value_stops_the_start(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("AUTO_UNLOAD_MODELS", "sim")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert main(["serve"]) == 2
    assert "AUTO_UNLOAD_MODELS is 'sim'" in capsys.readouterr().err


def test_a_folder_or_a_port_in_use_stops_the_start(running, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("DATA_DIR", str(running.data))
    assert main(["serve", "--port", str(running.port)]) == 2
    assert "name another with --port" in capsys.readouterr().err
    assert main(["serve", "--port", str(free_port())]) == 2
    assert f"Another server uses {running.data}" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "example.org"])
def test_others_need_a_token(host):
    with pytest.raises(UserError, match="set TOKENS"):
        check_address(host, Settings.read({}))
    check_address(host, Settings.read({"TOKENS": "a-secret-of-some-length"}))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_needs_none(host):
    check_address(host, Settings.read({}))
