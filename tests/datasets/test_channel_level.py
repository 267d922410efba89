"""The channel's own level: what it is estimated from, what it changes, and what then depends on it."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from horuslib.audio.encode import write_wav
from horuslib.audio.levels import lufs
from horuslib.core import artifacts, recorder
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.datasets import channel_level, known_good, sources
from horuslib.datasets.channel_level import estimate, typical, with_target
from horuslib.datasets.corrections import Correction
from horuslib.datasets.dataset import ingest
from horuslib.datasets.known_good import SPANS
from horuslib.inference.classify import classify
from horuslib.inference.detector import Detector
from horuslib.synthesis.programme import programme
from horuslib.workflow.staleness import due_because
from tests.conftest import noise, syllables, tone

RATE = 16000
SAID = pd.DataFrame(columns=SPANS)
LEVELS_LUFS = (-36.5, -34.0, -32.0, -30.0, -29.0)
"""Of the normal programme of a channel at -32 LUFS: its quiet scenes are 13.5 dB under EBU R 128's target."""


def with_setting(task, target_lufs):
    return task.model_copy(update={"decision": task.decision.model_copy(update={"target_lufs": target_lufs})})


@pytest.fixture
def auto(horus):
    return with_setting(horus, "auto")


@pytest.fixture(scope="session")
def channel():
    """Ten seconds of generated programme at each of the channel's levels."""
    rng = np.random.default_rng(7)
    return [programme(rng, 10, RATE, "debate", target_lufs=level).samples for level in LEVELS_LUFS]


def put(folder, **sounds):
    """Write sounds of one channel or two as WAVs; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in sounds.items():
        write_wav(folder / f"{name}.wav", samples, RATE)
    return folder


def put_channel(folder, channel):
    return put(folder, **{f"programa_{k}": x for k, x in enumerate(channel)})


def measured(raw, good, task, tmp_path, corrections=None):
    """The channel's level as ingest measures it."""
    ingested = ingest(raw, task, tmp_path / "audio")
    sound = {path.stem: np.load(path) for path in (tmp_path / "audio").glob("*.npy")}
    archive = known_good.read(good, task, tmp_path / "cache")
    said = known_good.spans_said(archive.recordings, corrections or {})
    return estimate(ingested, sound, archive, said, task)


def test_the_level_of_normal_recordings_is_found(channel, auto, tmp_path, rng):
    raw = put_channel(tmp_path / "raw" / "normal_clips", channel).parent
    put(raw, falha_audio_volume_baixo_01=channel[0] * np.float32(0.03), sinal_teste_01=tone())
    level = measured(raw, None, auto, tmp_path)
    assert level.lufs == pytest.approx(-32, abs=1.5)
    assert (level.material, level.recordings) == ("normal", 5)
    assert level.hours == pytest.approx(50 / 3600, abs=1e-3)
    assert level.lower_quartile_lufs < level.lufs < level.upper_quartile_lufs


@pytest.mark.slow
def test_nothing_normal_is_low_of_the_channels_own_level(channel, horus, auto, export, tmp_path):
    """A network that takes everything for low volume: what it is by definition depends on the target alone."""
    raw = put_channel(tmp_path / "raw" / "normal_clips", channel).parent
    own = with_setting(horus, measured(raw, None, auto, tmp_path).lufs)
    quiet = horus.labels.index("volume_baixo")
    detector = Detector.load(export, environment={}, dotenv=export / "absent.env")

    def verdicts(samples, task):
        def network(inputs):
            return np.where(np.arange(6) == quiet, 0.95, 0.01) * np.ones((len(inputs), 1))

        found = dataclasses.replace(detector, task=task, probabilities=network, fusion=None)
        return set(classify([samples], found).label)

    assert [verdicts(x, own) for x in channel] == [{"normal"}] * 5
    assert verdicts(channel[0], horus) == {"volume_baixo"}, "with -23 LUFS the quiet scene is low"
    assert verdicts(channel[2] * np.float32(10 ** (-16 / 20)), own) == {"volume_baixo"}


