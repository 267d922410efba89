"""Whether a person is in a picture: the first stage of MediaPipe's pose detector, run by LiteRT.

The detector is the first stage of BlazePose (Bazarevsky et al., 2020): 2254 anchors on a square of 224 pixels, each
with a score. Only the best score is used. The model lies in the wheel of `mediapipe`, which is not imported.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from horuslib.spectral.embedding.installed import installed_file

_PACKAGE, _FILE = "mediapipe", "modules/pose_detection/pose_detection.tflite"
_SIDE, _ANCHORS = 224, 2254
_MOST = 8.0


class PersonDetector:
    """Scores of a person being in a picture.

    Parameters
    ----------
    path : of `pose_detection.tflite`.
    """

    def __init__(self, path: Path, threads: int = 1):
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=threads)
        self._interpreter.allocate_tensors()
        (self._entry,) = self._interpreter.get_input_details()
        self._result = next(d for d in self._interpreter.get_output_details() if tuple(d["shape"][1:]) == (_ANCHORS, 1))

    def __call__(self, pictures: list[np.ndarray]) -> np.ndarray:
        """(n,) float32 logits, above 0 where a person is more likely than not.

        Parameters
        ----------
        pictures : (height, width, 3) uint8 of any size; each is fitted into a square.
        """
        found = []
        for picture in pictures:
            self._interpreter.set_tensor(self._entry["index"], _square(picture)[None])
            self._interpreter.invoke()
            found.append(float(self._interpreter.get_tensor(self._result["index"]).max()))
        return np.clip(np.array(found, np.float32), -_MOST, _MOST)


def find_pose_model() -> Path | None:
    """The detector inside the installed wheel; None where it is not installed."""
    return installed_file(_PACKAGE, _FILE)


def _square(picture: np.ndarray) -> np.ndarray:
    """(224, 224, 3) float32, -1 to 1, the picture in the middle of black."""
    height, width = picture.shape[:2]
    factor = _SIDE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    out = np.zeros((_SIDE, _SIDE, 3), np.float32)
    top, left = (_SIDE - size[1]) // 2, (_SIDE - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out / 127.5 - 1
