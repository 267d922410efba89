import io
import logging

import pytest

from horuslib.core.log import ROOT, show_log


@pytest.fixture(autouse=True)
def restored():
    logger = logging.getLogger(ROOT)
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def test_lines_are_shown_from_a_level_on_with_their_prefix():
    shown = io.StringIO()
    show_log(logging.INFO, "horus: ", shown)
    logging.getLogger("horuslib.anything").info("%d of %d", 1, 2)
    logging.getLogger("horuslib.anything").debug("not this")
    assert shown.getvalue() == "horus: 1 of 2\n"


def test_a_second_choice_replaces_the_first():
    first, second = io.StringIO(), io.StringIO()
    show_log(stream=first)
    show_log(stream=second)
    logging.getLogger("horuslib").info("once")
    assert (first.getvalue(), second.getvalue()) == ("", "once\n")


def test_standard_output_is_looked_up_anew_for_each_line(capsys):
    show_log()
    logging.getLogger("horuslib").info("to whoever captures now")
    assert capsys.readouterr().out == "to whoever captures now\n"
