"""Whether a variety of Portuguese can be told from voices: a classifier that is evaluated as it would be used.

MFCC carry the speaker and the recording's channel before any accent. So a fold shares neither speakers nor corpora with
its training, and where a variety comes from fewer than two corpora, variety and corpus are one and no number is given.
The variety in outputs is always the declared one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from horuslib.speakers.corpus.catalogue import UNKNOWN
from horuslib.speakers.corpus.collect import Collected

UNDECIDED = "indeterminado"
LEAST_CORPORA = 2
LEAST_PROBABILITY = 0.8
"""Below, the classifier abstains."""


@dataclass(frozen=True)
class Varieties:
    """Attributes
    ----------
    answers : one row per speaker and fold: speaker, variety, corpus, answer, probability; empty where refused.
    refusal : why there is no number; empty where there is one.
    """

    answers: pd.DataFrame
    refusal: str = ""

    @property
    def decided(self) -> float:
        """Share of the speakers for whom there is an answer."""
        return float((self.answers.answer != UNDECIDED).mean()) if len(self.answers) else 0.0

    @property
    def accuracy(self) -> float | None:
        """Share of right answers among those given; None without any."""
        given = self.answers[self.answers.answer != UNDECIDED] if len(self.answers) else self.answers
        return float((given.answer == given.variety).mean()) if len(given) else None


def evaluate(collected: Sequence[Collected]) -> Varieties:
    """Answers for every speaker, each by a classifier trained on neither them nor anything of their corpus."""
    people = _people(collected)
    corpora = people.groupby("variety").corpus.nunique() if len(people) else pd.Series(dtype=int)
    empty = people.drop(columns="features", errors="ignore").assign(answer="", probability=0.0).head(0)
    few = [f"{variety} ({n})" for variety, n in corpora.items() if n < LEAST_CORPORA]
    if len(corpora) < 2:
        return Varieties(empty, f"{len(corpora)} variety is declared: two are the least that can be told apart.")
    if few:
        return Varieties(
            empty,
            f"Corpora per variety: {', '.join(few)}, where {LEAST_CORPORA} are the least. With one, a classifier would "
            "learn its microphones and rooms, and the number would not be of the variety.",
        )
    rows = []
    for corpus in sorted(people.corpus.unique()):
        test = people[people.corpus == corpus]
        train = people[(people.corpus != corpus) & ~people.speaker.isin(test.speaker)]
        rows.append(_fold(train, test))
    return Varieties(pd.concat(rows, ignore_index=True))


def _people(collected: Sequence[Collected]) -> pd.DataFrame:
    """One row per speaker and corpus with a declared variety: the mean of the window features."""
    held: dict[tuple[str, str, str], list[np.ndarray]] = defaultdict(list)
    for one in collected:
        if UNKNOWN in (one.entry.variety, one.entry.corpus):
            continue
        for speaker in dict.fromkeys(one.speakers.tolist()):
            held[speaker, one.entry.variety, one.entry.corpus].append(one.rows[one.speakers == speaker])
    rows = [(*key, np.vstack(own).mean(axis=0)) for key, own in held.items()]
    return pd.DataFrame(rows, columns=["speaker", "variety", "corpus", "features"])


def _fold(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    answered = test.drop(columns="features")
    if train.variety.nunique() < 2:
        return answered.assign(answer=UNDECIDED, probability=0.0)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000))
    model.fit(np.vstack(train.features), train.variety)
    shares = model.predict_proba(np.vstack(test.features))
    best, sure = model.classes_[shares.argmax(axis=1)], shares.max(axis=1)
    return answered.assign(answer=np.where(sure >= LEAST_PROBABILITY, best, UNDECIDED), probability=sure)
