"""Variety is not corpus, and the classifier abstains."""

import numpy as np

from horuslib.speakers.corpus.statistics import FEATURES
from horuslib.speakers.corpus.varieties import UNDECIDED, evaluate
from tests.speakers.corpus.conftest import draw


def corpora(rng, accent):
    """Two corpora per variety, six speakers each; `accent` is how far the varieties lie apart."""
    shift = np.zeros(FEATURES)
    shift[:5] = accent
    made = []
    for variety, side in (("pt-BR", 1), ("pt-PT", -1)):
        for corpus in ("radio", "home"):
            for i in range(6):
                one = draw(
                    rng, f"{variety}{corpus}{i}", [f"{variety} {corpus} {i}"], variety=variety, corpus=variety + corpus
                )
                made.append(one.__class__(**{**one.__dict__, "rows": one.rows + side * shift}))
    return made


def test_a_real_difference_is_found(rng):
    found = evaluate(corpora(rng, 4.0))
    assert found.refusal == ""
    assert found.accuracy > 0.9
    assert len(found.answers) == 24


def test_without_one_it_abstains_or_is_at_chance(rng):
    found = evaluate(corpora(rng, 0.0))
    assert found.decided < 0.9
    assert UNDECIDED in set(found.answers.answer)
    assert found.accuracy is None or found.accuracy < 0.8


def test_one_corpus_per_variety_is_no_evidence(rng):
    one = [draw(rng, f"{v}{i}", [f"{v} {i}"], variety=v, corpus=v) for v in ("pt-BR", "pt-PT") for i in range(6)]
    found = evaluate(one)
    assert found.accuracy is None
    assert found.refusal.startswith("Corpora per variety: pt-BR (1), pt-PT (1), where 2 are the least.")


def test_one_variety_is_no_question(rng):
    assert "1 variety is declared" in evaluate([draw(rng, "a", ["x", "y"])]).refusal
    assert "0 variety is declared" in evaluate([draw(rng, "a", ["x"], variety="unknown")]).refusal
