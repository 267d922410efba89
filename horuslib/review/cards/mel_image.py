"""The spectrogram of a card: mel power in dB, and the frequencies of its axis."""

import numpy as np

from horuslib.audio.mel import to_mel, to_mel_bands

_N_FFT = 2048
_FAINTEST, _DEEPEST_DB = 1e-10, 80.0


def mel_db(samples: np.ndarray, sample_rate_hz: int, n_mels: int = 128, hop_length: int = 512, fmax_hz: float = 8000):
    """Mel power in dB re full scale squared, shape (n_mels, frames), low band first; limited to 80 dB below its peak.

    For display only: the model input is computed by `horuslib.audio.features`.
    """
    samples = np.pad(np.asarray(samples, np.float32), _N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _N_FFT)[::hop_length]
    power = np.abs(np.fft.rfft(frames * np.hanning(_N_FFT + 1)[:-1])) ** 2
    bands = to_mel_bands(power, sample_rate_hz, _N_FFT, n_mels, min(fmax_hz, sample_rate_hz / 2)).T
    level_db = 10 * np.log10(np.maximum(bands, _FAINTEST))
    return np.maximum(level_db, level_db.max() - _DEEPEST_DB)


def hz_ticks(fmax_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Tick frequencies (Hz), and their positions on the mel axis (0 bottom, 1 top)."""
    ticks = np.array([f for f in (250, 500, 1000, 2000, 4000, 8000, 16000) if f <= fmax_hz])
    return ticks, to_mel(ticks) / to_mel(fmax_hz)
