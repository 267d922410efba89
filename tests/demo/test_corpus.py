"""The bundled corpus agrees with its truth file, and its generator is reproducible."""

import csv
import json
from itertools import pairwise

import numpy as np
import pytest

from horuslib.audio.levels import lufs, peak_dbfs, rms_dbfs, tone_share
from horuslib.audio.media import read_audio
from horuslib.core.errors import UserError
from horuslib.core.paths import PROJECT
from horuslib.demo import corpus
from horuslib.synthesis import speech

pytestmark = pytest.mark.slow

DEMO = PROJECT / "data" / "demo"
TRUTH = json.loads((DEMO / "truth.json").read_text("utf-8"))
RATE_HZ = 16000
EDGE_S = 0.1
LABELS = {"ausencia_audio", "volume_baixo", "eco_reverb", "ruido_hiss", "sinal_teste"}


def of_class(label):
    return [name for name, video in TRUTH.items() if any(fault["label"] == label for fault in video["faults"])]


@pytest.fixture(scope="module")
def sound():
    """Every video of the corpus, decoded: name -> (N,) at 16 kHz."""
    return {name: read_audio(DEMO / name, RATE_HZ).samples for name in TRUTH}


def inside(sound, name):
    """The faulty interval of a video, its edges left out."""
    (fault,) = TRUTH[name]["faults"]
    return sound[name][round((fault["start"] + EDGE_S) * RATE_HZ) : round((fault["end"] - EDGE_S) * RATE_HZ)]


