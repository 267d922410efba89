"""Level, loudness, tonality and reverberation: the measures by which faults are defined.

Sound is floating point with full scale 1.0; mono is (N,), several channels are (N, channels). Levels are dBFS RMS (a
full-scale square wave is 0 dBFS, a full-scale sine -3.01 dBFS) unless the name says LUFS. Silence is -inf.
"""

import numpy as np

_FRAME_S = 0.05


def rms(x: np.ndarray) -> float:
    """Root mean square of all samples, linear; 0 for no samples."""
    x = np.asarray(x, np.float64).ravel()
    return float(np.sqrt(np.dot(x, x) / x.size)) if x.size else 0.0


def peak(x: np.ndarray) -> float:
    """Largest absolute sample, linear; 0 for no samples."""
    x = np.asarray(x)
    return float(max(x.max(), -x.min())) if x.size else 0.0


def to_db(amplitude: float) -> float:
    """An amplitude ratio in dB; -inf for zero."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else float("-inf")


def from_db(level_db: float) -> float:
    """An amplitude ratio from dB; 0 for -inf."""
    return float(10 ** (level_db / 20))


def rms_dbfs(x: np.ndarray) -> float:
    return to_db(rms(x))


def peak_dbfs(x: np.ndarray) -> float:
    return to_db(peak(x))


def lufs(x: np.ndarray, sample_rate_hz: int) -> float:
    """Integrated loudness after ITU-R BS.1770-4, as EBU R 128 uses it.

    Parameters
    ----------
    x : (N,) or (N, channels); up to five channels in the order L, R, C, Ls, Rs.

    Returns
    -------
    LUFS; -inf where no 0.4 s block lies above the absolute gate of -70 LUFS, and for sound shorter than one block.
    """
    import pyloudnorm

    x = np.asarray(x, np.float64)
    meter = pyloudnorm.Meter(sample_rate_hz)
    if len(x) < meter.block_size * sample_rate_hz:
        return float("-inf")
    return float(meter.integrated_loudness(x))


def active_dbfs(x: np.ndarray, sample_rate_hz: int, below_db: float = 20.0) -> float:
    """RMS level of the active programme, pauses excluded.

    Frames of 50 ms more than `below_db` below the 95th percentile of frame levels are pauses. Signal-to-noise ratios
    refer to this level, so that they do not depend on how much the speaker pauses.
    """
    power = _frame_power(x, sample_rate_hz)
    active = power[power >= np.percentile(power, 95) * 10 ** (-below_db / 10)]
    return to_db(float(np.sqrt(active.mean())))


def typical_dbfs(x: np.ndarray, sample_rate_hz: int, share: float = 0.6) -> float:
    """The quantile `share` of the RMS levels of running seconds: robust to pauses between words, and to what
    is loud for less than the rest of the time."""
    power = _frame_power(x, sample_rate_hz)
    frames = min(round(1 / _FRAME_S), len(power))
    seconds = np.convolve(power, np.full(frames, 1 / frames), "valid")
    return to_db(float(np.sqrt(np.percentile(seconds, 100 * share))))


def modulation_db(x: np.ndarray, sample_rate_hz: int, range_db: float = 40.0) -> float:
    """How much the level varies: standard deviation of 50 ms frame levels, dB.

    Levels more than `range_db` below the loudest frame are clipped there. Steady noise and tones have less than 1 dB,
    speech 8 dB and more. An echo of a signal of steady level is inaudible.
    """
    power = _frame_power(x, sample_rate_hz)
    if not power.any():
        return 0.0
    return float(np.std(10 * np.log10(np.maximum(power / power.max(), 10 ** (-range_db / 10)))))


def movement_db(x: np.ndarray, sample_rate_hz: int) -> float:
    """How much the level varies within a second: as `modulation_db`, but relative to a running mean of one second.

    Gusts, waves and a swelling roar vary over seconds: 3 dB and more in `modulation_db`, less than 1.5 dB here; speech
    and drums have similar values in both.
    """
    power = _frame_power(x, sample_rate_hz)
    if not power.any():
        return 0.0
    level_db = 10 * np.log10(np.maximum(power / power.max(), 1e-4))
    window = np.ones(min(len(level_db), round(1 / _FRAME_S)))
    mean_db = np.convolve(level_db, window, "same") / np.convolve(np.ones(len(level_db)), window, "same")
    return float(np.std(level_db - mean_db))


def _frame_power(x: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Mean square of whole 50 ms frames; of all samples when there is no whole frame."""
    x = np.asarray(x, np.float64)
    n = round(_FRAME_S * sample_rate_hz)
    return np.mean(x[: len(x) // n * n].reshape(-1, n) ** 2, axis=1) if len(x) >= n else np.array([rms(x) ** 2])


def tone_share(x: np.ndarray, sample_rate_hz: int, frequency_hz: float = 1000.0) -> float:
    """Share of the sound's power within 2 % of a frequency, 0 to 1: nearly 1 for a line-up tone, 0 for silence."""
    x = np.asarray(x, np.float64)
    if not np.any(x):
        return 0.0
    from scipy import signal  # slow to import, and not needed for scanning

    power = np.abs(np.fft.rfft(x * signal.windows.hann(len(x), sym=False))) ** 2
    frequencies = np.fft.rfftfreq(len(x), 1 / sample_rate_hz)
    width_hz = max(0.02 * frequency_hz, 4 * sample_rate_hz / len(x))
    return float(power[np.abs(frequencies - frequency_hz) <= width_hz].sum() / power.sum())


def rt60_s(response: np.ndarray, sample_rate_hz: int, lowest_db: float | None = None) -> float:
    """Reverberation time of an impulse response: seconds for 60 dB of decay.

    Schroeder's backward integration and a line fitted from -5 to -35 dB (T30), or to -25 dB (T20) where the response is
    too short for that, as in ISO 3382-1. A response without a decay, such as a single click, gives 0.

    Parameters
    ----------
    lowest_db : lower end of the fit instead, for responses whose tail is masked by noise.
    """
    energy = _from_onset(response) ** 2
    decay = np.cumsum(energy[::-1])[::-1]
    if decay.size == 0 or decay[0] == 0:
        return 0.0
    decay_db = 10 * np.log10(np.maximum(decay / decay[0], 1e-12))
    lowest_db = lowest_db or (-35.0 if decay_db[-1] <= -35 else -25.0)
    fitted = np.flatnonzero((decay_db <= -5) & (decay_db >= lowest_db))
    if len(fitted) < 2:
        return 0.0
    slope_db_per_s = np.polyfit(fitted / sample_rate_hz, decay_db[fitted], 1)[0]
    return float(-60 / slope_db_per_s) if slope_db_per_s < 0 else 0.0


def c50_db(response: np.ndarray, sample_rate_hz: int) -> float:
    """Clarity for speech (ISO 3382-1): energy of the first 50 ms from the direct sound on over the rest, in dB.

    Inf for a response that ends within 50 ms.
    """
    energy = _from_onset(response) ** 2
    early, late = np.split(energy, [round(0.05 * sample_rate_hz)])
    return float(10 * np.log10(early.sum() / late.sum())) if late.sum() > 0 else float("inf")


def _from_onset(response: np.ndarray) -> np.ndarray:
    """A response from its direct sound on: the first sample within 20 dB of the largest (ISO 3382-1)."""
    response = np.asarray(response, np.float64)
    return response[np.argmax(np.abs(response) >= 0.1 * peak(response)) :]
