"""Ingest of a folder with valid and invalid files: tables, a report of the problems, an error without training data."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile

from bench._programmes import programme, without_sound
from horuslib.core import artifacts
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.datasets import sources
from horuslib.datasets.dataset import find_raw, fingerprint_raw, ingest, load_audio, require_learnable, segment_audio
from horuslib.datasets.labels.timeline import Interval
from horuslib.datasets.segments import cut
from tests.conftest import noise, syllables, tone

RATE = 16000
HEADER = "video_filename,t_start,t_end,class\n"


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def put(path, samples, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


def silent_video(path, seconds=6):
    """A video without sound, in a grey that depends on the length of its name, so that two videos differ."""
    import av

    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for i in range(25 * seconds):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), len(path.name), np.uint8), format="rgb24")
            frame.pts = i
            out.mux(video.encode(frame))
        out.mux(video.encode())


def problems(ingested):
    return {(row.file, row.severity): row.problem for row in ingested.report.itertuples()}


def test_a_folder_becomes_recordings_intervals_and_segments(raw, tmp_path, horus, rng):
    put(raw / "normal_clips" / "clip_1.wav", syllables(rng, 10))
    put(raw / "programa.wav", np.stack([noise(rng, 20, 48000)] * 2, axis=1), 48000)
    (raw / "timestamp.csv").write_text(f"{HEADER}programa,00:00:05,00:00:15,eco\n")
    ingested = ingest(raw, horus, tmp_path / "audio")
    recordings = ingested.recordings.set_index("path")
    assert list(recordings.index) == ["normal_clips/clip_1.wav", "programa.wav"]
    assert recordings.sample_rate_hz.tolist() == [RATE, 48000] and recordings.channels.tolist() == [1, 2]
    assert recordings.duration_s.tolist() == pytest.approx([10, 20], abs=0.01)
    for path, row in recordings.iterrows():
        assert row.sha256 == artifacts.sha256_file(raw / path) and row.recording_id == row.sha256[:12]
        assert len(np.load(tmp_path / "audio" / f"{row.recording_id}.npy")) == round(row.duration_s * RATE)
    labelled = ingested.intervals.groupby("origin").apply(lambda t: (t.end_s - t.start_s).sum())
    assert labelled.to_dict() == pytest.approx({"name": 10, "timestamp.csv": 10, "outside": 8}, abs=0.01)

    segments = ingested.segments[ingested.segments.recording_id == recordings.recording_id["programa.wav"]]
    # 5 s every 2.5 s; 70 % is 3.5 s: 0-5 has 4 s of normal, 2.5-7.5 has 2.5 s of eco, 5-10, 7.5-12.5 and 10-15 are eco,
    # 12.5-17.5 has 2.5 s of eco, 15-20 has 4 s of normal.
    assert list(zip(segments.start_s, segments.label, segments.weight, strict=True)) == [
        (0.0, "normal", 0.8),
        (5.0, "eco_reverb", 1.0),
        (7.5, "eco_reverb", 1.0),
        (10.0, "eco_reverb", 1.0),
        (15.0, "normal", 0.8),
    ]
    assert segments.segment_id.iloc[1] == f"{segments.recording_id.iloc[1]}-0005000"
    assert sum(ingested.counts["dropped_segments"].values()) == 2
    assert ingested.counts["segments"]["normal"] == 5 and ingested.counts["segments"]["sinal_teste"] == 0


@pytest.mark.slow
def test_a_second_run_writes_the_same_bytes(raw, tmp_path, horus, rng):
    for i in range(6):
        put(raw / f"hiss{i}.wav", noise(rng, 6))
    (raw / "notes.mp4").write_text("not a video")

    def content(name):
        ingested = ingest(raw, horus, tmp_path / name)
        for table in ("recordings", "intervals", "segments", "report"):
            getattr(ingested, table).to_parquet(tmp_path / name / f"{table}.parquet")
        artifacts.write_json(tmp_path / name / "counts.json", ingested.counts)
        return {p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())}

    assert content("first") == content("second")


def test_heimdalls_segments_are_shorter_and_low_volume_is_never_normal(raw, tmp_path, heimdall, rng):
    put(raw / "programa.wav", noise(rng, 12, 22050), 22050)
    (raw / "timestamp.csv").write_text(f"{HEADER}programa,2,6,volume_baixo\n")
    ingested = ingest(raw, heimdall, tmp_path / "audio")
    assert ingested.segments.label.unique().tolist() == ["normal"]
    assert ingested.segments.start_s.tolist() == [7.0, 8.0, 9.0]
    assert ingested.segments.end_s.tolist() == [10.0, 11.0, 12.0]
    assert ingested.counts["dropped_segments"]["volume_baixo is not a class of heimdall"] == 5


@pytest.mark.slow
def test_what_is_passed_over_is_reported(raw, tmp_path, horus, rng):
    take = put(raw / "hiss1.wav", noise(rng, 6)).rename(raw / "hiss1.001")
    (raw / "timestamp.csv").write_text(f"{HEADER}hiss1.001,0,6,hiss\n")
    (raw / "notes.xyz").write_text("no media")
    (tmp_path / "elsewhere").mkdir()
    (raw / "linked").symlink_to(tmp_path / "elsewhere")
    (raw / "self.mp4").symlink_to("self.mp4")
    ingested = ingest(raw, horus, tmp_path / "audio")
    assert ingested.recordings.path.tolist() == [take.name] and take.name in fingerprint_raw(raw, Paths(root=tmp_path))
    assert problems(ingested) == {
        ("self.mp4", "error"): "cannot be read: a link to itself",
        ("linked", "warning"): "a link to a folder, which is not followed",
        ("", "note"): "1 file that is no media (.xyz 1)",
    }


def test_unusable_files_are_reported_and_the_others_ingested(raw, tmp_path, horus, rng):
    put(raw / "hiss1.wav", noise(rng, 6))
    (raw / "text.mp4").write_text("minutes of the meeting")
    (raw / "empty.mp4").touch()
    (raw / "linked.mp4").symlink_to(raw / "gone.mp4")
    put(raw / "hiss_short.wav", noise(rng, 2))
    broken = noise(rng, 6)
    broken[:160] = np.nan
    put(raw / "hiss_nan.wav", broken)
    truncated = put(raw / "hiss_cut.wav", noise(rng, 20))
    truncated.write_bytes(truncated.read_bytes()[:-500_000])
    put(raw / "eco_clipped.wav", np.clip(9 * tone(6, level_dbfs=-3), -1, 1))
    live = noise(rng, 6)
    put(raw / "eco_dead.wav", np.stack([live, 0 * live], axis=1))
    ingested = ingest(raw, horus, tmp_path / "audio")
    reported = problems(ingested)
    assert "cannot be opened as audio or video" in reported["text.mp4", "error"]
    assert "is empty" in reported["empty.mp4", "error"]
    assert "cannot be read" in reported["linked.mp4", "error"]
    assert "2.00 s long, shorter than a segment (5 s)" in reported["hiss_short.wav", "warning"]
    assert "160 samples were not numbers" in reported["hiss_nan.wav", "note"]
    assert "full scale" in reported["eco_clipped.wav", "note"]
    assert "silent channel FR" in reported["eco_dead.wav", "note"]
    status = ingested.recordings.set_index("path").status.to_dict()
    assert {path for path, is_ in status.items() if is_ == "failed"} == {"text.mp4", "empty.mp4"}
    assert status["hiss_cut.wav"] == "ok"
    with_segments = set(ingested.recordings.path[ingested.recordings.recording_id.isin(ingested.segments.recording_id)])
    assert with_segments == {"hiss1.wav", "hiss_nan.wav", "hiss_cut.wav", "eco_clipped.wav", "eco_dead.wav"}
    assert ingested.report.action.str.len().gt(0).all()


def test_a_video_without_audio_is_silence_only_if_labelled_so(raw, tmp_path, horus):
    for name in ("mudo_1.mp4", "eco_1.mp4", "sem_nome.mov"):
        silent_video(raw / name)
    ingested = ingest(raw, horus, tmp_path / "audio")
    recordings = ingested.recordings.set_index("path")
    assert set(recordings.status) == {"no_audio"}
    assert ingested.segments.label.tolist() == ["ausencia_audio"] * 2
    assert set(ingested.segments.recording_id) == {recordings.recording_id["mudo_1.mp4"]}
    cached = np.load(tmp_path / "audio" / f"{recordings.recording_id['mudo_1.mp4']}.npy")
    assert len(cached) == 6 * RATE and not cached.any()
    reported = problems(ingested)
    assert "its label is eco_reverb" in reported["eco_1.mp4", "warning"]
    assert "no audio track" in reported["sem_nome.mov", "note"] and "no audio track" in reported["mudo_1.mp4", "note"]


@pytest.mark.slow
def test_a_file_that_crashes_the_decoder_is_a_row_and_stops_nothing(raw, tmp_path, horus, rng, monkeypatch):
    from horuslib.audio.decoder import Decoder

    ends = ["import sys; sys.stdin.readline()"]  # the first process ends at once, as if a file had crashed it

    def started():
        code = ends.pop() if ends else "from horuslib.audio.decoder import _serve; _serve()"
        return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(Decoder, "_started", staticmethod(started))
    for k in range(3):
        put(raw / f"{k}.wav", syllables(rng, 6))
    ingested = ingest(raw, horus, tmp_path / "cache")
    assert sorted(ingested.recordings["status"]) == ["failed", "ok", "ok"]
    assert ingested.report["problem"].str.contains("FFmpeg crashes on this file").sum() == 1


def test_lost_sound_has_no_label(raw, tmp_path, horus):
    path = raw / "falha_audio_eco_01.ts"
    without_sound(programme(tmp_path / "base.ts", 25.0), path, 8, 17)
    ingested = ingest(raw, horus, tmp_path / "cache")
    kept = [(row.label, row.start_s, row.end_s) for row in ingested.intervals.itertuples()]
    assert kept == [
        ("eco_reverb", 0, pytest.approx(8, abs=0.1)),
        ("eco_reverb", pytest.approx(17, abs=0.1), pytest.approx(25, abs=0.2)),
    ]
    assert ingested.counts["dropped_segments"]["no sound data"] > 0
    assert "9.0 s without sound data, first at 8.0 s, filled with silence" in set(ingested.report["problem"])


def test_copies_of_one_file_are_one_recording(raw, tmp_path, horus, rng):
    put(raw / "a.wav", noise(rng, 6))
    for name in ("hiss_copy.wav", "normal_copy.wav"):
        (raw / name).write_bytes((raw / "a.wav").read_bytes())
    ingested = ingest(raw, horus, tmp_path / "audio")
    assert ingested.recordings.path.tolist() == ["hiss_copy.wav"]
    assert ingested.segments.label.tolist() == ["ruido_hiss"] * 2
    reported = problems(ingested)
    assert reported["a.wav", "note"] == "same content as hiss_copy.wav"
    assert reported["normal_copy.wav", "warning"] == "same content as hiss_copy.wav, under other labels"


def test_an_unlabelled_recording_is_kept_for_scanning(raw, tmp_path, horus, rng):
    put(raw / "entrevista.wav", noise(rng, 10))
    ingested = ingest(raw, horus, tmp_path / "audio")
    assert len(ingested.segments) == 3 and ingested.segments.label.isna().all()
    assert ingested.counts["unlabelled_segments"] == 3 and len(ingested.intervals) == 0


def test_a_label_too_short_for_any_segment_is_reported(raw, tmp_path, horus, rng):
    put(raw / "programa.wav", noise(rng, 12))
    (raw / "timestamp.csv").write_text(f"{HEADER}programa,5,7,eco\n")
    assert (
        problems(ingest(raw, horus, tmp_path / "audio"))["programa.wav", "note"]
        == "eco_reverb (2.00 s) fills no segment"
    )


def test_the_ledger_corrects_by_content(raw, tmp_path, horus, rng):
    path = put(raw / "eco.wav", noise(rng, 15))
    ledger = tmp_path / "corrections.csv"
    sha256 = artifacts.sha256_file(path)
    ledger.write_text(
        f"recording_sha256,start_s,end_s,label,action\n{sha256},5,10,hiss,relabel\n{sha256},10,15,,quarantine\n"
    )
    ingested = ingest(raw, horus, tmp_path / "audio", ledger)
    segments = ingested.segments
    assert dict(zip(segments.start_s, segments.label, strict=True)) == {0.0: "eco_reverb", 5.0: "ruido_hiss"}
    assert ingested.counts["dropped_segments"]["quarantined"] == 2
    assert ingested.segments.end_s.max() == 10


def test_file_names_are_data(raw, tmp_path, horus, rng):
    names = [
        "-rf hiss.wav",
        "hiss $(touch x).wav",
        "<script>hiss.wav",
        "hiss\n2.wav",
        "hiss'\".wav",
        "hiss ção.wav",
        "hiss\udcff.wav",
    ]
    for name in names:
        put(tmp_path / "x.wav", noise(rng, 6)).rename(raw / name)
    ingested = ingest(raw, horus, tmp_path / "audio")
    assert (ingested.recordings.status == "ok").all() and len(ingested.segments) == 2 * len(names)
    assert "hiss\\xff.wav" in set(ingested.recordings.path)
    ingested.recordings.to_parquet(tmp_path / "recordings.parquet")
    assert sorted(os.listdir(raw)) == sorted(names)


def test_segments_are_read_back_sample_for_sample(raw, root, horus, rng):
    sound = noise(rng, 10)
    put(raw / "hiss.wav", sound)
    step = artifacts.begin("01_ingest", horus)
    ingested = ingest(raw, horus, step.path("audio"))
    np.testing.assert_array_equal(load_audio(step, ingested.recordings.recording_id[0]), sound)
    for row in ingested.segments.itertuples():
        first = round(row.start_s * RATE)
        np.testing.assert_array_equal(segment_audio(step, row, horus), sound[first : first + 5 * RATE])
    at_the_end = pd.Series({"recording_id": ingested.recordings.recording_id[0], "start_s": 8.0})
    padded = segment_audio(step, at_the_end, horus)
    assert len(padded) == 5 * RATE and padded[: 2 * RATE].any() and not padded[2 * RATE :].any()


def test_the_minimum_share_of_a_label_is_a_setting(horus):
    intervals = [Interval(0, 3, "eco_reverb", "name"), Interval(3, 5, "normal", "outside")]
    assert cut("r", intervals, horus)[0] == []
    lenient = horus.model_copy(update={"ingest": horus.ingest.model_copy(update={"min_label_share": 0.6})})
    assert [s["label"] for s in cut("r", intervals, lenient)[0]] == ["eco_reverb"]


@pytest.mark.slow
def test_insufficient_training_data_is_an_error(raw, tmp_path, horus, rng):
    put(raw / "entrevista.wav", noise(rng, 6))
    with pytest.raises(UserError, match="No recording with labelled sound was found"):
        require_learnable(ingest(raw, horus, tmp_path / "audio"), horus)
    put(raw / "hiss.wav", noise(rng, 6))
    with pytest.raises(UserError, match="Only one recording with labelled sound was found"):
        require_learnable(ingest(raw, horus, tmp_path / "audio"), horus)
    for label in ("eco", "mudo", "normal", "sinal_teste"):
        put(raw / f"{label}.wav", noise(rng, 6))
    with pytest.raises(UserError, match="No segment at all for volume_baixo: add at least one video"):
        require_learnable(ingest(raw, horus, tmp_path / "audio"), horus)
    put(raw / "volume_baixo.wav", noise(rng, 6))
    require_learnable(ingest(raw, horus, tmp_path / "audio"), horus)


def test_the_raw_folder_is_the_named_one_then_data_raw_then_the_demo(root, tmp_path, rng):
    paths = Paths()
    with pytest.raises(UserError, match=r"There is no folder .*nowhere"):
        find_raw(tmp_path / "nowhere", paths)
    (tmp_path / "videos").mkdir()
    with pytest.raises(UserError, match=r"videos holds no video or sound file: put the videos there"):
        find_raw(tmp_path / "videos", paths)
    put(tmp_path / "videos" / "a.wav", noise(rng, 1))
    assert find_raw(str(tmp_path / "videos"), paths) == tmp_path / "videos"
    put(paths.raw / "a.wav", noise(rng, 1))
    assert find_raw("", paths) == paths.raw


def test_a_file_that_cannot_be_read_ends_no_fingerprint(root, raw, rng, monkeypatch):
    put(raw / "a.wav", noise(rng, 1))
    put(raw / "b.wav", noise(rng, 1))
    before = fingerprint_raw(raw, Paths())

    def hashed(path, whole=sources.sha256_file):
        if path.name == "a.wav":
            raise OSError(5, "Input/output error")
        return whole(path)

    monkeypatch.setattr(sources, "sha256_file", hashed)
    assert fingerprint_raw(raw, Paths()) == {**before, "a.wav": "[Errno 5] Input/output error"}


def test_the_fingerprint_depends_on_content_and_not_on_time(root, raw, rng):
    paths = Paths()
    path, other = put(raw / "a.wav", noise(rng, 1)), noise(rng, 1)
    before = fingerprint_raw(raw, paths)
    os.utime(path, (0, 0))
    assert fingerprint_raw(raw, paths) == before
    put(path, other)
    changed = fingerprint_raw(raw, paths)
    assert changed != before
    paths.labels.mkdir(parents=True)
    (paths.labels / "corrections.csv").write_text("recording_sha256,start_s,end_s,label,action\n")
    assert fingerprint_raw(raw, paths) != changed


@pytest.mark.parametrize(
    ("samples", "expected"), [(160_000, 3), (160_007, 3), (160_100, 4), (199_999, 4), (200_000, 4)]
)
def test_the_end_of_a_recording_has_a_segment_and_segment_ids_are_unique(horus, samples, expected):
    seconds = samples / RATE
    kept, _ = cut("r", [Interval(0.0, seconds, "normal", "name")], horus)
    assert len(kept) == expected == len({row["segment_id"] for row in kept})
    assert kept[-1]["end_s"] == pytest.approx(seconds, abs=1e-3)
