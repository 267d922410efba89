"""The bundled clips agree with their truth file, are small, and their generator is reproducible."""

import json
from collections import Counter

import numpy as np
import pytest

from horuslib.audio.media import read_audio
from horuslib.core.errors import UserError
from horuslib.core.paths import PROJECT, Paths
from horuslib.demo.street import CLIPS, render_clips, write_street_corpus
from horuslib.synthesis.street.catalogue import STREET
from horuslib.tasks import load_task

DEMO = PROJECT / "data" / "demo_sirens"
TRUTH = json.loads((DEMO / "truth.json").read_text("utf-8"))
TASK = load_task("sirens")


def test_the_corpus_is_small_and_complete():
    files = {path.relative_to(DEMO).as_posix(): path for path in DEMO.rglob("*") if path.is_file()}
    assert sum(path.stat().st_size for path in files.values()) < 4e6
    assert {name for name in files if name.endswith(".webm")} == set(TRUTH)
    made = Counter((clip["label"], clip["generator"]) for clip in TRUTH.values())
    assert made == {
        (TASK.label_of(kind), name): CLIPS[kind] for kind, generators in STREET.items() for name in generators
    }
    assert Paths().demo_of("sirens") == Paths().demo_of("sirens_small") == DEMO
    assert Paths().demo_of("horus_minmax160") == Paths().demo


@pytest.mark.slow
def test_clips_are_what_the_truth_says():
    for name, clip in list(TRUTH.items())[::9]:
        audio = read_audio(DEMO / name, 16000)
        assert name.startswith(f"{clip['label']}/{clip['generator']}-")
        assert audio.duration_s == pytest.approx(clip["seconds"], abs=0.1)
        assert 0.02 < np.abs(audio.samples).max() < 1.2, name


def test_the_same_seed_gives_the_same_sound():
    first, again = (next(iter(render_clips(TASK, 3))) for _ in range(2))
    np.testing.assert_array_equal(first.samples, again.samples)
    assert not np.array_equal(first.samples, next(iter(render_clips(TASK, 4))).samples)


@pytest.mark.slow
def test_other_clips_are_not_mixed_in(tmp_path):
    (tmp_path / "mine.webm").write_bytes(b"x")
    with pytest.raises(UserError, match=r"mine\.webm"):
        write_street_corpus(tmp_path)
