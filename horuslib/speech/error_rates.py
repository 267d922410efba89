"""Word and character error rates, with and without speakers, and whether one transcription beats another.

WER and CER count with jiwer; cpWER (concatenated minimum-permutation WER, Watanabe et al. 2020, CHiME-6) joins what
each speaker says and takes the assignment of speakers with the fewest errors. Before counting, case and punctuation
are removed and numbers are spelled out, as the model writes 266 and a reference may have the words.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_RESAMPLES = 10_000


@dataclass(frozen=True)
class Rate:
    """Errors over the length of the reference, in words or characters."""

    errors: int
    length: int

    @property
    def share(self) -> float:
        return self.errors / self.length if self.length else float(self.errors > 0)


@dataclass(frozen=True)
class Comparison:
    """Two transcriptions of the same files against one reference."""

    one: Rate
    other: Rate
    reduction: float
    """Share of the errors of `one` that `other` does not make: 0.18 is 18 % fewer."""
    low: float
    high: float
    """95 % interval of the reduction: paired bootstrap over files."""
    files: int


def normalised(text: str, language: str = "pt") -> str:
    """Lower case, numbers as words, no punctuation; accents stay."""
    from num2words import num2words

    def spelled(match: re.Match[str]) -> str:
        try:
            return f" {num2words(int(match[0]), lang=language)} "
        except (NotImplementedError, OverflowError):
            return match[0]

    text = re.sub(r"(?<=\d)\.(?=\d{3}\b)", "", text.lower())
    return " ".join(re.findall(r"\w+", re.sub(r"\d+", spelled, text)))


def wer(reference: str, hypothesis: str, language: str = "pt") -> Rate:
    """Of normalised texts; an empty reference counts every word of the hypothesis as an error."""
    return _words(normalised(reference, language), normalised(hypothesis, language))


def cer(reference: str, hypothesis: str, language: str = "pt") -> Rate:
    """As `wer`, in characters."""
    import jiwer

    reference, hypothesis = normalised(reference, language), normalised(hypothesis, language)
    if not reference:
        return Rate(len(hypothesis), 0)
    return _rate(jiwer.process_characters(reference, hypothesis))


def cp_wer(reference: Mapping[str, str], hypothesis: Mapping[str, str], language: str = "pt") -> Rate:
    """Of two texts per speaker (name -> all that the speaker says); names need not agree."""
    from scipy.optimize import linear_sum_assignment

    refs = [normalised(text, language) for text in reference.values()]
    hyps = [normalised(text, language) for text in hypothesis.values()]
    n = max(len(refs), len(hyps))
    refs, hyps = refs + [""] * (n - len(refs)), hyps + [""] * (n - len(hyps))
    cost = np.array([[_words(r, h).errors for h in hyps] for r in refs]).reshape(n, n)
    return Rate(int(cost[linear_sum_assignment(cost)].sum()), sum(len(r.split()) for r in refs))


def total(rates: Sequence[Rate]) -> Rate:
    """Of several files together."""
    return Rate(sum(rate.errors for rate in rates), sum(rate.length for rate in rates))


def compare(one: Sequence[Rate], other: Sequence[Rate], rng: np.random.Generator) -> Comparison:
    """Compare two transcriptions by their rates on the same files.

    Parameters
    ----------
    one, other : per file, in the same order.
    """
    if len(one) != len(other) or not one:
        raise ValueError(f"{len(one)} and {len(other)} files: give the rates of the same files, at least one.")
    a, b = (np.array([rate.errors for rate in rates], float) for rates in (one, other))
    drawn = rng.integers(len(a), size=(_RESAMPLES, len(a)))
    reductions = _reduction(a[drawn].sum(axis=1), b[drawn].sum(axis=1))
    low, high = np.percentile(reductions, [2.5, 97.5], method="nearest")
    found = float(_reduction(a.sum(keepdims=True), b.sum(keepdims=True))[0])
    return Comparison(total(one), total(other), found, float(low), float(high), len(a))


def _reduction(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Per element; where `one` makes no error, 0 when the other makes none either, else minus infinity."""
    safe = np.where(a > 0, a, 1.0)
    return np.where(a > 0, 1 - b / safe, np.where(b > 0, -np.inf, 0.0))


def _words(reference: str, hypothesis: str) -> Rate:
    import jiwer

    if not reference:
        return Rate(len(hypothesis.split()), 0)
    return _rate(jiwer.process_words(reference, hypothesis))


def _rate(counted: Any) -> Rate:
    errors = counted.substitutions + counted.deletions + counted.insertions
    return Rate(errors, counted.hits + counted.substitutions + counted.deletions)
