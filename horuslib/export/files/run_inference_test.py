"""Runs the packaged model on given files and lists its predictions per segment, before any threshold.

    python run_inference_test.py [--csv TABLE.csv] FILE [FILE ...]

Needs tensorflow, librosa and numpy; what libsndfile cannot read (video) needs ffmpeg on the PATH or the package av.
The exit status is 0 when every file was read, 3 when some could not be, 2 when there is no package beside this script
or Python lacks one of these, 70 after a crash.
"""

import argparse
import csv
import os
import sys
import warnings
from pathlib import Path

try:
    import numpy as np
except ModuleNotFoundError as e:
    print(f"The package {e.name} is missing here: pip install tensorflow librosa numpy", file=sys.stderr)
    raise SystemExit(2) from None

COLUMNS = ("file", "timestamp_start", "timestamp_end", "predicted_class", "confidence")
_BATCH = 64


def main(arguments: list[str]) -> int:
    """Print one line per segment; returns the exit status."""
    import validate_audio_model_for_horus as package

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--csv", type=Path, metavar="TABLE.csv", help="write the segments there too")
    given = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        folder = package.package_folder(Path(__file__).parent)
        about = package.read_metadata(folder)
        preprocess, model = package.load_preprocess(folder, about), package.load_model(folder)
    except package.NoPackage as e:
        print(e, file=sys.stderr)
        return 2
    rows, unreadable = [], []
    for name in given.files:
        try:
            samples = read(name, about["sample_rate"])
        except ValueError as e:
            unreadable.append(str(e))
            continue
        predicted = predict(samples, model, preprocess, about)
        print(f"{name}: {len(predicted)} segments of {about['segment_duration_s']:g} s, one every {about['hop_s']:g} s")
        for start_s, end_s, label, confidence in predicted:
            print(f"  {start_s:9.2f} {end_s:9.2f}  {label:15s} {confidence:.3f}")
            rows.append((name, f"{start_s:.3f}", f"{end_s:.3f}", label, f"{confidence:.4f}"))
    for sentence in unreadable:
        print(sentence, file=sys.stderr)
    if given.csv:
        with open(given.csv, "w", newline="", encoding="utf-8") as table:
            csv.writer(table).writerows([COLUMNS, *rows])
    return 3 if unreadable else 0


def read(name: str, rate_hz: int) -> np.ndarray:
    """A file's sound, mono, at `rate_hz`.

    Raises
    ------
    ValueError
        When it cannot be read here or holds no sound.
    """
    if not Path(name).is_file():
        raise ValueError(f"{name}: there is no such file.")
    for decode in (_by_librosa, _by_av):
        try:
            samples = decode(name, rate_hz)
        except Exception:  # each library raises its own errors; the next may be able to read the file
            continue
        if len(samples):
            return samples
    raise ValueError(f"{name}: no sound can be read here; install ffmpeg or the Python package av, or give a WAV file.")


def _by_librosa(name: str, rate_hz: int) -> np.ndarray:
    import librosa

    with warnings.catch_warnings(action="ignore"):  # it warns when it falls back from libsndfile to ffmpeg
        return librosa.load(name, sr=rate_hz, mono=True)[0]


def _by_av(name: str, rate_hz: int) -> np.ndarray:
    import av

    with av.open(name) as media:
        resampler = av.AudioResampler("flt", "mono", rate_hz)
        frames = [out for frame in media.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def predict(samples: np.ndarray, model, preprocess, about: dict) -> list[tuple[float, float, str, float]]:
    """(start_s, end_s, top class, confidence) of every segment."""
    rate, labels = about["sample_rate"], about["labels"]
    spans = segments(len(samples), round(about["segment_duration_s"] * rate), round(about["hop_s"] * rate))
    found = []
    for k in range(0, len(spans), _BATCH):
        some = spans[k : k + _BATCH]
        inputs = np.concatenate([preprocess.audio_segment_to_input(samples[a:b], sr=rate) for a, b in some])
        shares = np.asarray(model(inputs, training=False))
        best = zip(some, shares.argmax(axis=1), shares.max(axis=1), strict=True)
        found += [(a / rate, b / rate, labels[i], float(share)) for (a, b), i, share in best]
    return found


def segments(total: int, size: int, hop: int) -> list[tuple[int, int]]:
    """(first, end) sample of each segment; a remainder gets a last segment that ends with the file."""
    spans = [(a, a + size) for a in range(0, total - size + 1, hop)]
    ended = spans[-1][1] if spans else 0
    if total > ended:
        spans.append((max(0, total - size), total))
    return spans


if __name__ == "__main__":
    from validate_audio_model_for_horus import guarded

    sys.exit(guarded(main, sys.argv[1:]))
