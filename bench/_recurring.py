"""People who speak in several recordings: enrolled from one, are they named in another, and nobody else?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from horuslib.core.errors import UserError
from horuslib.speakers.backends.voices import Backend
from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.corpus.known import known_voices
from horuslib.speakers.diarize import Diarization, Settings, diarize
from horuslib.speakers.enrolment import LEAST_S, enrol, name_known
from horuslib.speech.turns import Turn, seconds_by_speaker


def recurring(backend: Backend, truth: Mapping[str, Sequence[Turn]], folder: Path) -> dict[str, int]:
    """Speakers of LEAST_S or more by what became of them.

    Each person is enrolled from the first other recording. NAME.json says who the speakers of a recording are.
    """
    people = {name: json.loads((folder / f"{name}.json").read_text("utf-8"))["speakers"] for name in truth}
    people = {name: {s: f"person {who}" for s, who in own.items()} for name, own in people.items()}
    turns = {name: [replace(t, speaker=people[name][t.speaker]) for t in truth[name]] for name in people}
    settings, known, found = Settings(backend.name), {}, {}
    for name, own in turns.items():
        path = folder / f"{name}.flac"
        try:
            known[name] = known_voices(Entry(path, path.name, own), backend, settings, {})
            found[name] = diarize(path, settings, backend)
        except UserError:
            continue
    counts = dict.fromkeys(("named", "wrong", "left as a number", "strangers named", "strangers"), 0)
    for name, one in found.items():
        enrolment = enrol(_one_each({other: known[other] for other in known if other != name}), backend)
        named = name_known(one, enrolment, backend)
        for before, after in zip(one.speakers, named.speakers, strict=True):
            if seconds_by_speaker(one.turns)[before] >= LEAST_S:
                counts[_became(after, _person(before, one.turns, turns[name]), set(enrolment.people))] += 1
    return counts


def _one_each(known: Mapping[str, Diarization]) -> dict[str, Diarization]:
    """The recordings with each person's voice in the first of them alone."""
    seen: set[str] = set()
    kept = {}
    for name, one in known.items():
        seconds = seconds_by_speaker(one.turns)
        new = {who: v for who, v in one.vectors.items() if who not in seen and seconds.get(who, 0.0) >= LEAST_S}
        kept[name] = replace(one, vectors=new)
        seen |= set(new)
    return kept


def _person(speaker: str, found: Sequence[Turn], truth: Sequence[Turn]) -> str:
    """Who speaks most where this speaker was found."""
    seconds: dict[str, float] = {}
    for turn in found:
        for true in truth if turn.speaker == speaker else ():
            shared = min(turn.end_s, true.end_s) - max(turn.start_s, true.start_s)
            seconds[true.speaker] = seconds.get(true.speaker, 0.0) + max(0.0, shared)
    return max(seconds, key=lambda who: seconds[who], default="")


def _became(name: str, person: str, enrolled: set[str]) -> str:
    if person not in enrolled:
        return "strangers named" if name in enrolled else "strangers"
    return "left as a number" if name not in enrolled else "named" if name == person else "wrong"
