"""How good a diarization is, by pyannote.metrics: the field's own measures, with the protocol beside the numbers.

Diarization error rate (DER) is missed speech, false alarm and confusion over the seconds of reference speech; a second
in which two speak counts twice. The collar is the margin around each reference boundary that is not scored, on either
side (NIST's 0.25 s; pyannote.metrics itself counts both sides).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from horuslib.core.errors import UserError, install
from horuslib.speech.rttm import read_rttm
from horuslib.speech.turns import Turn, speakers_of

COLLARS_S = (0.0, 0.25)
_PARTS = {"missed detection": "miss", "false alarm": "false_alarm", "confusion": "confusion"}


@dataclass(frozen=True)
class Score:
    """Attributes
    ----------
    recordings : one row per recording and collar: name, collar_s, reference_s, der, miss, false_alarm, confusion
        (shares of reference_s), speakers, found (their numbers).
    total : one row per collar: the same over all recordings, weighted by reference_s, and the shares of recordings
        whose number of speakers is exact and within one.
    """

    recordings: pd.DataFrame
    total: pd.DataFrame


def score(reference: Mapping[str, Sequence[Turn]], found: Mapping[str, Sequence[Turn]]) -> Score:
    """Score turns against the reference, recording by recording.

    Raises
    ------
    UserError
        When a recording has no reference or was not diarized, or pyannote.metrics is not installed.
    """
    if find_spec("pyannote.metrics" if find_spec("pyannote") else "pyannote") is None:
        raise UserError(f"Scoring needs the package pyannote.metrics: {install('speakers')}.")
    unknown, absent = sorted(set(found) - set(reference)), sorted(set(reference) - set(found))
    if unknown or absent:
        what = (
            f"has no reference for {_listed(unknown)}" if unknown else f"holds {_listed(absent)}, which is not scored"
        )
        raise UserError(f"The reference {what}: both sides should name the same recordings.")
    rows = [
        {"name": name, **_one(reference[name], found[name], collar_s)} for name in reference for collar_s in COLLARS_S
    ]
    recordings = pd.DataFrame(rows)
    return Score(recordings, _total(recordings))


def score_paths(reference: Path, found: Path) -> Score:
    """Score RTTM files, or folders of them, as `score`; two files of one recording each are compared whatever its name.

    Raises
    ------
    UserError
        As `score` and `read_rttm` do, and when a path does not exist or holds no turns.
    """
    truth, hypothesis = read_folder(reference), read_folder(found)
    if len(truth) == len(hypothesis) == 1:
        hypothesis = dict(zip(truth, hypothesis.values(), strict=True))
    return score(truth, hypothesis)


def read_folder(path: Path) -> dict[str, list[Turn]]:
    """The turns of an RTTM file, or of every one in a folder, by recording.

    An empty RTTM file of a folder is a recording in which nobody speaks.

    Raises
    ------
    UserError
        When there are none, a file is no RTTM, or two files hold turns of one recording.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"There is no file or folder {path}: give an RTTM file, or a folder of them.")
    files = sorted(path.rglob("*.rttm")) if path.is_dir() else [path]
    turns: dict[str, list[Turn]] = {}
    where: dict[str, Path] = {}
    for file in files:
        read = read_rttm(file)
        for name, own in (read or ({file.stem: []} if path.is_dir() else {})).items():
            if name in turns:
                raise UserError(f"{where[name]} and {file} both hold turns of {name}: score their folders apart.")
            turns[name], where[name] = own, file
    if not turns:
        raise UserError(f"{path} holds no turns: give an RTTM file, or a folder of them.")
    return turns


def as_text(scored: Score) -> str:
    """The tables as text, each with its protocol."""
    lines = []
    for collar_s in COLLARS_S:
        lines.append(protocol(collar_s))
        own = scored.recordings[scored.recordings.collar_s == collar_s]
        total = scored.total[scored.total.collar_s == collar_s].iloc[0]
        rows = pd.concat([own, pd.DataFrame([{"name": "all", **total.to_dict()}])], ignore_index=True)
        shown = pd.DataFrame({"recording": rows.name, "seconds": rows.reference_s.map("{:.1f}".format)})
        for part in ("der", "miss", "false_alarm", "confusion"):
            shown[part.replace("_", " ") + " %"] = (100 * rows[part]).map("{:.1f}".format)
        shown["speakers"] = [f"{a:.0f} of {b:.0f}" for a, b in zip(rows.found, rows.speakers, strict=True)]
        lines += [shown.to_string(index=False), ""]
    total = scored.total.iloc[0]
    lines.append(
        f"Number of speakers: exact in {100 * total.exact:.0f} %, within one in {100 * total.within_one:.0f} % "
        f"of {scored.recordings.name.nunique()} recordings."
    )
    return "\n".join(lines)


def protocol(collar_s: float) -> str:
    """What a DER was measured with."""
    return f"DER (pyannote.metrics): collar {collar_s:g} s on either side, overlapping speech scored, optimal mapping."


def _one(reference: Sequence[Turn], found: Sequence[Turn], collar_s: float) -> dict:
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    end_s = max((turn.end_s for turn in (*reference, *found)), default=0.0)
    everything = Timeline([Segment(0, end_s)])
    measure = DiarizationErrorRate(collar=2 * collar_s, skip_overlap=False)
    parts = measure(_annotation(reference), _annotation(found), uem=everything, detailed=True)
    seconds = parts["total"]
    shares = {name: parts[part] / seconds if seconds else float(parts[part] > 0) for part, name in _PARTS.items()}
    return {
        "collar_s": collar_s,
        "reference_s": seconds,
        "der": sum(shares.values()),
        **shares,
        "speakers": len(speakers_of(reference)),
        "found": len(speakers_of(found)),
    }


def _annotation(turns: Sequence[Turn]):
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for i, turn in enumerate(turns):
        if turn.seconds > 0:
            annotation[Segment(turn.start_s, turn.end_s), i] = turn.speaker
    return annotation


def _total(recordings: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for collar_s, own in recordings.groupby("collar_s"):
        seconds = own.reference_s.sum()
        shares = {
            part: float((own[part] * own.reference_s).sum() / seconds) if seconds else 0.0
            for part in ("der", *_PARTS.values())
        }
        wrong = (own.found - own.speakers).abs()
        counts = {"speakers": own.speakers.sum(), "found": own.found.sum()}
        number = {"exact": (wrong == 0).mean(), "within_one": (wrong <= 1).mean()}
        rows.append({"collar_s": collar_s, "reference_s": seconds, **shares, **counts, **number})
    return pd.DataFrame(rows)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
