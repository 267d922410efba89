"""Findings of the speakers' notebooks in words, computed from what was found."""

from collections.abc import Mapping

import pandas as pd

from horuslib.review.sentences.markdown import bullets, code, counted, escape_markdown
from horuslib.speakers.backends.voices import Backend
from horuslib.speakers.corpus.statistics import VoiceStatistics
from horuslib.speakers.corpus.varieties import UNDECIDED, Varieties
from horuslib.speakers.diarize import Diarization
from horuslib.speakers.enrolment import RECOGNISED
from horuslib.speakers.ladder import CHOSEN


def came(recordings: pd.DataFrame) -> str:
    """How much there is, and what cannot be used."""
    usable = recordings[recordings.usable]
    lost = recordings[~recordings.usable]
    text = (
        f"{counted(len(usable), 'recording')} of {len(recordings)} can be used: "
        f"{usable.duration_s.sum() / 60:.1f} minutes, "
        f"{usable.speech_s.sum() / 60:.1f} of them speech. {counted(int(usable.speakers.notna().sum()), 'recording')} "
        f"with known speakers."
    )
    said = bullets(f"{row.recording}: {row.message}" for row in lost.itertuples())
    return f"{text}\n\n{said}" if len(lost) else text


def leakage(pairs: pd.DataFrame, people: pd.DataFrame) -> str:
    """Which recordings are not independent."""
    content = (
        f"{counted(len(pairs), 'pair')} of recordings share sound." if len(pairs) else "No two recordings share sound."
    )
    if not len(people):
        return f"{content} No named person speaks in more than one recording."
    names = ", ".join(escape_markdown(name) for name in people.person.head(6))
    return (
        f"{content} {counted(len(people), 'person', 'people')} in more than one recording ({names}): what is "
        "learned of one of these recordings is never evaluated on another."
    )


def variances(statistics: VoiceStatistics) -> str:
    """Variance within and between speakers, and whether there is enough to use them."""
    within, between = statistics.shares
    text = (
        f"Of the variance of window features, {within:.2f} lies within speakers and {between:.2f} between them, "
        f"by {statistics.provenance['speakers']} speakers and "
        f"{statistics.provenance['minutes']:.1f} minutes. {counted(len(statistics.typical), 'typical voice')}."
    )
    return f"{text} {escape_markdown(statistics.lacks)}".strip()


def worth(table: pd.DataFrame) -> str:
    """What each use of statistics changes."""
    changes = table.set_index("use").change
    parts = [f"{escape_markdown(use)} {100 * change:+.1f}" for use, change in changes.items() if use != "none"]
    best = changes.idxmin()
    end = f"The best is {escape_markdown(best)}." if best != "none" else "None of them helps here."
    return f"Change of the error rate against no statistics, in points: {'; '.join(parts)}. {end}"


def climbed(table: pd.DataFrame) -> str:
    """What the ladder shows."""
    if "der" not in table or table.der.isna().all():
        return "No recording has turns beside it (NAME.rttm): nothing can be scored."
    rates = table.set_index("rung").der
    first, chosen = rates.iloc[0], rates[CHOSEN]
    row = table.set_index("rung").loc[CHOSEN]
    return (
        f"DER falls from {100 * first:.1f} % on the first rung to {100 * chosen:.1f} % as the task says, of which "
        f"{100 * row.miss:.1f} is missed, {100 * row.false_alarm:.1f} false alarm and "
        f"{100 * row.confusion:.1f} confusion. "
        f"The number of speakers is exact in {100 * row.exact:.0f} % of the recordings, and within one in "
        f"{100 * row.within_one:.0f} %. With the number known, DER is {100 * rates.iloc[-1]:.1f} %."
    )


def embeddings(networks: Mapping[str, str]) -> str:
    """Which backends that are networks stand on the ladder, or the lines that install them.

    Parameters
    ----------
    networks : as `backends.registry.networks` gives them.
    """
    absent = {name: command for name, command in networks.items() if command}
    if len(absent) < len(networks) or not absent:
        return f"Embeddings by {' and '.join(name for name in networks if name not in absent)} stand on the ladder."
    lines = ", ".join(absent.values())
    return f"No network of voices is installed, so that the ladder has no embedding: {lines} adds one."


def varieties(found: Varieties) -> str:
    """What the classifier of varieties shows, or why it shows nothing."""
    if found.refusal:
        return f"No number: {escape_markdown(found.refusal)}"
    undecided = int((found.answers.answer == UNDECIDED).sum())
    accuracy = "none is given" if found.accuracy is None else f"{100 * found.accuracy:.0f} % of those given are right"
    return (
        f"Of {counted(len(found.answers), 'speaker')}, {undecided} are *{UNDECIDED}*; of the answers, {accuracy}. "
        "Neither a speaker nor a corpus was on both sides."
    )


def timeline_alt(name: str, found: Diarization) -> str:
    """Alternative text of a timeline."""
    return f"{name}: {counted(len(found.speakers), 'speaker')} in {counted(len(found.turns), 'turn')}."


def shown_first(total: int, most: int) -> int:
    """How many of `total` recordings are shown: `most`, or all where at most half as many again would be left out."""
    return total if total <= most + most // 2 else most


def others(total: int, most: int, parameter: str) -> str:
    """What is left out of a page that shows `shown_first`, and how to see it; empty where nothing is.

    Parameters
    ----------
    parameter : of the notebook, which says how many are shown.
    """
    left = total - shown_first(total, most)
    if not left:
        return ""
    return (
        f"{counted(left, 'other recording')} of {total} not shown: `make review TASK=speakers` opens all of them, and "
        f"a larger `{parameter}` in the notebook shows them here."
    )


def corrected(applied: int, problems: list[str]) -> str:
    """What became of the ledger of corrections."""
    if not applied and not problems:
        return "No corrections are in force. `horus speakers correct` records one."
    text = f"{counted(applied, 'correction')} in force."
    return f"{text}\n\n{bullets(problems)}" if problems else text


def recognised(found: Mapping[str, Diarization], backend: Backend) -> str:
    """Who was named in one recording and recognised in others, and how surely."""
    if backend.same is None:
        return f"The backend {code(backend.name)} cannot compare voices of two recordings: nobody is looked for."
    said = [f"{name}: {note}" for name, one in found.items() for note in one.notes if RECOGNISED in note]
    if not said:
        return "Nobody who was named in one recording was recognised in another."
    return bullets(said)
