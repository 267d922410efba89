"""Impulse responses of generated rooms and echoes, and convolution with them.

Every response begins with the direct sound: sample 0 is 1.0. Convolution therefore does not shift a sound in time.
"""

from collections.abc import Sequence

import numpy as np
from scipy import fft, signal

from horuslib.audio.levels import rms

_BAND_CENTRES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
_BAND_DECAY = (1.15, 1.1, 1.0, 1.0, 0.9, 0.75, 0.55)
"""RT60 per octave band over RT60 at 500-1000 Hz at damping 1: air and soft surfaces absorb high frequencies most."""
_SPEED_OF_SOUND_M_S = 343.0
_MIXING_S = 0.03
"""Mixing time: from about here on reflections overlap, and shaped noise replaces image sources."""


def room_response(
    rng: np.random.Generator,
    sample_rate_hz: int,
    rt60_s: float,
    direct_to_reverberant_db: float,
    damping: float = 1.0,
) -> np.ndarray:
    """Impulse response of a generated room: image-source early reflections, then noise decaying by octave bands.

    Parameters
    ----------
    rt60_s : reverberation time at 500-1000 Hz, seconds, 0.1 to 10.
    direct_to_reverberant_db : energy of the direct sound over that of the rest, exact.
    damping : how much faster high frequencies decay than low ones: 0 for tiles, 1 for a furnished hall, 2 for curtains.

    Returns
    -------
    float32 (N,), about 1.2 `rt60_s` long; sample 0 is the direct sound, 1.0.

    Raises
    ------
    ValueError
        When `rt60_s` is out of range.
    """
    if not 0.1 <= rt60_s <= 10:
        raise ValueError(f"rt60_s is {rt60_s}; a room has 0.1 to 10 s")
    n = fft.next_fast_len(round(1.2 * rt60_s * sample_rate_hz), real=True)
    t = np.arange(n) / sample_rate_hz
    early, late = _reflections(rng, sample_rate_hz, rt60_s, n), _tail(rng, sample_rate_hz, rt60_s, n, damping)
    late *= np.clip(t / _MIXING_S, 0, 1)
    early *= np.exp(-np.clip(t / _MIXING_S - 1, 0, None))
    # The tail continues the early reflections: equal energy in the crossfade.
    window = (t > _MIXING_S / 2) & (t < 1.5 * _MIXING_S)
    late *= np.sqrt(np.sum(early[window] ** 2) / np.sum(late[window] ** 2))
    response = early + late
    response[0] = 0.0
    response *= 10 ** (-direct_to_reverberant_db / 20) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    return response.astype(np.float32)


