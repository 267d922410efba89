"""File names tell sources by the task's patterns, and collections that stand in the wrong class are one sentence."""

import pytest

from horuslib.datasets.source_names import foreign_names, sources, with_sources
from horuslib.tasks import load_task

TASK = load_task("sirens")


def found(*paths, labels=None):
    named = {path: path for path in paths}
    groups = sources(named, labels or {}, TASK)
    together = {}
    for path, source in groups.items():
        together.setdefault(source, set()).add(path)
    return sorted(map(sorted, together.values()))


@pytest.mark.parametrize(
    "paths",
    [
        ("a/dog.wav", "a/dog_aug1.wav", "a/dog_aug12.wav"),
        ("a/street_1.wav", "a/street_2.wav", "a/street_12.wav"),
        ("a/street_1_aug3.wav", "a/street_2.wav"),
        ("a/12345__someone__siren.wav", "b/12345__someone__siren-2.wav"),
        ("a/1-100032-A.wav", "b/1-100032-B.wav"),
        ("a/1-100032-A-0.wav", "b/1-100032-B-12.wav"),
        ("a/sensor07_monday.wav", "a/sensor07_tuesday.wav"),
    ],
    ids=lambda paths: paths[0],
)
def test_what_was_cut_or_varied_is_one_source(paths):
    assert found(*paths, "a/other.wav") == [sorted(paths)]


def test_names_in_different_folders_are_different_unless_they_are_numbers():
    assert found("a/street_1.wav", "b/street_2.wav") == []


def test_a_numbering_of_a_whole_class_is_no_source():
    paths = [f"s/sound_{i}.wav" for i in range(1, 40)]
    labels = {path: "emergency_sirens" for path in paths}
    assert found(*paths, labels=labels) == []
    assert found(*paths[:3], labels=labels | {f"x{i}": "emergency_sirens" for i in range(9)}) == [paths[:3]]


def test_sources_join_groups_that_share_sound():
    groups = {"a": "a", "b": "a", "c": "c", "d": "d", "e": "d"}
    assert with_sources(groups, {"b": "s", "c": "s", "e": "t"}) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}
    assert with_sources(groups, {"c": "s", "e": "s"}) == {"a": "a", "b": "a", "c": "c", "d": "c", "e": "c"}


def issues(*rows):
    return foreign_names(dict(rows), TASK)


def test_a_class_with_another_collections_numbering_is_one_sentence():
    rows = [(f"traffic/idmt_{i}.wav", "road_traffic") for i in range(60)]
    rows += [(f"sirens/idmt_{i}.wav", "emergency_sirens") for i in range(60, 75)]
    rows += [(f"sirens/police_{i}.wav", "emergency_sirens") for i in range(40)]
    (issue,) = issues(*rows)
    assert issue.file == "emergency_sirens"
    assert "15 files are numbered as idmt_# of road_traffic, which has 60 of them" in issue.problem
    assert "listen" in issue.action


def test_files_named_as_another_class_are_one_sentence():
    rows = [(f"sirens/road-traffic-{i}.wav", "emergency_sirens") for i in range(151)]
    problems = [issue.problem for issue in issues(*rows)]
    assert len(problems) == 1
    assert problems[0].startswith("151 files are named as road_traffic: ")


def test_collections_that_two_classes_share_evenly_are_no_issue():
    rows = [(f"a/sound_{i}.wav", ("emergency_sirens", "road_traffic")[i % 2]) for i in range(40)]
    assert issues(*rows) == []
