"""Transcription against plain faster-whisper: word error rate, and seconds of sound per second, by way of decoding."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from bench._whisper import model_folder
from bench.report import Skip
from horuslib.audio.media import read_audio
from horuslib.speech.chunks import RATE_HZ
from horuslib.speech.error_rates import total, wer
from horuslib.speech.model import SpeechModel
from horuslib.speech.transcribe import Decoding, transcribe

TITLE = "speech: error rate and throughput of ways of decoding, against plain faster-whisper"
DATA = Path("../shared/speakers")
_TALKS = ("pt_01.flac", "pt_02.flac", "pt_03.flac")
WAYS = (
    ("batch 1", "int8", 2, Decoding(5, 1)),
    ("batch 1, 1 thread (the service)", "int8", 1, Decoding(5, 1)),
    ("batch 2", "int8", 2, Decoding(5, 2)),
    ("batch 4", "int8", 2, Decoding(5, 4)),
    ("batch 8", "int8", 2, Decoding(5, 8)),
    ("beam 1", "int8", 2, Decoding(1, 4)),
    ("1 thread", "int8", 1, Decoding(5, 4)),
    ("float32", "float32", 2, Decoding(5, 4)),
)


def run() -> tuple[pd.DataFrame, dict]:
    """A row per way of decoding; plain faster-whisper is measured right before each, as the machine's load changes."""
    if not DATA.is_dir():
        raise Skip(f"{DATA.resolve()} is absent: there are no sentences with text, and no conversations")
    folder = model_folder()
    sentences = texts()
    talks = [DATA / name for name in _TALKS if (DATA / name).is_file()]
    sound_s = sum(len(read_audio(path, RATE_HZ).samples) for path in talks) / RATE_HZ
    rows = []
    for name, compute, threads, way in WAYS:
        model = SpeechModel.load(folder, "cpu", compute, threads)
        plain_s = _seconds(lambda path, model=model: _plain(path, model), talks)
        own_s = _seconds(lambda path, model=model, way=way: transcribe(path, model, decoding=way).text, talks)
        rate = _rate(sentences, lambda path, model=model, way=way: transcribe(path, model, decoding=way).text)
        plain_rate = _rate(sentences, lambda path, model=model: _plain(path, model)) if name == WAYS[0][0] else None
        rows.append((name, rate, plain_rate, sound_s / own_s, sound_s / plain_s, plain_s / own_s))
        print(rows[-1], flush=True)
    columns = ["way", "WER", "WER plain", "x real time", "x real time plain", "speed over plain"]
    return pd.DataFrame(rows, columns=columns).round(3), {"sentences": len(sentences), "sound_s": sound_s}


def texts() -> dict[Path, str]:
    """Sentences with their reference text: file -> text."""
    with open(next((DATA / "asr").glob("*.csv")), encoding="utf-8") as f:
        return {DATA / "asr" / f"{row['name']}.flac": row["text"] for row in csv.DictReader(f)}


def _plain(path: Path, model: SpeechModel) -> str:
    """As faster-whisper's own example calls it, with the word times that the product gives too."""
    samples = read_audio(path, RATE_HZ).samples
    segments, _ = model.whisper.transcribe(samples, language="pt", beam_size=5, word_timestamps=True)
    return " ".join(segment.text for segment in segments)


def _seconds(call: Callable[[Path], str], paths: list[Path]) -> float:
    began = time.perf_counter()
    for path in paths:
        call(path)
    return time.perf_counter() - began


def _rate(sentences: dict[Path, str], call: Callable[[Path], str]) -> float:
    return float(np.round(total([wer(text, call(path)) for path, text in sentences.items()]).share, 4))
