"""Installation and rollback: what is written and kept, and that a failure changes nothing."""

import hashlib
import json
import os
import resource
import shutil

import pytest
from filelock import FileLock

from horuslib.cli import main
from horuslib.core.errors import UserError
from horuslib.export.install import LOCK, install, roll_back
from horuslib.export.model_folders import find_model_folders
from tests.conftest import write_tree

MODEL = "audio_model_finetune.keras"


@pytest.fixture
def horus_folder(tmp_path):
    """An installation: a validator's folder, a backend's, and folders that only resemble them."""
    root = tmp_path / "horus"
    files = {
        f"model_audio_keras/models/{MODEL}": "old model",
        "model_audio_keras/preprocess.py": "old preprocess",
        "model_audio_keras/notes.txt": "not part of a package",
        f"backend/app/models/{MODEL}": "old model",
        "backend/app/models/labels.csv": "class\nold\n",
        "backend/app/models/video.keras": "another model",
        "backend/db/models/user.py": "class User: ...",
        "frontend/src/app/models/user.ts": "export class User {}",
    }
    return write_tree(root, files)


def stop_one_exchange(monkeypatch, error):
    """Let the twelfth exchange of a file raise, and every other one happen."""
    exchange, left = os.replace, [12]

    def stop_once(source, target):
        left[0] -= 1
        if left[0] == 0:
            raise error
        exchange(source, target)

    monkeypatch.setattr(os, "replace", stop_once)


