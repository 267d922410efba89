import io
import logging
import sys

import pytest

from horuslib.core.log import show_log


def test_lines_are_shown_from_a_level_on_with_their_prefix(capsys):
    show_log(logging.INFO, "horus: ", "stderr")
    logging.getLogger("horuslib.anything").info("%d of %d", 1, 2)
    logging.getLogger("horuslib.anything").debug("not this")
    assert capsys.readouterr() == ("", "horus: 1 of 2\n")


def test_a_second_choice_replaces_the_first(capsys):
    show_log(stream="stderr")
    show_log(stream="stdout")
    logging.getLogger("horuslib").info("once")
    assert capsys.readouterr() == ("once\n", "")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_stream_is_looked_up_anew_for_each_line(stream, monkeypatch):
    show_log(stream=stream)
    later = io.StringIO()
    monkeypatch.setattr(sys, stream, later)
    logging.getLogger("horuslib").info("to whoever captures now")
    assert later.getvalue() == "to whoever captures now\n"
