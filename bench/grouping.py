"""How well recordings that share sound are found, how fast, and in how much memory.

    python -m bench grouping
    python -m bench.grouping --hours 100

Truth of the real and the demo corpus: two videos share a sound when truth.json names a common source, or a common noise
recording in `how`. Whether they have at least four audible seconds of it in common, truth.json does not say:
`bench.reference` decides, a slow method of its own. Precision is the share of joined pairs that share a sound; recall
is the share of the pairs with four audible seconds that were joined; in the long corpora, where excerpts are put in by
the clock, with six seconds of an excerpt. What splits rest on is the share of these pairs that end up in one group,
joined directly or through others. The alternative, cross-correlation of log-mel spectrograms, gets the threshold that
suits it best here, which flatters it.

Generated recordings are true by construction. In the treated corpus, every programme stands in several treatments, and
comparing everything with everything is the alternative. In the long ones, programmes are played at different speeds and
backwards, which leaves no waveform in common, and some minutes of one recording are put, treated, into the next; what
comparing everything would take is extrapolated from its time for a pair of pieces. The second command makes as many
hours of them as `--hours` says, which needs 0.15 GB of disk an hour.

Memory of the real, demo and treated corpora is the peak on top of the recordings, traced while it is timed
(tracemalloc, which slows it down); that of the long ones is the peak of the whole process.
"""

import argparse
import json
import logging
import re
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations, islice
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import soxr
from scipy import fft
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bench import report
from bench.reference import RATE_HZ, audible_in_common_s
from bench.report import Skip
from horuslib.acoustics.rooms import convolve, echo_response, room_response
from horuslib.audio.encode import round_trip
from horuslib.audio.levels import rms
from horuslib.audio.media import NoAudioStream, read_audio
from horuslib.core.paths import PROJECT, Paths
from horuslib.datasets import groups
from horuslib.datasets.groups import MIN_COMMON_S, group_recordings
from horuslib.synthesis.programme import KINDS, programme

TITLE = "recordings that share sound"
CORPORA = {"realset/train": PROJECT.parent / "shared" / "realset" / "train", "demo": Paths().demo}
REPEATS = 3
MANY = 150
HOURS = 10
PROGRAMMES = 24
EXHAUSTIVE = "everything with everything"
Pair = tuple[str, str]
Treatment = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def _noise(level_db: float) -> Treatment:
    """White noise, in dB over the sound it is added to."""
    return lambda rng, x: x + (rms(x) * 10 ** (level_db / 20) * rng.standard_normal(len(x))).astype(np.float32)


def _codec(name: str, bit_rate: int) -> Treatment:
    return lambda _, x: round_trip(x, RATE_HZ, codec=name, bit_rate=bit_rate)


TREATMENTS: dict[str, Treatment] = {
    "level -32 dB": lambda _, x: x * np.float32(10 ** (-32 / 20)),
    "hiss -12 dB": _noise(-12),
    "noise 0 dB": _noise(0),
    "noise +6 dB": _noise(6),
    "echo": lambda _, x: convolve(x, echo_response(RATE_HZ, delay_s=0.37, gain_db=-3, repeats=3)),
    "hall": lambda rng, x: convolve(x, room_response(rng, RATE_HZ, rt60_s=2.0, direct_to_reverberant_db=-3.0)),
    "cathedral": lambda rng, x: convolve(x, room_response(rng, RATE_HZ, rt60_s=4.0, direct_to_reverberant_db=-6.0)),
    "AAC": _codec("aac", 32000),
    "MP3": _codec("mp3", 32000),
    "Opus": _codec("opus", 24000),
}
BEDS_DB = (-6, -12, -18)
EXCERPT_S, EXCERPTS = 60, 4
LONG_RATE_HZ = 8000
STRETCH_S = 120
SPEEDS = 1.03 ** np.arange(-12, 12)


