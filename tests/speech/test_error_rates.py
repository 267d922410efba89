"""Error rates, with answers counted by hand."""

from itertools import permutations

import numpy as np
import pytest

pytest.importorskip("jiwer")
from horuslib.speech.error_rates import Rate, cer, compare, cp_wer, normalised, wer


def test_case_punctuation_and_spelling_of_numbers_are_no_errors():
    assert normalised("São 1.500 reais, às 15h!") == "são mil e quinhentos reais às quinze h"
    assert wer("duzentos e sessenta e seis", "266.").errors == 0


def test_words_and_characters_are_counted():
    assert wer("o gato dorme na mesa", "o pato dorme mesa já") == Rate(3, 5)
    assert cer("gato", "pato") == Rate(1, 4)
    assert wer("", "duas palavras") == Rate(2, 0)
    assert wer("", "").share == 0


def test_speakers_are_assigned_where_they_cost_least():
    reference = {"Ana": "bom dia a todos", "Rui": "até amanhã"}
    assert cp_wer(reference, {"2": "até amanhã", "1": "bom dia a todos"}).errors == 0
    assert cp_wer(reference, {"1": "bom dia a todos até amanhã"}) == Rate(4, 6)
    assert cp_wer({}, {}).share == 0


def test_the_assignment_is_the_best_of_all(rng):
    words = ["a", "b", "c", "d"]
    for _ in range(20):
        refs, hyps = ([" ".join(rng.choice(words, rng.integers(1, 6))) for _ in range(3)] for _ in range(2))
        best = min(sum(wer(r, h).errors for r, h in zip(refs, order, strict=True)) for order in permutations(hyps))
        assert cp_wer(dict(enumerate(refs)), dict(enumerate(hyps))).errors == best


def test_a_constant_reduction_has_no_width_and_noise_has_one(rng):
    sure = compare([Rate(10, 20)] * 8, [Rate(8, 20)] * 8, rng)
    assert (sure.reduction, sure.low, sure.high) == pytest.approx((0.2, 0.2, 0.2))
    mixed = compare([Rate(4, 20), Rate(6, 20)] * 4, [Rate(6, 20), Rate(4, 20)] * 4, rng)
    assert mixed.reduction == 0
    assert mixed.low < 0 < mixed.high


def test_no_errors_at_all_is_no_reduction():
    none = compare([Rate(0, 5)] * 3, [Rate(0, 5)] * 3, np.random.default_rng(0))
    assert (none.reduction, none.low, none.high) == (0, 0, 0)
