"""Heimdall's loop, unchanged, as a program: `python -m bench._plain TASK MODEL VIDEO SEGMENTS`.

FFmpeg decodes the whole video; then, segment by segment, the level, librosa's mel spectrogram and one `model.predict`,
for the first SEGMENTS of them. Prints the wall-clock and processor seconds per segment.
"""

import json
import subprocess
import sys
import time

import keras
import librosa
import numpy as np
from PIL import Image

from horuslib.tasks import load_task


def main(task_name: str, model_path: str, video: str, segments: str) -> None:
    front = load_task(task_name).front_end
    rate, size, hop = front.sample_rate_hz, front.segment_samples, front.hop_samples
    command = ["ffmpeg", "-v", "error", "-i", video, "-vn", "-ac", "1", "-ar", str(rate), "-f", "f32le", "-"]
    sound = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32)
    model = keras.saving.load_model(model_path, compile=False)
    _classify(model, sound[:size], rate)  # the first call builds the graph
    began_s, began_core_s, n = time.perf_counter(), time.process_time(), int(segments)
    for number in range(n):
        _classify(model, sound[number * hop :][:size], rate)
    print(json.dumps([(time.perf_counter() - began_s) / n, (time.process_time() - began_core_s) / n]))


def _classify(model, segment: np.ndarray, rate: int) -> int:
    rms, peak = np.sqrt(np.mean(segment**2)), np.max(np.abs(segment))
    if rms < 0.008 and peak < 0.15:
        return 0
    mel = librosa.feature.melspectrogram(y=segment, sr=rate, n_mels=128, n_fft=2048, hop_length=512, fmax=8000)
    scaled = (np.clip(librosa.power_to_db(mel, ref=1.0), -80, 80) + 80) / 160
    image = np.asarray(Image.fromarray(scaled.astype(np.float32)).resize((128, 128), Image.BILINEAR))
    return int(model.predict(image[None, ..., None], verbose=0).argmax())


if __name__ == "__main__":
    main(*sys.argv[1:])