def run() -> tuple[pd.DataFrame, dict]:
    """Measure on every corpus that is here, on treated programmes, and on HOURS of recordings."""
    rows, details = [], {"absent": [name for name, folder in CORPORA.items() if not (folder / "truth.json").is_file()]}
    present = {name: folder for name, folder in CORPORA.items() if name not in details["absent"]}
    if not present:
        raise Skip(f"neither {' nor '.join(str(folder) for folder in CORPORA.values())} has a truth.json")
    for name, folder in present.items():
        corpus_rows, details[name] = _measure_corpus(name, folder)
        rows += corpus_rows
    rng = np.random.default_rng(0)
    many = {f"{k:04d}": rng.standard_normal(24 * 8000).astype(np.float32) for k in range(MANY)}
    rows.append(
        {"corpus": f"noise, {MANY} x 24 s", "method": "horuslib", **_cost(lambda: group_recordings(many, 8000), 1)}
    )
    treated_rows, details["treated"] = _measure_treated()
    return pd.DataFrame(rows + treated_rows + _measure_long(HOURS)), details


def _measure_treated() -> tuple[list[dict], dict]:
    """Landmarks against everything with everything, on programmes in several treatments and as beds of others."""
    audio, layers = _treated(np.random.default_rng(1))
    sharing = {p for p in combinations(sorted(audio), 2) if layers[p[0]].keys() & layers[p[1]].keys()}
    rows, found, recall = [], {}, {}
    for method, limit in ((EXHAUSTIVE, 10**6), ("landmarks", 0)):
        cost = _cost(lambda limit=limit: found.update({limit: _pairs_with_limit(audio, limit)}), 1)
        joined = found[limit]
        rows.append({"corpus": "treated programmes", "method": method, **_quality(joined, sharing, sharing), **cost})
        table = pd.DataFrame([(_treatment(layers[a], layers[b]), (a, b) in joined) for a, b in sorted(sharing)])
        recall[method] = table.groupby(0)[1].mean().round(3).to_dict()
    every, likely = found.values()
    agreement = {"both": len(every & likely), f"{EXHAUSTIVE} alone": len(every - likely), "new": len(likely - every)}
    return rows, {"recordings": len(audio), "pairs": agreement, "recall": recall}


def _treated(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], dict[str, dict[int, str]]]:
    """Recordings of half a minute, and what each holds: number of a programme -> its treatment."""
    kinds = list(KINDS)
    programmes = [programme(rng, 30, RATE_HZ, kinds[k % len(kinds)]).samples for k in range(PROGRAMMES)]
    made = []
    for k, x in enumerate(programmes):
        made += [(x, {k: "original"})] + [(treat(rng, x), {k: name}) for name, treat in TREATMENTS.items()]
        for below_db in BEDS_DB if k % 3 == 0 else ():
            for over in ((k + 1) % PROGRAMMES, (k + 2) % PROGRAMMES):
                bed = x * np.float32(rms(programmes[over]) / rms(x) * 10 ** (below_db / 20))
                made.append(
                    (programmes[over] + bed, {k: f"bed at {below_db} dB", over: f"over a bed at {below_db} dB"})
                )
    names = [f"{n:04d}" for n in range(len(made))]
    audio = {n: x[int(rng.integers(2 * RATE_HZ)) :].astype(np.float32) for n, (x, _) in zip(names, made, strict=True)}
    return audio, {n: layers for n, (_, layers) in zip(names, made, strict=True)}


def _treatment(a: dict[int, str], b: dict[int, str]) -> str:
    """What was done to the sound that two recordings share: to one of them, or to both."""
    treatments = sorted({a[k] for k in a.keys() & b.keys()} | {b[k] for k in a.keys() & b.keys()})
    if "original" in treatments:
        return " and ".join(t for t in treatments if t != "original")
    return f"{treatments[0]}, both" if len(treatments) == 1 and "bed" in treatments[0] else "two treatments"


