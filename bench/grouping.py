"""How well recordings that share sound are found, how fast, and in how much memory.

Truth: two videos share a sound when truth.json names a common source, or a common noise recording in `how`. Whether
they have at least four audible seconds of it in common, truth.json does not say: `bench.reference` decides, a slow
method of its own. Precision is the share of joined pairs that share a sound; recall is the share of the pairs with four
audible seconds that were joined. The alternative, cross-correlation of log-mel spectrograms, gets the threshold that
suits it best here, which flatters it.
"""

import json
import re
import time
import tracemalloc
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
from scipy import fft

from bench.reference import RATE_HZ, audible_in_common_s
from bench.report import Skip
from horuslib.audio.media import NoAudioStream, read_audio
from horuslib.core.paths import PROJECT, Paths
from horuslib.datasets.groups import MIN_COMMON_S, group_recordings

TITLE = "recordings that share sound"
CORPORA = {"realset/train": PROJECT.parent / "shared" / "realset" / "train", "demo": Paths().demo}
REPEATS = 3
MANY = 150
Pair = tuple[str, str]


def run() -> tuple[pd.DataFrame, dict]:
    """Measure on every corpus that is here, and the time for many recordings of noise."""
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
    return pd.DataFrame(rows), details


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
    return {
        "joined": len(joined),
        "precision": round(len(joined & sharing) / max(len(joined), 1), 3),
        "recall": round(len(joined & audible) / max(len(audible), 1), 3),
    }


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