def outside(sound, name):
    """The parts without fault of at least three seconds."""
    edges = [
        0.0,
        *(t for fault in TRUTH[name]["faults"] for t in (fault["start"], fault["end"])),
        TRUTH[name]["seconds"],
    ]
    pieces = [(a + EDGE_S, b - EDGE_S) for a, b in list(pairwise(edges))[::2] if b - a >= 3]
    return [sound[name][round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in pieces]


def test_the_corpus_is_small_and_complete(sound):
    files = [path for path in DEMO.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8e6
    assert {path.relative_to(DEMO).as_posix() for path in files if path.suffix == ".mp4"} == set(TRUTH)
    assert 30 <= len(TRUTH) <= 40
    for name, samples in sound.items():
        assert 10 <= TRUTH[name]["seconds"] <= 25
        assert len(samples) / RATE_HZ == pytest.approx(TRUTH[name]["seconds"], abs=0.05)
        assert len(TRUTH[name]["sources"]) == 1


def test_every_class_has_enough_programmes_for_folds_and_holdout():
    for label in LABELS:
        assert len({TRUTH[name]["sources"][0] for name in of_class(label)}) >= 6
    normal = [name for name, video in TRUTH.items() if not video["faults"]]
    assert len({TRUTH[name]["sources"][0] for name in normal}) >= 10
    assert all(name.startswith("normal_clips/") for name in normal)
    by_programme = {}
    for name, video in TRUTH.items():
        by_programme.setdefault(video["sources"][0], []).append(name)
    assert sum(len(names) > 1 for names in by_programme.values()) >= 3, "some programmes are used with several faults"


def test_the_label_file_agrees_with_the_truth_file():
    with open(DEMO / "timestamp.csv", encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    assert list(rows[0]) == ["video_filename", "t_start", "t_end", "class"]
    assert len(rows) == sum(len(video["faults"]) for video in TRUTH.values())
    today = {"eco": "eco_reverb", "hiss": "ruido_hiss", "sinal_erro": "sinal_teste"}
    for row in rows:
        (fault,) = TRUTH[f"{row['video_filename']}.mp4"]["faults"]
        start_s, end_s = (
            sum(float(part) * 60**power for power, part in enumerate(reversed(row[key].split(":"))))
            for key in ("t_start", "t_end")
        )
        assert (start_s, end_s) == pytest.approx((fault["start"], fault["end"]), abs=0.01)
        assert today.get(row["class"], row["class"]) == fault["label"]


def test_normal_sound_is_near_the_target(sound):
    pieces = [(name, piece) for name in TRUTH for piece in outside(sound, name)]
    assert len(pieces) > 25
    for name, piece in pieces:
        assert lufs(piece, RATE_HZ) == pytest.approx(-23, abs=3), name
        assert tone_share(piece, RATE_HZ) < 0.5, name


@pytest.mark.parametrize("name", of_class("ausencia_audio"))
def test_silence_is_silent(sound, name):
    assert rms_dbfs(inside(sound, name)) < -60
    assert peak_dbfs(inside(sound, name)) < -40


@pytest.mark.parametrize("name", of_class("sinal_teste"))
def test_the_tone_is_at_1_khz(sound, name):
    piece = inside(sound, name)
    assert tone_share(piece, RATE_HZ) > 0.99
    assert -31 < rms_dbfs(piece) < -6


@pytest.mark.parametrize("name", of_class("volume_baixo"))
def test_low_volume_is_low_and_still_programme(sound, name):
    piece = inside(sound, name)
    assert lufs(piece, RATE_HZ) < -23 - 14
    assert rms_dbfs(piece) > -58
    frames = [rms_dbfs(frame) for frame in piece[: len(piece) // 1600 * 1600].reshape(-1, 1600)]
    assert np.ptp(frames) > 5, "its level varies, unlike a noise floor"


@pytest.mark.parametrize("name", of_class("ruido_hiss"))
def test_hiss_is_the_clean_programme_and_steady_noise_at_its_ratio(name):
    if not speech.available() and "speech" in TRUTH[name]["sources"][0]:
        pytest.skip("the espeak-ng command is not installed")
    video = corpus.render(name.removesuffix(".mp4"))
    (fault,) = video.faults
    clean = corpus.base_programme(corpus.PLAN["videos"][video.name][0]).samples
    start, end = round(fault["start"] * corpus.RATE_HZ) + 4800, round(fault["end"] * corpus.RATE_HZ) - 4800
    noise = (video.samples - clean)[start:end]
    snr_db = float(fault["how"].split(" at ")[1].split()[0])
    before, after = start - 4800 - 960, end + 4800 + 960
    np.testing.assert_allclose(video.samples[: max(before, 0)], clean[: max(before, 0)], atol=1e-4)
    np.testing.assert_allclose(video.samples[after:], clean[after:], atol=1e-4)
    assert rms_dbfs(clean[start:end]) - rms_dbfs(noise) == pytest.approx(snr_db, abs=5), "pauses lower the plain ratio"
    assert np.std([rms_dbfs(frame) for frame in noise[: len(noise) // 24000 * 24000].reshape(-1, 24000)]) < 1
    assert 0 <= snr_db <= 20


@pytest.mark.parametrize("name", [n for n in of_class("eco_reverb") if "echo" in TRUTH[n]["faults"][0]["how"]])
def test_an_echo_has_its_delay(name):
    """The response between the clean and the faulty programme has its second peak at the delay of the truth file."""
    if not speech.available():
        pytest.skip("the espeak-ng command is not installed")
    video = corpus.render(name.removesuffix(".mp4"))
    (fault,) = video.faults
    clean = corpus.base_programme(corpus.PLAN["videos"][video.name][0]).samples
    piece = slice(round((fault["start"] + EDGE_S) * corpus.RATE_HZ), round((fault["end"] - EDGE_S) * corpus.RATE_HZ))
    size = 2 * (piece.stop - piece.start)
    x, y = (np.fft.rfft(samples[piece], size) for samples in (clean, video.samples))
    response = np.fft.irfft(y * np.conj(x) / (np.abs(x) ** 2 + 0.01 * np.mean(np.abs(x) ** 2)))
    quiet_s = 0.06
    found_s = quiet_s + np.argmax(np.abs(response[round(quiet_s * corpus.RATE_HZ) : size // 2])) / corpus.RATE_HZ
    assert found_s == pytest.approx(float(fault["how"].split()[1]), abs=0.002)


@pytest.mark.parametrize("name", ["falha_audio_hiss_06", "falha_audio_eco_03", "normal_clips/clip_5"])
def test_the_same_seed_gives_the_same_sound(name):
    if not speech.available() and name == "falha_audio_eco_03":
        pytest.skip("the espeak-ng command is not installed")
    first = corpus.render(name)
    corpus.base_programme.cache_clear()
    again, other = corpus.render(name), corpus.render(name, seed=8)
    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.faults == again.faults
    assert len(first.samples) == len(other.samples)
    assert not np.allclose(first.samples, other.samples, atol=0.01)


def test_a_folder_with_other_videos_is_left_alone(tmp_path):
    (tmp_path / "ferias.mp4").write_bytes(b"dear memories")
    with pytest.raises(UserError, match=r"ferias\.mp4.*empty folder"):
        corpus.write_corpus(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["ferias.mp4"]
