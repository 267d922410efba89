"""Voices drawn at random, without sound: statistics whose truth is known."""

from pathlib import Path

import numpy as np
import pytest

from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.corpus.collect import Collected
from horuslib.speakers.corpus.statistics import FEATURES


def draw(rng, name, speakers, n=60, within=0.5, variety="pt-BR", corpus="home", microphone=0.0):
    """A recording of speakers whose features lie around their own means: variance 1 between them."""
    rows = np.vstack([rng.standard_normal(FEATURES) + within * rng.standard_normal((n, FEATURES)) for _ in speakers])
    frames = np.stack([np.full(20, 100.0), np.full(20, 500.0), np.full(20, -3.0), np.full(20, 5.0)])
    return Collected(
        entry=Entry(Path(name), name, variety=variety, corpus=corpus),
        sha256=f"{name:0>64}",
        rows=rows + microphone,
        speakers=np.repeat(np.array(speakers, object), n),
        frames=dict.fromkeys(speakers, frames),
        frame_counts=dict.fromkeys(speakers, 100),
        seconds={s: 300.0 for s in speakers},
    )


@pytest.fixture
def drawn(rng):
    """Four recordings of three speakers each, an hour in all."""
    return [draw(rng, f"r{i}", [f"person {i}{k}" for k in "abc"]) for i in range(4)]
