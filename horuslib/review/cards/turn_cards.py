"""Cards to hear turns: the surest and the least sure of every speaker."""

from collections.abc import Mapping
from pathlib import Path

from horuslib.audio.media import read_excerpt
from horuslib.review.cards.sound_card import card, cards
from horuslib.speakers.diarize import Diarization
from horuslib.speakers.front_end.sound import RATE_HZ
from horuslib.speech.turns import Turn

_LONGEST_S, _SHORTEST_S = 5.0, 0.8


def turn_cards(found: Mapping[str, Diarization], files: Mapping[str, Path], recordings: int) -> str:
    """HTML of two cards per speaker, of the first `recordings`: the turn that is surest and the one that is least."""
    shown = []
    for name in list(found)[:recordings]:
        for speaker in found[name].speakers:
            own = [t for t in found[name].turns if t.speaker == speaker and t.seconds >= _SHORTEST_S]
            own.sort(key=lambda turn: turn.confidence if turn.confidence is not None else 1.0)
            for turn, what in [(own[-1], "surest"), (own[0], "least sure")][: len(own)] if own else []:
                shown.append(_card(files[name], name, turn, what))
    return cards(shown)


def _card(path: Path, name: str, turn: Turn, what: str) -> str:
    end_s = min(turn.end_s, turn.start_s + _LONGEST_S)
    sure = "" if turn.confidence is None else f", confidence {turn.confidence:.2f}"
    return card(
        read_excerpt(path, turn.start_s, end_s, RATE_HZ),
        RATE_HZ,
        title=f"{turn.speaker}: {what}{sure}",
        source=name,
        start_s=turn.start_s,
        end_s=end_s,
        with_style=False,
    )
