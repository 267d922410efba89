"""A real cluster of two worker processes, one of which is killed."""

import os
import signal

import pytest

from horuslib.cli import main
from horuslib.core.errors import UserError
from horuslib.inference.inputs import find_inputs
from horuslib.speech.cluster import transcribe_on_workers
from tests.speech.test_transcribe import written
from tests.speech.voice import say

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed")


@pytest.fixture
def sound(tmp_path):
    folder = tmp_path / "sound"
    folder.mkdir()
    for k in range(5):
        written(folder / f"{k}.wav", say("bom dia a todos"))
    (folder / "bad.wav").write_bytes(b"no sound")
    return folder


def test_a_killed_worker_loses_no_file_and_what_is_done_is_skipped(whisper_folder, sound, tmp_path, capsys):
    files, out, done = find_inputs([sound]), tmp_path / "out", {}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
        ) as both,
        distributed.Client(both) as client,
    ):
        pids = list(client.run(os.getpid).values())
        for name, seconds, how in transcribe_on_workers(
            files, whisper_folder, out, ["txt"], threads=1, scheduler=both.scheduler_address
        ):
            done[name] = seconds, how
            if len(done) == 1:
                os.kill(pids[0], signal.SIGKILL)
    assert set(done) == {name for _, name in files}
    assert done["bad.wav"][0] is None and "cannot be opened" in done["bad.wav"][1]
    assert all(seconds > 0.5 for name, (seconds, _) in done.items() if name != "bad.wav")
    assert len(list(out.glob("*.txt"))) == 5
    assert main(["speech", str(sound), "--model", str(whisper_folder), "--out", str(out), "--workers", "2"]) == 3
    assert "6 files (5 done before, skipped)" in capsys.readouterr().out


def test_what_concerns_all_files_is_said_once(whisper_folder, sound, tmp_path):
    with pytest.raises(UserError, match="is no speech model: it lacks"):
        list(transcribe_on_workers(find_inputs([sound]), tmp_path, tmp_path / "out", []))
    with pytest.raises(UserError, match="There is no format doc"):
        list(transcribe_on_workers(find_inputs([sound]), whisper_folder, tmp_path / "out", ["doc"]))
