"""Jobs on disk: what a restart finds."""

import pytest

from horuslib.core.errors import UserError
from horuslib.service.jobs import Job, State, new_id
from horuslib.service.store import SOUND, Store


def add(store, sound=True, **values):
    job = Job(new_id(), "", "diagnose", "a.wav", {"task": "diagnose"}, "/models", 12.5)
    store.job_folder(job.id).mkdir()
    if sound:
        (store.job_folder(job.id) / SOUND).write_bytes(b"sound")
    store.add(job)
    if values:
        store.update(job, **values)
    return job.id


def reopened(store):
    store.close()
    return Store(store.folder)


def test_a_restart_keeps_jobs_and_queues_again_what_ran(tmp_path):
    store = Store(tmp_path)
    waits, ran = add(store), add(store, state=State.RUNNING, attempts=1)
    twice, done = add(store, state=State.RUNNING, attempts=2), add(store, state=State.DONE)
    before = store.jobs[waits]
    store = reopened(store)
    assert store.jobs[waits] == before
    assert [store.jobs[k].state for k in (waits, ran, twice, done)] == ["queued", "queued", "failed", "done"]
    assert "ended twice" in store.jobs[twice].error


def test_a_job_whose_sound_is_gone_is_lost_and_says_so(tmp_path):
    store = Store(tmp_path)
    job_id = add(store, sound=False)
    assert reopened(store).jobs[job_id].state == "lost"


def test_folders_of_no_job_are_removed_at_the_start(tmp_path):
    store = Store(tmp_path)
    kept = add(store)
    (tmp_path / "jobs" / new_id()).mkdir()
    reopened(store)
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == [kept]


def test_what_has_ended_loses_its_sound_at_once_and_everything_later(tmp_path):
    store = Store(tmp_path)
    job_id = add(store, state=State.DONE)
    assert list(store.job_folder(job_id).iterdir()) == []
    store.remove_old(3600)
    assert job_id in store.jobs
    store.remove_old(-1)
    assert not store.job_folder(job_id).exists()
    assert job_id not in reopened(store).jobs


def test_what_is_removed_stands_in_no_file_while_the_server_runs(tmp_path):
    store = Store(tmp_path)
    for _ in range(20):
        add(store, state=State.DONE)
    held = {path.name for path in tmp_path.iterdir() if path.is_file() and b"a.wav" in path.read_bytes()}
    assert held
    for job in list(store.jobs.values())[:10]:
        store.remove(job)
    store.remove_old(-1)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file() and b"a.wav" in path.read_bytes()} == set()


def test_a_removal_that_the_disk_did_not_take_is_made_again(tmp_path):
    store = Store(tmp_path)
    job_id = add(store, state=State.DONE)
    store._db.execute("PRAGMA query_only=ON")
    store.remove(store.jobs[job_id])
    store._db.execute("PRAGMA query_only=OFF")
    store.remove_old(3600)
    assert b"a.wav" not in b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_a_folder_is_used_by_one_server(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(UserError, match="Another server uses"):
        Store(tmp_path)
    store.close()


@pytest.mark.parametrize("job_id", ["../../etc", "", "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_no_path_is_made_of_what_is_no_id(job_id, tmp_path):
    with pytest.raises(ValueError, match="is no id"):
        Store(tmp_path).job_folder(job_id)