@pytest.mark.slow
def test_the_archive_takes_precedence(channel, auto, tmp_path, rng):
    raw = put(tmp_path / "raw" / "normal_clips", loud=syllables(rng, 10, level_dbfs=-18)).parent
    level = measured(raw, put_channel(tmp_path / "good" / "tv", channel).parent, auto, tmp_path)
    assert level.lufs == pytest.approx(-32, abs=1.5) and level.material == "known_good"


@pytest.mark.slow
def test_what_is_silent_or_was_refuted_does_not_count(auto, tmp_path, rng):
    good = put(tmp_path / "good", a=noise(rng, 10, level_dbfs=-30), b=noise(rng, 40, level_dbfs=-66))
    put(good, c=np.zeros(40 * RATE, np.float32), d=noise(rng, 40, level_dbfs=-12))
    raw = put(tmp_path / "raw", a_normal=noise(rng, 10))
    sha256 = artifacts.sha256_file(good / "d.wav")
    refuted = {sha256: [Correction(0.0, 40.0, "ruido_hiss", "entry")]}
    level = measured(raw, good, auto, tmp_path, refuted)
    assert (level.recordings, level.lufs) == (1, pytest.approx(lufs(noise(rng, 10, level_dbfs=-30), RATE), abs=0.3))


@pytest.mark.slow
def test_an_archive_without_programme_leaves_it_to_the_recordings(auto, tmp_path, rng):
    raw = put(tmp_path / "raw" / "normal_clips", a=noise(rng, 10, level_dbfs=-30)).parent
    level = measured(raw, put(tmp_path / "good", a=noise(rng, 5, level_dbfs=-80)), auto, tmp_path)
    assert level.material == "normal"


@pytest.mark.slow
@pytest.mark.parametrize("place", ["raw/normal_clips", "good"])
def test_the_loudness_is_that_of_both_channels_together(auto, tmp_path, rng, place):
    """BS.1770 adds up the power of channels: 3 dB more than the mono mix of two that are equal."""
    both = np.stack([noise(rng, 10, level_dbfs=-30)] * 2, axis=1)
    put(tmp_path / place, a=both)
    raw = put(tmp_path / "raw" / "ruido_hiss", b=noise(rng, 6)).parent
    level = measured(raw, tmp_path / "good" if place == "good" else None, auto, tmp_path)
    assert level.lufs == pytest.approx(lufs(both, RATE), abs=0.1)


def test_hours_weigh_and_not_recordings(rng, monkeypatch):
    """One long recording outweighs five short ones; a long one is measured in pieces, so that most of it decides."""
    monkeypatch.setattr(channel_level, "PIECE_S", 10.0)
    long = np.concatenate([noise(rng, 10, level_dbfs=level) for level in (-34, -30, -30, -30, -10)])  # of 75 s in all
    short = [noise(rng, 5, level_dbfs=-20) for _ in range(5)]
    level = typical(((x, 0.0) for x in (long, *short)), RATE, "known_good")
    assert level.lufs == pytest.approx(lufs(noise(rng, 10, level_dbfs=-30), RATE), abs=0.3)
    assert (level.recordings, level.hours) == (6, pytest.approx(75 / 3600, abs=1e-3))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("with_archive", "said"),
    [(False, "no archive and 1 recording with"), (True, "1 recording of known-good programme and 1 recording with")],
)
def test_without_programme_it_says_what_to_do(auto, tmp_path, rng, with_archive, said):
    raw = put(tmp_path / "raw" / "normal_clips", a=noise(rng, 10, level_dbfs=-75)).parent
    good = put(tmp_path / "good", b=noise(rng, 6, level_dbfs=-76)) if with_archive else None
    with pytest.raises(UserError, match=rf"^decision\.target_lufs of task horus is auto, .*{said}.*GOOD=") as error:
        measured(raw, good, auto, tmp_path)
    assert "none of it louder than -60 LUFS" in str(error.value)


