"""The mean voices of recordings in which it is known who speaks: what people are enrolled by."""

import numpy as np

from horuslib.core.artifacts import sha256_file
from horuslib.speakers.backends.voices import Backend
from horuslib.speakers.clusters.comparison import centroids
from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.corpus.collect import alone
from horuslib.speakers.corrections import Correction, corrected
from horuslib.speakers.diarize import Diarization, Settings, diarize
from horuslib.speakers.front_end.side import analyse
from horuslib.speakers.front_end.windows import make_windows
from horuslib.speech.turns import Turn, speakers_of


def known_voices(
    entry: Entry, backend: Backend, settings: Settings, corrections: dict[str, list[Correction]]
) -> Diarization:
    """The voices of a recording under their names.

    Who speaks is known by the turns beside it, by what `speakers.csv` declares, or by names that a person gave to
    speakers of its diarization; who has no name keeps a number.

    Parameters
    ----------
    corrections : by recording's SHA-256, as `corrections.standing` gives them.

    Raises
    ------
    UserError
        When the sound cannot be decoded, or nobody speaks.
    """
    if not entry.speakers:
        own = corrections.get(sha256_file(entry.path), [])
        return corrected(diarize(entry.path, settings, backend, entry.name), own)[0]
    side = analyse(entry.path, None, settings.detector, entry.name)
    windows = make_windows(side.regions)
    vectors = backend.describe(side, windows).vectors
    who = np.array([alone(entry.known_turns(side.duration_s), a, b) for a, b in windows.tiles], object)
    tiles = [Turn(a, b, name) for (a, b), name in zip(windows.tiles.tolist(), who, strict=True) if name]
    names = speakers_of(tiles)
    labels = np.array([names.index(turn.speaker) for turn in tiles], int)
    means = dict(zip(names, centroids(vectors[who != ""], labels), strict=True))
    return Diarization(entry.name, tiles, side.duration_s, side.speech_s, means)