def echo_response(
    sample_rate_hz: int, delay_s: float, gain_db: float, repeats: int = 1, lowpass_hz: float | None = None
) -> np.ndarray:
    """Impulse response of a discrete echo: regular repeats of decreasing level.

    Parameters
    ----------
    delay_s : time between repeats, seconds.
    gain_db : level of the first repeat re the direct sound; each later repeat is lower by the same amount again.
    lowpass_hz : when given, every repeat passes this second-order low-pass once more, as in a feedback or tape loop.

    Returns
    -------
    float32 (N,); sample 0 is the direct sound, 1.0.

    Raises
    ------
    ValueError
        When the delay is not positive, the gain positive, or there is no repeat.
    """
    if delay_s <= 0 or gain_db > 0 or repeats < 1:
        raise ValueError(f"an echo needs delay_s > 0, gain_db <= 0, repeats >= 1; got {delay_s}, {gain_db}, {repeats}")
    delay = max(1, round(delay_s * sample_rate_hz))
    response = np.zeros(repeats * delay + 1 + (sample_rate_hz // 50 if lowpass_hz else 0))
    response[0] = 1.0
    repeat = response.copy()
    filtered = lowpass_hz is not None and lowpass_hz < 0.49 * sample_rate_hz
    section = signal.butter(2, lowpass_hz, fs=sample_rate_hz, output="sos") if filtered else None
    for _ in range(repeats):
        repeat = np.roll(repeat, delay) * 10 ** (gain_db / 20)
        repeat[:delay] = 0.0
        if section is not None:
            repeat = signal.sosfilt(section, repeat)
        response += repeat
    return response.astype(np.float32)


def delays_response(
    sample_rate_hz: int,
    delays_s: Sequence[float],
    gains_db: Sequence[float],
    band_hz: tuple[float, float] | None = None,
) -> np.ndarray:
    """Impulse response of independent delays, as of two or three feeds of one programme, or an editor's echo effect.

    Parameters
    ----------
    delays_s, gains_db : delay of each repeat, and its level re the direct sound.
    band_hz : when given, the repeats pass this band-pass (second order), as a feed over a band-limited line.

    Returns
    -------
    float32 (N,); sample 0 is the direct sound, 1.0.

    Raises
    ------
    ValueError
        When there is no delay, one is not positive, or there are not as many gains.
    """
    if not len(delays_s) or min(delays_s) <= 0 or len(delays_s) != len(gains_db):
        raise ValueError(f"every delay needs to be over 0 and to have one gain; got {delays_s} and {gains_db}")
    response = np.zeros(round(max(delays_s) * sample_rate_hz) + 1 + (sample_rate_hz // 50 if band_hz else 0))
    for delay_s, gain_db in zip(delays_s, gains_db, strict=True):
        response[max(1, round(delay_s * sample_rate_hz))] += 10 ** (gain_db / 20)
    if band_hz:
        corners = np.clip(band_hz, 20, 0.47 * sample_rate_hz)
        response = signal.sosfilt(signal.butter(2, corners, "band", fs=sample_rate_hz, output="sos"), response)
    response[0] = 1.0
    return response.astype(np.float32)


def convolve(x: np.ndarray, response: np.ndarray, *, wrap: bool = False) -> np.ndarray:
    """A sound convolved with an impulse response: same length, direct sound in place, same RMS as before.

    Parameters
    ----------
    x : (N,) mono.
    wrap : circular convolution: the tail beyond the end is added at the start, as if the room had been present before
        the excerpt, which is right for a segment cut from a longer recording; without it, the fault begins with the
        excerpt.
    """
    x = np.asarray(x, np.float32)
    full = signal.fftconvolve(x, np.asarray(response, np.float32))
    wet = full[: len(x)].copy()
    if wrap:
        for start in range(len(x), len(full), len(x)):
            rest = full[start : start + len(x)]
            wet[: len(rest)] += rest
    level = rms(wet)
    return wet * np.float32(rms(x) / level) if level > 0 else wet


def _reflections(rng: np.random.Generator, sample_rate_hz: int, rt60_s: float, n: int) -> np.ndarray:
    """Early reflections (n,), without the direct sound, of a shoebox room whose size grows with `rt60_s`."""
    import pyroomacoustics

    size_m = np.array([7.0, 5.0, 3.0]) * rng.uniform(0.7, 1.5, 3) * np.clip(rt60_s, 0.4, 3) ** 0.5
    volume, area = size_m.prod(), 2 * (size_m * np.roll(size_m, 1)).sum()
    absorption = np.clip(0.161 * volume / (area * rt60_s), 0.02, 0.9)  # Sabine
    room = pyroomacoustics.ShoeBox(
        size_m, fs=sample_rate_hz, materials=pyroomacoustics.Material(absorption), max_order=4
    )
    room.add_source(size_m * rng.uniform(0.15, 0.85, 3))
    room.add_microphone(size_m * rng.uniform(0.15, 0.85, 3))
    room.image_source_model()
    source, microphone = room.sources[0], room.mic_array.R[:, 0]
    distance_m = np.linalg.norm(source.images - microphone[:, None], axis=0)
    amplitude = source.damping[0] / distance_m
    direct_m = np.linalg.norm(source.position - microphone)
    index = np.round((distance_m - direct_m) / _SPEED_OF_SOUND_M_S * sample_rate_hz).astype(int)
    reflections = np.zeros(n)
    inside = (index > 0) & (index < n)
    # Random signs, as of scattering walls: otherwise reflections would add up to a low-frequency pulse.
    np.add.at(reflections, index[inside], (amplitude * rng.choice([-1.0, 1.0], len(amplitude)))[inside])
    return reflections


def _tail(rng: np.random.Generator, sample_rate_hz: int, rt60_s: float, n: int, damping: float) -> np.ndarray:
    """Reverberant tail (n,): noise with equal power per octave, each octave band with its own decay rate."""
    spectrum = fft.rfft(rng.standard_normal(n))
    frequencies = np.maximum(fft.rfftfreq(n, 1 / sample_rate_hz), 1.0)
    spectrum /= np.sqrt(np.maximum(frequencies, _BAND_CENTRES_HZ[0]))
    octave = np.clip(np.log2(frequencies / _BAND_CENTRES_HZ[0]), 0, len(_BAND_CENTRES_HZ) - 1)
    t = np.arange(n) / sample_rate_hz
    tail = np.zeros(n)
    for band, share in enumerate(_BAND_DECAY):
        weight = np.sqrt(np.clip(1 - np.abs(octave - band), 0, None))
        if not weight.any():
            continue
        seconds = rt60_s * share**damping * rng.uniform(0.93, 1.07)
        tail += fft.irfft(spectrum * weight, n) * np.exp(-np.log(1000) * t / seconds)
    return tail
