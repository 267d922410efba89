"""An analyst's class of an event holds whatever the folder is called, and nothing is ever overwritten."""

import shutil

import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.spectral.corrections import UNLABELLED, content_of, ledger_path, read_classes, relabel


def test_the_last_class_counts_and_holds_after_a_folder_is_renamed(made_events, classes, tmp_path):
    folder, _ = made_events
    event = tmp_path / "event_a"
    shutil.copytree(sorted(folder.iterdir())[0], event)
    paths = Paths(root=tmp_path)
    for spelled in ("anomalia correlacionada", "RuÃ­do_Ambiente"):
        relabel(event, spelled, classes, None, paths)
    renamed = event.rename(tmp_path / "event_b")
    given, issues = read_classes(ledger_path(paths), classes)
    assert given == {content_of(renamed): "Ruído_Ambiente"} and issues == []
    relabel(renamed, UNLABELLED, classes, "Ruído_Ambiente", paths)
    assert read_classes(ledger_path(paths), classes)[0] == {content_of(renamed): None}
    assert len(ledger_path(paths).read_text("utf-8").splitlines()) == 4


def test_unknown_classes_and_broken_rows_are_told(classes, tmp_path):
    with pytest.raises(UserError, match="'Fantasma' is none of"):
        relabel(tmp_path, "Fantasma", classes, None, Paths(root=tmp_path))
    with pytest.raises(UserError, match="is no folder"):
        relabel(tmp_path / "nowhere", classes[0], classes, None, Paths(root=tmp_path))
    path = tmp_path / "event_classes.csv"
    path.write_text(f"event_sha256,label\nabc,Fantasma\nabd,{classes[0]}\nabe\n", "utf-8")
    given, issues = read_classes(path, classes)
    assert given == {"abd": classes[0]}
    assert [issue.where for issue in issues] == ["line 2", "line 4"]
    path.write_text("event\nabc\n", "utf-8")
    assert "restore the header" in read_classes(path, classes)[1][0].action