def _pairs_with_limit(audio: dict[str, np.ndarray], limit: int, sample_rate_hz: int = RATE_HZ) -> set[Pair]:
    before, groups.EXHAUSTIVE_PIECES = groups.EXHAUSTIVE_PIECES, limit
    try:
        _, pairs = group_recordings(audio, sample_rate_hz)
    finally:
        groups.EXHAUSTIVE_PIECES = before
    return set(zip(pairs["a"], pairs["b"], strict=True))


def _measure_long(hours: float) -> list[dict]:
    """Recordings of an hour, and the same cut to half a minute, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        _write_long(Path(folder), hours)
        return [row for seconds in (3600, 30) for row in _measure_cut(Path(folder), hours, seconds)]


def _measure_cut(folder: Path, hours: float, seconds: int) -> list[dict]:
    command = [sys.executable, "-m", "bench.grouping", "--folder", str(folder), "--seconds", str(seconds)]
    result = json.loads(subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.PIPE).stdout)
    audible, sharing = ({tuple(p) for p in result[key]} for key in ("audible", "sharing"))
    joined = {tuple(p) for p in result["joined"]}
    corpus = f"{hours:g} h in {result['recordings']} x {seconds} s"
    quality = _quality(joined, sharing, audible)
    every = {"corpus": corpus, "method": f"{EXHAUSTIVE}, extrapolated", "seconds": result["exhaustive_seconds"]}
    return [{"corpus": corpus, "method": "landmarks", **quality, **result["cost"]}, every]


def _write_long(folder: Path, hours: float) -> None:
    """Hours of sound, one file an hour, and truth.json: excerpts that two of them share.

    A few programmes are enough: at speeds 3% apart, forwards and backwards, they have no waveform in common.
    """
    rng = np.random.default_rng(2)
    stretches, truth, previous = _stretches(rng, hours), [], None
    for number in range(round(hours)):
        hour = np.concatenate(list(islice(stretches, 3600 // STRETCH_S)))
        for k in range(EXCERPTS if previous is not None else 0):
            # What is taken from a recording is its own: the first half of each quarter. The second half is replaced.
            begin, start = (round(900 * k + rng.uniform(low, low + 380)) for low in (0, 450))
            excerpt = soxr.resample(previous[begin * LONG_RATE_HZ :][: EXCERPT_S * LONG_RATE_HZ], LONG_RATE_HZ, RATE_HZ)
            name = list(TREATMENTS)[(EXCERPTS * number + k) % len(TREATMENTS)]
            treated = soxr.resample(TREATMENTS[name](rng, excerpt)[: len(excerpt)], RATE_HZ, LONG_RATE_HZ)
            hour[start * LONG_RATE_HZ :][: len(treated)] = treated
            truth.append({"a": number - 1, "a_s": begin, "b": number, "b_s": start, "treatment": name})
        np.save(folder / f"{number:04d}.npy", hour)
        previous = hour
    (folder / "truth.json").write_text(json.dumps(truth), "utf-8")


def _stretches(rng: np.random.Generator, hours: float) -> Iterator[np.ndarray]:
    """Stretches of STRETCH_S without a waveform in common, as many as make up some hours."""
    count = -(-round(hours) * 3600 // STRETCH_S // (2 * len(SPEEDS)))
    with ProcessPoolExecutor() as pool:
        bases = list(pool.map(_base, rng.spawn(count)))
    for k in rng.permutation(2 * len(SPEEDS) * count):
        base, speed, backwards = bases[k % count], SPEEDS[k // count // 2], k // count % 2
        stretch = soxr.resample(base, RATE_HZ * speed, LONG_RATE_HZ)[: STRETCH_S * LONG_RATE_HZ]
        yield stretch[::-1] if backwards else stretch


def _base(rng: np.random.Generator) -> np.ndarray:
    return programme(rng, STRETCH_S * SPEEDS[-1] + 1, RATE_HZ).samples


class _Cuts(Mapping):
    """Recordings in a folder, cut to some seconds; each is read when it is asked for, and copied."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self._length = seconds * LONG_RATE_HZ
        self._places = {
            f"{path.stem}-{n:03d}": (path, n * self._length)
            for path in sorted(folder.glob("*.npy"))
            for n in range(len(np.load(path, mmap_mode="r")) // self._length)
        }

    def __getitem__(self, name: str) -> np.ndarray:
        path, start = self._places[name]
        return np.array(np.load(path, mmap_mode="r")[start : start + self._length])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _group_long(folder: Path, seconds: int) -> dict:
    """Group the recordings of a folder, cut to some seconds; what was joined, what should be, and what it took."""
    audio = _Cuts(folder, seconds)
    common: dict[Pair, float] = {}
    for excerpt in json.loads((folder / "truth.json").read_text("utf-8")):
        for t in range(EXCERPT_S):
            a, b = (f"{excerpt[x]:04d}-{(excerpt[x + '_s'] + t) // seconds:03d}" for x in "ab")
            common[a, b] = common.get((a, b), 0) + 1
    began, cpu_began = time.perf_counter(), time.process_time()
    _, pairs = group_recordings(audio, LONG_RATE_HZ)
    cost = {
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu_began, 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "repeats": 1,
    }
    return {
        "recordings": len(audio),
        "cost": cost,
        "joined": list(zip(pairs["a"], pairs["b"], strict=True)),
        "audible": [p for p, common_s in common.items() if common_s >= 6],
        "sharing": list(common),
        "exhaustive_seconds": round(_exhaustive_seconds(_Cuts(folder, 240))),
    }


def _exhaustive_seconds(audio: Mapping[str, np.ndarray]) -> float:
    """What comparing everything with everything would take, from the time for half an hour of it."""
    few = {name: audio[name] for name in islice(audio, 8)}
    began = time.perf_counter()
    _pairs_with_limit(few, 10**6, LONG_RATE_HZ)
    return (time.perf_counter() - began) / len(few) ** 2 * len(audio) ** 2


def _measure_corpus(name: str, folder: Path) -> tuple[list[dict], dict]:
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    audio = _read(folder, truth)
    sharing = {p for p in combinations(sorted(audio), 2) if _sounds(truth[p[0]]) & _sounds(truth[p[1]])}
    programme = {video: _without_faults(audio[video], truth[video]) for video in audio}
    audible = {p for p in sharing if audible_in_common_s(programme[p[0]], programme[p[1]]) >= MIN_COMMON_S}

    _, found = group_recordings(audio, RATE_HZ)
    joined = set(zip(found["a"], found["b"], strict=True))
    similarity = log_mel_similarity(audio)
    rivals = [
        {p for p in similarity if similarity[p] >= threshold} for threshold in np.unique(list(similarity.values()))
    ]
    rival = max(rivals, key=lambda r: _f1(r, sharing, audible))
    rows = [
        {"corpus": name, "method": "horuslib", **_quality(joined, sharing, audible)}
        | _cost(lambda: group_recordings(audio, RATE_HZ), REPEATS),
        {"corpus": name, "method": "log-mel cross-correlation", **_quality(rival, sharing, audible)}
        | _cost(lambda: log_mel_similarity(audio), REPEATS),
    ]
    details = {
        "videos": len(audio),
        "sound_s": round(sum(len(x) for x in audio.values()) / RATE_HZ),
        "pairs_sharing_a_sound": len(sharing),
        "pairs_with_four_audible_seconds": len(audible),
        "missed": sorted(audible - joined),
        "joined_without_a_common_sound_in_truth": [
            {"a": a, "b": b, "audible_in_common_s": audible_in_common_s(programme[a], programme[b])}
            for a, b in sorted(joined - sharing)
        ],
    }
    return rows, details


def _read(folder: Path, truth: dict) -> dict[str, np.ndarray]:
    audio = {}
    for video in truth:
        try:
            audio[video] = read_audio(folder / video, RATE_HZ).samples
        except NoAudioStream:
            print(f"left out: {video} has no audio stream")
    return audio


def _sounds(entry: dict) -> set[str]:
    """The recordings that went into a video: its sources, and noise recordings named by file in `how`."""
    noises = (re.match(r"\S+\.(mp3|wav|ogg|flac)\b", fault["how"]) for fault in entry["faults"])
    return {*entry["sources"], *(noise.group() for noise in noises if noise)}


def _without_faults(samples: np.ndarray, entry: dict) -> np.ndarray:
    """Zero where the truth says that the programme is muted or replaced by the tone."""
    samples = samples.copy()
    for fault in entry["faults"]:
        if fault["label"] in ("ausencia_audio", "sinal_teste"):
            samples[int(fault["start"] * RATE_HZ) : int(np.ceil(fault["end"] * RATE_HZ))] = 0
    return samples


def log_mel_similarity(audio: dict[str, np.ndarray]) -> dict[Pair, float]:
    """The plain way: highest normalised cross-correlation of standardised log-mel spectrograms over all lags."""
    spectra, norms = {}, {}
    longest = max(len(x) for x in audio.values())
    length = fft.next_fast_len(2 * (longest // 512 + 1), real=True)
    for video, samples in audio.items():
        mel = librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr=RATE_HZ, n_mels=64))
        mel = mel - mel.mean(1, keepdims=True)
        spectra[video], norms[video] = fft.rfft(mel, length), np.sqrt((mel**2).sum()) + 1e-9
    similarity = {}
    for a, b in combinations(sorted(audio), 2):
        correlation = fft.irfft((np.conj(spectra[a]) * spectra[b]).sum(0), length)
        similarity[a, b] = float(correlation.max() / (norms[a] * norms[b]))
    return similarity


def _quality(joined: set[Pair], sharing: set[Pair], audible: set[Pair]) -> dict:
    group = _groups(joined | {(x, x) for pair in audible for x in pair})
    return {
        "joined": len(joined),
        "precision": round(len(joined & sharing) / max(len(joined), 1), 3),
        "recall": round(len(joined & audible) / max(len(audible), 1), 3),
        "in one group": round(sum(group[a] == group[b] for a, b in audible) / max(len(audible), 1), 3),
    }


def _groups(joined: set[Pair]) -> dict[str, int]:
    """What joined pairs connect: recording -> number of its group."""
    names = sorted({name for pair in joined for name in pair})
    place = {name: k for k, name in enumerate(names)}
    edges = np.array([(place[a], place[b]) for a, b in joined], int).reshape(-1, 2).T
    links = coo_array((np.ones(edges.shape[1]), (edges[0], edges[1])), shape=(len(names), len(names)))
    return dict(zip(names, connected_components(links, directed=False)[1].tolist(), strict=True))


def _f1(joined: set[Pair], sharing: set[Pair], audible: set[Pair]) -> float:
    quality = _quality(joined, sharing, audible)
    return 2 * quality["precision"] * quality["recall"] / max(quality["precision"] + quality["recall"], 1e-9)


def _cost(work: Callable[[], object], repeats: int) -> dict:
    """Median wall-clock seconds, and the most memory allocated on top of the recordings themselves."""
    seconds = []
    tracemalloc.start()
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"seconds": round(float(np.median(seconds)), 1), "repeats": repeats, "memory_mb": round(peak / 1e6)}


def main() -> None:
    """Measure on more hours than `run` does; `--folder` is how it measures in a process of its own."""
    parser = argparse.ArgumentParser(description=TITLE)
    parser.add_argument("--hours", type=float, default=100)
    parser.add_argument("--folder", type=Path, help="recordings that are there already")
    parser.add_argument("--seconds", type=int, default=3600, help="what the recordings of the folder are cut to")
    options = parser.parse_args()
    if options.folder:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
        print(json.dumps(_group_long(options.folder, options.seconds)))
    else:
        print(report.write("grouping_long", pd.DataFrame(_measure_long(options.hours)), {}, "bench.grouping"))


if __name__ == "__main__":
    main()