def test_a_level_next_to_silence_is_refused(auto, tmp_path, rng):
    raw = put(tmp_path / "raw" / "normal_clips", a=noise(rng, 10, level_dbfs=-48)).parent
    message = r"sound labelled normal \(1 recording\) typically has -4\d\.\d LUFS: under -40, low volume could not be"
    with pytest.raises(UserError, match=message):
        measured(raw, None, auto, tmp_path)


def write_ingest(task, paths, level=-32.1):
    recorder.reset()
    step = artifacts.begin("01_ingest", task, paths=paths)
    if level is not None:
        step.write_json(channel_level.ARTIFACT, {"lufs": level})
    step.finish()


def run(task, paths, read):
    """A later step that read something of the task; returns what its provenance says it read."""
    recorder.reset()
    read(with_target(task, paths))
    artifacts.begin("06_evaluate", task, paths=paths).finish()
    return json.loads((paths.step(task.name, "06_evaluate") / "provenance.json").read_text("utf-8"))["read"]


def reason(task, paths):
    return due_because({"x": 1}, {"x": 1}, "06_evaluate", task, paths)


def test_later_steps_see_a_number(auto, tmp_path):
    paths = Paths(root=tmp_path)
    write_ingest(auto, paths)
    task = with_target(auto, paths)
    assert (task.decision.channel_lufs, task.decision.target_lufs) == (-32.1, -32.1)
    assert task.model_dump(mode="json")["decision"]["target_lufs"] == -32.1
    assert task == with_setting(auto, -32.1)


def test_a_step_is_due_when_the_level_or_the_word_changes(auto, horus, tmp_path):
    paths = Paths(root=tmp_path)
    write_ingest(auto, paths)
    run(auto, paths, lambda task: task.decision.channel_lufs)
    assert reason(auto, paths) == ""
    write_ingest(auto, paths)
    assert reason(auto, paths) == "", "made again with the same level"
    assert reason(horus, paths) == "decision.target_lufs changed"
    write_ingest(auto, paths, -30.0)
    assert reason(auto, paths) == "01_ingest changed"


def test_a_number_depends_on_nothing_else(horus, tmp_path):
    paths = Paths(root=tmp_path)
    assert with_target(horus, paths) is horus
    assert run(horus, paths, lambda task: task.labels) == {
        "task": {"labels": horus.labels, "name": "horus", "seed": 0}, "artifacts": {}, "files": {},
    }  # fmt: skip
    assert reason(with_setting(horus, -24.0), paths) == ""
    run(horus, paths, lambda task: task.decision.channel_lufs)
    assert reason(with_setting(horus, -24.0), paths) == "decision.target_lufs changed"


def test_the_measurement_is_an_input_of_ingest(auto, horus, tmp_path, rng):
    """Another number makes no ingest due; the word, and taking it back, does."""
    raw = put(tmp_path / "raw", a=noise(rng, 1))
    paths = Paths(root=tmp_path / "root", project=tmp_path / "project")
    content = {
        name: dict(sources.videos(task, {"raw": str(raw)}, paths).content)
        for name, task in (("number", horus), ("other", with_setting(horus, -30.0)), ("auto", auto))
    }
    assert content["number"] == content["other"] == {"a.wav": artifacts.sha256_file(raw / "a.wav")}
    assert content["auto"] == content["number"] | {"decision.target_lufs": "auto"}


def test_before_ingest_has_run_a_later_step_says_so(auto, tmp_path):
    with pytest.raises(UserError, match="01_ingest of task horus has not run yet"):
        with_target(auto, Paths(root=tmp_path))
    write_ingest(auto, Paths(root=tmp_path), level=None)
    with pytest.raises(UserError, match=r"has no channel_level\.json: run `make all"):
        with_target(auto, Paths(root=tmp_path))
