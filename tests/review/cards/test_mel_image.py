import numpy as np

from horuslib.review.cards.mel_image import hz_ticks, mel_db
from tests.conftest import noise, tone


def test_the_spectrogram_equals_librosas(rng):
    import librosa

    for x in (noise(rng, 2), tone(1.3), np.zeros(8000, np.float32)):
        power = librosa.feature.melspectrogram(y=x, sr=16000, n_fft=2048, hop_length=250, n_mels=96, fmax=8000)
        expected = librosa.power_to_db(power, ref=1.0, top_db=80.0)
        np.testing.assert_allclose(mel_db(x, 16000, 96, 250, 8000), expected, atol=0.01)
    ticks, places = hz_ticks(8000)
    np.testing.assert_allclose(places, librosa.hz_to_mel(ticks) / librosa.hz_to_mel(8000), atol=1e-9)
