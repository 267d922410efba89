"""A ledger that was cut off anywhere keeps its complete rows, says what is cut, and takes the next row as it is."""

import csv

import pytest

from horuslib.core import ledger_file
from horuslib.core.errors import UserError

COLUMNS = ("entry", "label", "reason")
ROWS = [
    {"entry": "1", "label": "eco_reverb", "reason": "não é eco, é sala"},
    {"entry": "2", "label": "ruído", "reason": 'he said "hiss",\nand a line more\r\n"'},
    {"entry": "3", "label": "0.75", "reason": '"'},
    {"entry": "4", "label": "ção, …", "reason": "0.75"},
]
NEXT = {"entry": "5", "label": "normal", "reason": 'after, "the cut"\n'}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "labels" / "ledger.csv"


def read(path):
    """Complete rows, and the lines on which cut ones begin or end."""
    rows, cut = [], []
    for line, row in ledger_file.read(path, COLUMNS):
        try:
            ledger_file.require_whole(row)
            rows.append(row)
        except ValueError:
            cut.append(line)
    return rows, cut


def written(path):
    """The whole ledger, and after how many bytes its header and each row end."""
    ends = []
    for row in ROWS:
        ledger_file.append(path, COLUMNS, [row])
        ends.append(path.stat().st_size)
    return path.read_bytes(), ends


def test_cut_after_any_byte_complete_rows_are_read_and_the_next_one_stands_alone(path):
    whole, ends = written(path)
    header, aside = len(",".join(COLUMNS)) + 1, path.with_name("ledger.csv.cut")
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        aside.unlink(missing_ok=True)
        complete = max(header, *(end for end in ends if end <= size), 0)
        kept = [row for row, end in zip(ROWS, ends, strict=True) if end <= size]
        rows, cut = read(path)
        assert (rows, len(cut)) == (kept, size > complete), size

        ledger_file.append(path, COLUMNS, [NEXT])
        assert read(path) == ([*kept, NEXT], []), size
        assert path.read_bytes().startswith(whole[:complete])
        with open(path, newline="", encoding="utf-8") as file:
            assert list(csv.DictReader(file)) == [*kept, NEXT]
        assert aside.exists() == (size > complete)
        if size > complete:
            assert aside.read_bytes() == whole[complete:size] + b"\n"


def test_what_is_cut_off_is_said_by_reader_and_writer(path, caplog):
    written(path)
    path.write_bytes(path.read_bytes()[:-3])
    *_, (line, row) = ledger_file.read(path, COLUMNS)
    with pytest.raises(ValueError, match=r"the row is cut off: no line end follows it"):
        ledger_file.require_whole(row)
    assert line == 7
    ledger_file.append(path, COLUMNS, [NEXT])
    assert "ledger.csv, line 7: the last row was cut off" in caplog.text
    assert "ledger.csv.cut" in caplog.text and "decide again" in caplog.text


def test_a_header_that_was_cut_off_holds_no_row_and_is_begun_anew(path, caplog):
    path.parent.mkdir()
    path.write_text("entry,lab")
    assert read(path) == ([], [])
    assert "its header was cut off" in caplog.text
    ledger_file.append(path, COLUMNS, [NEXT])
    assert read(path) == ([NEXT], [])


def test_another_header_without_a_line_end_is_not_touched(path):
    path.parent.mkdir()
    path.write_text("entry,name")
    with pytest.raises(UserError, match="begins with entry,name"):
        ledger_file.append(path, COLUMNS, [NEXT])
    assert path.read_text() == "entry,name"


def test_a_quote_that_is_not_closed_spares_rows_before_it_whatever_follows(path):
    written(path)
    with open(path, "ab") as file:
        file.write(b'5,normal,"open\n' + b"6,normal,swallowed\n" * 20000)
    assert read(path)[0] == ROWS
    ledger_file.append(path, COLUMNS, [NEXT])
    assert read(path) == ([*ROWS, NEXT], [])
    assert path.with_name("ledger.csv.cut").read_bytes().count(b"swallowed") == 20000


def test_a_row_of_too_many_columns_is_no_whole_row(path):
    written(path)
    with open(path, "ab") as file:
        file.write(b"5,normal,a,b\n")
    rows, damaged = read(path)
    assert (rows, len(damaged)) == (ROWS, 1)