def content(folder):
    """Every file's bytes and every folder, by path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def test_both_model_folders_get_the_package_and_keep_other_files(export, horus_folder, capsys):
    before = content(horus_folder)
    assert main(["install", str(horus_folder), "--package", str(export)]) == 0
    after = content(horus_folder)
    ours = content(export / "model_audio_keras")
    assert {f"model_audio_keras/{name}": data for name, data in ours.items()}.items() <= after.items()
    models = content(export / "model_audio_keras" / "models")
    assert {f"backend/app/models/{name}": data for name, data in models.items()}.items() <= after.items()
    for name in ("model_audio_keras/notes.txt", "backend/app/models/video.keras", "backend/db/models/user.py"):
        assert after[name] == before[name]
    assert "frontend/src/app/models/labels.csv" not in after and "backend/db/models/labels.csv" not in after
    out = capsys.readouterr().out
    assert "files installed" in out and "model_backups" in out and "Restart Horus" in out
    assert not [name for name in after if name.endswith(".new")]


def test_a_rollback_restores_everything(export, horus_folder, capsys):
    before = content(horus_folder)
    backup, _ = install(export, horus_folder)
    assert (backup / "backend/app/models" / MODEL).read_text() == "old model"
    assert main(["install", str(horus_folder), "--rollback"]) == 0
    assert content(horus_folder) == before
    assert main(["install", str(horus_folder), "--rollback"]) == 2
    assert "holds no backup" in capsys.readouterr().err


def test_installations_are_undone_one_by_one(export, horus_folder, tmp_path):
    before = content(horus_folder)
    install(export, horus_folder)
    first = (horus_folder / "model_audio_keras/preprocess.py").read_bytes()
    other = shutil.copytree(export / "model_audio_keras", tmp_path / "other")
    text = (other / "preprocess.py").read_bytes() + b"\n"
    (other / "preprocess.py").write_bytes(text)
    about = json.loads((other / "models/audio_model_finetune.metadata.json").read_text())
    about["files"]["preprocess.py"] = hashlib.sha256(text).hexdigest()
    (other / "models/audio_model_finetune.metadata.json").write_text(json.dumps(about))
    install(other, horus_folder)
    assert (horus_folder / "model_audio_keras/preprocess.py").read_bytes() == text
    roll_back(horus_folder)
    assert (horus_folder / "model_audio_keras/preprocess.py").read_bytes() == first
    roll_back(horus_folder)
    assert content(horus_folder) == before


@pytest.mark.parametrize("name", ["model_audio_keras", "models"])
def test_an_empty_model_folder_is_filled_and_emptied_again(export, tmp_path, name):
    root = tmp_path / "horus"
    (root / name).mkdir(parents=True)
    install(export, root)
    assert list(root.rglob(MODEL))
    roll_back(root)
    assert content(root) == {name: None}


def test_a_model_folder_can_be_given_directly(export, horus_folder):
    models = horus_folder / "backend/app/models"
    assert find_model_folders(models) == [models]
    assert find_model_folders(horus_folder / "model_audio_keras") == [horus_folder / "model_audio_keras"]


def test_a_folder_without_a_model_folder_is_an_error_that_names_it(export, tmp_path):
    (tmp_path / "db/models").mkdir(parents=True)
    (tmp_path / "db/models/user.py").write_text("")
    with pytest.raises(UserError, match=r"neither a folder model_audio_keras nor a models folder with audio_model"):
        install(export, tmp_path)
    with pytest.raises(UserError, match=r"There is no folder .*nowhere"):
        install(export, tmp_path / "nowhere")
    assert content(tmp_path) == {"db": None, "db/models": None, "db/models/user.py": b""}


def test_two_model_folders_of_a_kind_are_a_clear_error(export, horus_folder):
    shutil.copytree(horus_folder / "backend/app/models", horus_folder / "old/models")
    with pytest.raises(UserError, match=r"several model folders: .*backend/app/models, .*old/models\. Name the one"):
        install(export, horus_folder)


def test_a_damaged_package_is_not_installed(export, horus_folder, tmp_path):
    damaged = shutil.copytree(export, tmp_path / "damaged")
    model = damaged / "model_audio_keras/models" / MODEL
    model.write_bytes(model.read_bytes()[:-100])
    before = content(horus_folder)
    with pytest.raises(UserError, match=rf"is damaged \(sha256 of models/{MODEL}\)"):
        install(damaged, horus_folder)
    with pytest.raises(UserError, match="is no folder"):
        install(tmp_path / "nowhere", horus_folder)
    assert content(horus_folder) == before


def test_a_full_disk_changes_nothing(export, horus_folder):
    before = content(horus_folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(
            UserError, match=r"Nothing was installed in .*horus \(File too large\): its files are unchanged"
        ):
            install(export, horus_folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert content(horus_folder) == before


def test_an_interruption_while_files_are_copied_changes_nothing(export, horus_folder, monkeypatch):
    before = content(horus_folder)
    copy, left = shutil.copyfile, [3]

    def interrupt(source, target, **options):
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return copy(source, target, **options)

    monkeypatch.setattr(shutil, "copyfile", interrupt)
    with pytest.raises(KeyboardInterrupt):
        install(export, horus_folder)
    assert content(horus_folder) == before


def test_a_folder_where_a_file_should_go_changes_nothing(export, horus_folder):
    (horus_folder / "backend/app/models/training_files/labels.csv").mkdir(parents=True)
    before = content(horus_folder)
    with pytest.raises(UserError, match=r"Nothing was installed .*labels\.csv is a folder where a file should go"):
        install(export, horus_folder)
    assert content(horus_folder) == before


@pytest.mark.parametrize("stop", [KeyboardInterrupt, PermissionError])
def test_an_exchange_that_stops_half_way_can_be_undone(export, horus_folder, monkeypatch, stop):
    """A failed exchange is undone at once; one cut off, as by `kill -9`, by the next rollback."""
    before = content(horus_folder)
    stop_one_exchange(monkeypatch, stop)
    with pytest.raises(KeyboardInterrupt if stop is KeyboardInterrupt else UserError):
        install(export, horus_folder)
    if stop is KeyboardInterrupt:
        assert content(horus_folder)["model_audio_keras/preprocess.py"] != before["model_audio_keras/preprocess.py"]
        roll_back(horus_folder)
    assert content(horus_folder) == before


def rewritten(backup, **changes):
    path = backup / "replaced.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    "outside", ["../precious.txt", "/etc/precious.txt", "model_backups/x", "", "linked/precious.txt"]
)
@pytest.mark.parametrize("was_there", [True, False])
def test_a_list_that_names_a_path_outside_of_horus_changes_nothing(export, horus_folder, tmp_path, outside, was_there):
    (tmp_path / "precious.txt").write_text("precious")
    (horus_folder / "linked").symlink_to(tmp_path)
    backup, _ = install(export, horus_folder)
    rewritten(backup, files={outside: was_there})
    before = content(tmp_path)
    with pytest.raises(UserError, match=r"replaced\.json cannot be used .*nothing was changed.*by hand"):
        roll_back(horus_folder)
    assert content(tmp_path) == before
    rewritten(backup, files={}, folders=[outside])
    with pytest.raises(UserError, match="cannot be used"):
        roll_back(horus_folder)
    assert (tmp_path / "precious.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "3",
        '{"files": {}}',
        '{"files": ["a"], "folders": []}',
        '{"files": [["a", false]], "folders": []}',
        '{"files": {"a": 1}, "folders": []}',
        '{"files": {}, "folders": "ab"}',
        '{"files": {}, "folders": {"a": true}}',
        '{"files": {"model_audio_keras/preprocess.py": true, "model_audio_keras/models": false}, "folders": []}',
        '{"files": {"model_audio_keras/preprocess.py": true, ".": false}, "folders": []}',
        '{"files": {"model_audio_keras/preprocess.py": true, "a\\u0000": false}, "folders": []}',
        '{"files": {"model_audio_keras/preprocess.py": true, "\\ud800": false}, "folders": []}',
    ],
    ids=range(15),
)
def test_a_damaged_list_is_a_clear_error_and_changes_nothing(export, horus_folder, damaged, capsys):
    backup, _ = install(export, horus_folder)
    (backup / "replaced.json").write_text(damaged)
    before = content(horus_folder)
    assert main(["install", str(horus_folder), "--rollback"]) == 2
    assert "cannot be used" in capsys.readouterr().err
    assert content(horus_folder) == before


def test_a_backup_with_a_missing_file_changes_nothing(export, horus_folder):
    backup, _ = install(export, horus_folder)
    (backup / "model_audio_keras/preprocess.py").unlink()
    before = content(horus_folder)
    with pytest.raises(UserError, match=r"the backup has no file model_audio_keras/preprocess\.py"):
        roll_back(horus_folder)
    assert content(horus_folder) == before


def test_modes_and_times_are_restored(export, horus_folder):
    path = horus_folder / "model_audio_keras/preprocess.py"
    path.chmod(0o640)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    install(export, horus_folder)
    assert path.stat().st_mode & 0o777 == 0o640, "the new file has the mode of the old one"
    roll_back(horus_folder)
    assert (path.stat().st_mode & 0o777, path.stat().st_mtime) == (0o640, 1_000_000_000)


def test_an_installed_file_keeps_the_owner_of_the_file_it_replaces(export, horus_folder):
    if os.geteuid():
        pytest.skip("only root may give files away")
    path = horus_folder / "model_audio_keras/preprocess.py"
    os.chown(path, 1234, 4321)
    for change in (lambda: install(export, horus_folder), lambda: roll_back(horus_folder)):
        change()
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_two_installations_at_a_time_are_refused(export, horus_folder):
    before = content(horus_folder)
    with FileLock(horus_folder / LOCK):
        for change in (lambda: install(export, horus_folder), lambda: roll_back(horus_folder)):
            with pytest.raises(UserError, match=r"Another installation or rollback is in progress in .*: wait"):
                change()
    (horus_folder / LOCK).unlink(missing_ok=True)
    assert content(horus_folder) == before


def test_a_lock_that_cannot_be_taken_is_a_clear_error(export, horus_folder):
    (horus_folder / LOCK).mkdir()
    before = content(horus_folder)
    for change in (lambda: install(export, horus_folder), lambda: roll_back(horus_folder)):
        with pytest.raises(UserError, match=r"cannot be locked .*nothing was changed"):
            change()
    assert content(horus_folder) == before


def test_backups_outside_of_horus_are_not_used(export, horus_folder, tmp_path):
    install(export, horus_folder)
    (horus_folder / "model_backups").rename(tmp_path / "elsewhere")
    (horus_folder / "model_backups").symlink_to(tmp_path / "elsewhere")
    before = content(tmp_path)
    with pytest.raises(UserError, match=r"cannot be used .*model_backups.* is a link"):
        roll_back(horus_folder)
    with pytest.raises(UserError, match=r"Nothing was installed .*model_backups is a link"):
        install(export, horus_folder)
    assert content(tmp_path) == before


@pytest.mark.parametrize("name", ["models", "models/training_files", f"models/{MODEL}", "preprocess.py", "metadata"])
def test_a_link_is_neither_followed_nor_replaced(export, horus_folder, tmp_path, name):
    """A rollback could not restore what lies behind it."""
    place = horus_folder / "model_audio_keras"
    path = place / name if name != "metadata" else place / "models/metadata.json"
    target = tmp_path / "elsewhere"
    if path.exists():
        path.rename(target)
    elif path.suffix != ".json":  # the link to metadata.json leads nowhere
        target.mkdir()
    path.symlink_to(target)
    before = content(tmp_path)
    with pytest.raises(UserError, match=rf"Nothing was installed .*{path.name} is a link"):
        install(export, horus_folder)
    assert content(tmp_path) == before and path.is_symlink()


def test_a_temporary_file_of_another_is_not_followed(export, horus_folder, tmp_path):
    (tmp_path / "precious.txt").write_text("precious")
    for change in (lambda: install(export, horus_folder), lambda: roll_back(horus_folder)):
        (horus_folder / "model_audio_keras/.preprocess.py.new").symlink_to(tmp_path / "precious.txt")
        change()
        assert (tmp_path / "precious.txt").read_text() == "precious"


def test_a_rollback_on_a_full_disk_changes_nothing(export, horus_folder):
    (horus_folder / "model_audio_keras/preprocess.py").write_bytes(bytes(20_000))
    install(export, horus_folder)
    before = content(horus_folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(UserError, match=r"could not be rolled back .*File too large.* is kept"):
            roll_back(horus_folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert content(horus_folder) == before
    roll_back(horus_folder)


def test_a_failed_installation_undoes_itself_and_no_other(export, horus_folder, monkeypatch):
    backup, _ = install(export, horus_folder)
    backup.rename(backup.with_name("9999-12-31_00-00-00"))
    before = content(horus_folder)
    stop_one_exchange(monkeypatch, PermissionError)
    with pytest.raises(UserError, match="Nothing was installed"):
        install(export, horus_folder)
    assert content(horus_folder) == before


def test_a_backup_is_used_only_once(export, horus_folder, monkeypatch):
    install(export, horus_folder)
    monkeypatch.setattr(shutil, "rmtree", lambda *args, **kwargs: None)
    roll_back(horus_folder)
    with pytest.raises(UserError, match="holds no backup"):
        roll_back(horus_folder)


def test_a_package_with_a_link_or_without_a_file_is_not_installed(export, horus_folder, tmp_path):
    package = shutil.copytree(export / "model_audio_keras", tmp_path / "package")
    (package / "extra.txt").symlink_to("/etc/hostname")
    before = content(horus_folder)
    with pytest.raises(UserError, match=r"is damaged \(extra\.txt is a link\)"):
        install(package, horus_folder)
    (package / "extra.txt").unlink()
    (package / "models/metadata.json").unlink()
    with pytest.raises(UserError, match=r"is damaged \(models/metadata\.json is missing\)"):
        install(package, horus_folder)
    assert content(horus_folder) == before


def test_a_package_whose_metadata_names_a_file_outside_is_not_installed(export, horus_folder, tmp_path):
    package = shutil.copytree(export / "model_audio_keras", tmp_path / "package")
    path = package / "models/audio_model_finetune.metadata.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps(about | {"files": about["files"] | {"../precious.txt": "0" * 64}}))
    with pytest.raises(UserError, match=r"metadata\.json cannot be used .*'\.\./precious\.txt'"):
        install(package, horus_folder)
