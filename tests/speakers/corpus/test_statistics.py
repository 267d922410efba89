"""Statistics are those of what they were computed from, and travel without pickle."""

import json

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.corpus.statistics import FEATURES, compute, frames_table, load, refuse_leakage, save
from tests.speakers.corpus.conftest import draw


@pytest.mark.slow
def test_within_and_between_are_the_variances_that_were_drawn(drawn, rng):
    found = compute(drawn, rng)
    assert np.diag(found.within).mean() == pytest.approx(0.25, rel=0.05)
    assert np.diag(found.between).mean() == pytest.approx(2 / 3, rel=0.15)  # of three speakers about their mean
    assert sum(found.shares) == pytest.approx(1)
    assert found.typical.shape == (72, FEATURES)


@pytest.mark.slow
def test_the_microphone_is_no_voice(rng):
    people = [[f"p{i}", f"q{i}"] for i in range(6)]
    plain = compute([draw(np.random.default_rng(i), f"r{i}", p) for i, p in enumerate(people)], rng)
    shifted = [draw(np.random.default_rng(i), f"r{i}", p, microphone=10.0 * i) for i, p in enumerate(people)]
    np.testing.assert_allclose(compute(shifted, rng).between, plain.between, atol=1e-6)


@pytest.mark.slow
def test_whitening_makes_speakers_vary_equally(drawn, rng):
    found = compute(drawn, rng)
    rows = rng.multivariate_normal(np.zeros(FEATURES), found.within, 4000) @ found.whitening()
    assert rows.var(axis=0) == pytest.approx(np.ones(FEATURES), rel=0.35)


def test_varieties_are_told_apart_and_frames_are_moments(rng):
    found = compute([draw(rng, "a", ["x", "y"]), draw(rng, "b", ["z"], variety="pt-PT")], rng)
    assert set(found.by_variety) == {"all", "pt-BR", "pt-PT"}
    mean, spread, low, high = found.by_variety["pt-BR"][:, 0]
    assert (mean, spread, low, high) == pytest.approx((1, 2, -3, 5))


def test_each_speaker_has_the_moments_of_all_their_recordings(rng):
    a, b = draw(rng, "a", ["x", "y"]), draw(rng, "b", ["x"])
    b.frames["x"][:] = np.array([[300.0], [1300.0], [-7.0], [3.0]])
    statistics = compute([a, b], rng)
    found = statistics.by_speaker
    assert {name: tuple(values[:, 0]) for name, values in found.items()} == {
        "x": pytest.approx((2, np.sqrt(9 - 4), -7, 5)),
        "y": pytest.approx((1, 2, -3, 5)),
    }
    table = frames_table(statistics)
    assert table[table.of == "speaker"].groupby("name").c19.max().to_dict() == {"x": 5, "y": 5}
    assert set(table[table.of == "variety"].name) == {"all", "pt-BR"}


def test_few_speakers_are_not_used_and_that_is_said(drawn, rng):
    assert compute(drawn, rng).enough
    few = compute(drawn[:2], rng)
    assert "6 speakers and 30 minutes, where 10 speakers" in few.lacks
    with pytest.raises(UserError, match="Statistics need two speakers"):
        compute([draw(rng, "a", ["x"])], rng)


def test_what_is_saved_is_loaded(drawn, rng, tmp_path):
    found = compute(drawn, rng)
    again = load(save(found, tmp_path / "v.npz"))
    np.testing.assert_array_equal(again.within, found.within)
    np.testing.assert_array_equal(again.by_variety["all"], found.by_variety["all"])
    np.testing.assert_array_equal(again.by_speaker["person 0a"], found.by_speaker["person 0a"])
    assert again.provenance["recordings"] == found.provenance["recordings"]


def test_what_is_damaged_is_said_and_never_unpickled(drawn, rng, tmp_path):
    path = save(compute(drawn, rng), tmp_path / "v.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cannot be read as statistics of voices"):
        load(path)
    with open(path, "wb") as file:
        np.savez(file, within=np.array([{"a": 1}], object))
    with pytest.raises(UserError, match="cannot be read as statistics of voices"):
        load(path)
    np.savez(path, within=np.zeros((3, 3)), between=np.zeros((3, 3)), typical=np.zeros(3))
    with pytest.raises(UserError, match="holds no statistics of this version"):
        load(path)
    path.write_bytes(whole)
    beside = json.loads((tmp_path / "v.json").read_text("utf-8"))
    (tmp_path / "v.json").write_text(json.dumps(beside | {"sha256": "0"}), "utf-8")
    with pytest.raises(UserError, match=r"is not what v.json describes"):
        load(path)
    (tmp_path / "v.json").unlink()
    with pytest.raises(UserError, match=r"There is no .*v.json"):
        load(path)


def test_another_kind_of_content_is_said(drawn, rng, tmp_path):
    path, beside = save(compute(drawn, rng), tmp_path / "v.npz"), tmp_path / "v.json"
    for content in ("[]", "null", "3", '{"speakers": 12}', '{"recordings": []}', "{"):
        beside.write_text(content, "utf-8")
        with pytest.raises(UserError, match=r"is no description of statistics|cannot be read as statistics"):
            load(path)
    beside.write_text(json.dumps({"speakers": 1, "minutes": 1, "minutes_by_variety": {}, "recordings": {}}), "utf-8")
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name, wrong in {
        "typical": [np.zeros(3), np.zeros((0, FEATURES)), np.array(["text"])],
        "within": [np.full((FEATURES, FEATURES), "a")],
        "variety/all": [np.zeros((2, 2))],
    }.items():
        for array in wrong:
            np.savez(path, **arrays | {name: array})
            with pytest.raises(UserError, match="holds no statistics of this version"):
                load(path)
    with open(path, "wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(UserError, match=r"cannot be read as statistics of voices \(it is a single array"):
        load(path)


def test_a_recording_of_the_statistics_is_refused(rng, tmp_path):
    import hashlib
    from dataclasses import replace

    (tmp_path / "a.wav").write_bytes(b"sound")
    own = replace(draw(rng, "r", ["x", "y"]), sha256=hashlib.sha256(b"sound").hexdigest())
    found = compute([own], rng)
    with pytest.raises(UserError, match=r"a.wav is among the recordings of the statistics \(as r\)"):
        refuse_leakage(found, tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"other sound")
    refuse_leakage(found, tmp_path / "b.wav")
