"""Records of runs are numbered on, never overwritten, and one that is damaged stops nothing."""

import json

import pytest

from horuslib.review import records


def test_the_number_after_the_last_is_taken_whatever_was_deleted(tmp_path):
    first, second = (records.add(tmp_path, {"run": n}) for n in (1, 2))
    first.unlink()
    third = records.add(tmp_path, {"run": 3})
    assert (second.name, third.name) == ("0002.json", "0003.json")
    assert records.read(tmp_path) == {2: {"run": 2}, 3: {"run": 3}}


def test_what_says_the_same_as_the_last_is_no_further_record(tmp_path):
    assert records.add(tmp_path, {"rate": float("nan"), "of": (1, 2)}) is not None
    assert records.add(tmp_path, {"rate": float("nan"), "of": (1, 2)}) is None
    assert records.add(tmp_path, {"rate": 0.5}) is not None
    assert records.add(tmp_path, {"rate": float("nan"), "of": (1, 2)}).name == "0003.json"


@pytest.mark.parametrize("content", ["{", "[]", "", "5", "[" * 100_000])
def test_a_damaged_record_is_skipped_said_and_kept(tmp_path, caplog, content):
    first = records.add(tmp_path, {"run": 1})
    second = records.add(tmp_path, {"run": 2})
    second.write_text(content)
    assert records.read(tmp_path) == {1: {"run": 1}}
    assert f"{second} cannot be used as a record of a result" in caplog.text
    assert records.add(tmp_path, {"run": 3}).name == "0003.json"
    assert first.is_file() and second.read_text() == content


def test_a_copy_under_another_name_is_no_record(tmp_path):
    for name in ("0001 (1).json", "0007 copy.json", "12a.json", "²3.json"):
        (tmp_path / name).write_text(json.dumps({"run": 9}))
    assert records.read(tmp_path) == {}
    assert records.add(tmp_path, {"run": 1}).name == "0001.json"


def test_records_are_in_the_order_of_their_numbers(tmp_path):
    for number in (10000, 9999, 2):
        (tmp_path / f"{number:04}.json").write_text(json.dumps({"run": number}))
    assert list(records.read(tmp_path)) == [2, 9999, 10000]


def test_a_number_is_taken_by_any_file_of_it(tmp_path):
    (tmp_path / "0004.parquet").write_bytes(b"")
    assert records.next_place(tmp_path).name == "0005.json"


def test_without_a_folder_there_are_none(tmp_path):
    assert records.read(tmp_path / "none") == {} and records.numbered(tmp_path / "none") == {}
