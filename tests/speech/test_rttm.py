"""RTTM is written and read without loss, and a line that is none is named."""

import pytest

from horuslib.core.errors import UserError
from horuslib.speech.rttm import read_rttm, write_rttm
from horuslib.speech.turns import Turn


def test_what_is_written_is_read(tmp_path):
    turns = [Turn(0.5, 2.25, "S01"), Turn(2.0, 3.0, "S02", channel=2)]
    assert read_rttm(write_rttm(tmp_path / "a.rttm", "a", turns)) == {"a": turns}


def test_blanks_in_names_cannot_shift_the_fields(tmp_path):
    path = write_rttm(tmp_path / "a.rttm", "my file", [Turn(0, 1, "Dona Ana")])
    assert read_rttm(path) == {"my_file": [Turn(0, 1, "Dona_Ana")]}


def test_other_lines_are_skipped(tmp_path):
    lines = [";; made by hand", "", "SPKR-INFO a 1 <NA> <NA> <NA> adult_male s1 <NA> <NA>"]
    lines += ["SPEAKER a 1 1.0 2.0 <NA> <NA> s1 <NA> <NA>"]
    (tmp_path / "a.rttm").write_text("\n".join(lines), "utf-8")
    assert read_rttm(tmp_path / "a.rttm") == {"a": [Turn(1.0, 3.0, "s1")]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SPEAKER a 1 5.0 -2.0 <NA> <NA> s1 <NA> <NA>", r"line 2: the turn at 5 s ends before it starts"),
        ("SPEAKER a 1 five 2.0 <NA> <NA> s1 <NA> <NA>", r"line 2: could not convert string to float"),
        ("SPEAKER a 1 nan 2.0 <NA> <NA> s1 <NA> <NA>", r"line 2: start nan and length 2.0 should be seconds"),
        ("SPEAKER a 1 5.0", r"line 2: a SPEAKER line has at least 8 fields, this one has 4"),
        ("who spoke when", r"line 2: 'who spoke when' is no RTTM"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    path = tmp_path / "bad.rttm"
    path.write_text(f"SPEAKER a 1 0 1 <NA> <NA> s1 <NA> <NA>\n{line}\n", "utf-8")
    with pytest.raises(UserError, match=said):
        read_rttm(path)


def test_a_file_that_is_no_text_is_said(tmp_path):
    (tmp_path / "x.rttm").write_bytes(b"\xff\xfe\x00RIFF")
    with pytest.raises(UserError, match=r"x.rttm cannot be read as RTTM"):
        read_rttm(tmp_path / "x.rttm")
