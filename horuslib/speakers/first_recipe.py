"""The recipe that everything else is compared with: energy, means of MFCC, k-means, and the k of the best silhouette.

A second is speech where more than half of its frames have more than half of the mean energy. It is described by the
means of 20 MFCC, scaled by StandardScaler, and there are two to six speakers: a single one is no possible answer.
"""

from pathlib import Path

import numpy as np

from horuslib.speakers.front_end import sound
from horuslib.speech.turns import Turn

_HOP, _FRAME, _COEFFICIENTS = 512, 2048, 20
_MOST = 6


def first_recipe(path: Path) -> list[Turn]:
    """The turns of a recording, a second each.

    Raises
    ------
    UserError
        When the sound cannot be decoded.
    """
    import librosa
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    x = np.concatenate(list(sound.stream(path)))
    energy = librosa.feature.rms(y=x, frame_length=_FRAME, hop_length=_HOP)[0]
    speech = energy > np.mean(energy) * 0.5
    frames = librosa.feature.mfcc(y=x, sr=sound.RATE_HZ, n_mfcc=_COEFFICIENTS, hop_length=_HOP)
    step = round(sound.RATE_HZ / _HOP)
    starts = [i for i in range(0, len(speech) - step + 1, step) if speech[i : i + step].mean() > 0.5]
    if len(starts) < 3:
        return [Turn(0.0, len(x) / sound.RATE_HZ, "0")]
    rows = StandardScaler().fit_transform([frames[:, i : i + step].mean(axis=1) for i in starts])
    fits = [KMeans(k, n_init=4, random_state=0).fit_predict(rows) for k in range(2, min(_MOST + 1, len(rows)))]
    labels = max(fits, key=lambda labels: silhouette_score(rows, labels))
    begins = [i * _HOP / sound.RATE_HZ for i in starts]
    second = step * _HOP / sound.RATE_HZ
    return [Turn(start_s, start_s + second, str(k)) for start_s, k in zip(begins, labels, strict=True)]
