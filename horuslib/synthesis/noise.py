"""Kinds of hiss (steady noise), and mains hum.

Everything is float32 (n,) of RMS 1. `coloured_noise` and `shaped_noise` are stationary; `hiss` also has the noises of
carriers, which are steady enough to be perceived as hiss: a radio between stations or being tuned, short wave, worn
film or vinyl, the artefacts of a low-rate codec.
"""

from itertools import pairwise

import numpy as np
from scipy import signal

from horuslib.audio.levels import rms

COLOURS = ("white", "pink", "tape", "band")
HISSES = (*COLOURS, "shaped", "radio", "tuning", "shortwave", "film", "vinyl", "codec", "musical", "hum")
UNSTEADY = ("tuning", "shortwave", "film", "vinyl", "musical")
"""Hisses that are not quite stationary: their level varies by several dB between frames."""
_TUNING_DB = 3.0
_FILM_CRACKS_DB, _VINYL_CRACKS_DB = (-12.0, -2.0), (-2.0, 3.0)
"""Level of the crackle re the noise."""
_CODEC_FRAME = 512
_SPECTRUM_SIZE = 512
"""Samples per spectrum of a sound that noise is to have: coarse enough to keep no single line."""
_CODEC_BANDS = 24


def hiss(
    rng: np.random.Generator,
    n: int,
    sample_rate_hz: int,
    kind: str,
    low_hz: float = 500.0,
    high_hz: float = 6000.0,
    mains_hz: float = 60.0,
) -> np.ndarray:
    """A hiss of one of `HISSES`.

    Parameters
    ----------
    kind : a colour; `shaped`: random spectrum (`shaped_noise`); `radio`: a band of noise with slight fading, and faint
        whistles; `tuning`: a sequence of such bands, and gliding whistles; `shortwave`: a steady channel with
        intermittent stations; `film`: noise and crackle; `vinyl`: crackle over less noise; `codec`: noise whose bands
        switch on and off; `musical`: musical noise, short random pitches as left by a low bit rate; `hum`: noise over
        mains hum 3 to 12 dB weaker.
    low_hz, high_hz : the band of `band` and `radio`.
    """
    if kind == "radio":
        return _radio(rng, n, sample_rate_hz, low_hz, high_hz)
    if kind == "tuning":
        return _tuning(rng, n, sample_rate_hz)
    if kind == "shaped":
        return shaped_noise(rng, n, sample_rate_hz)
    if kind == "shortwave":
        return _shortwave(rng, n, sample_rate_hz)
    if kind == "film":
        return _film(rng, n, sample_rate_hz, _FILM_CRACKS_DB)
    if kind == "vinyl":
        return _film(rng, n, sample_rate_hz, _VINYL_CRACKS_DB)
    if kind == "codec":
        return _codec_artefacts(rng, n, sample_rate_hz)
    if kind == "musical":
        return _musical(rng, n, sample_rate_hz)
    if kind == "hum":
        noise = coloured_noise(rng, n, sample_rate_hz, "white" if rng.random() < 0.5 else "pink")
        return _unit(noise + 10 ** (rng.uniform(-12, -3) / 20) * hum(rng, n, sample_rate_hz, mains_hz))
    return coloured_noise(rng, n, sample_rate_hz, kind, low_hz, high_hz)


def coloured_noise(
    rng: np.random.Generator, n: int, sample_rate_hz: int, kind: str = "pink", low_hz: float = 0.0, high_hz: float = 0.0
) -> np.ndarray:
    """Stationary noise of RMS 1, float32 (n,).

    Kinds: `white`; `pink` (-3 dB per octave); `tape` (+3 dB per octave up to 8 kHz); `band` (between `low_hz` and
    `high_hz`, 24 dB per octave outside).
    """
    frequencies = np.fft.rfftfreq(n, 1 / sample_rate_hz)
    shape = {
        "white": lambda f: np.ones_like(f),
        "pink": lambda f: 1 / np.sqrt(np.maximum(f, 20)),
        "tape": lambda f: np.sqrt(np.clip(f, 200, 8000)),
        "band": lambda f: 1 / np.sqrt(1 + (low_hz / np.maximum(f, 1)) ** 8 + (f / high_hz) ** 8),
    }[kind](frequencies)
    phase = rng.standard_normal((2, len(frequencies))).astype(np.float32)
    return _unit(np.fft.irfft((phase[0] + 1j * phase[1]) * shape, n))


def shaped_noise(
    rng: np.random.Generator, n: int, sample_rate_hz: int, band_hz: tuple[float, float] | None = None
) -> np.ndarray:
    """Stationary noise of a random spectrum: a slope, broad peaks and dips, band edges.

    The slope is between -3.5 and +3 dB per octave; each peak or dip is up to 6 dB and one to four octaves wide. RMS 1,
    float32 (n,).

    Parameters
    ----------
    band_hz : the band edges, 48 dB per octave; drawn when not given.
    """
    f = np.maximum(np.fft.rfftfreq(n, 1 / sample_rate_hz), 20)
    octaves = np.log2(f / 1000)
    shape_db = rng.uniform(-3.5, 3) * octaves
    for _ in range(rng.integers(0, 5)):
        shape_db += rng.uniform(-6, 6) * np.exp(-(((octaves - rng.uniform(-3, 3)) / rng.uniform(0.5, 2)) ** 2))
    if band_hz is None:
        band_hz = np.exp(rng.uniform(np.log(100), np.log(500))), np.exp(rng.uniform(np.log(3500), np.log(16000)))
    shape_db -= 10 * np.log10(1 + (band_hz[0] / f) ** 16 + (f / band_hz[1]) ** 16)
    phase = rng.standard_normal((2, len(f))).astype(np.float32)
    return _unit(np.fft.irfft((phase[0] + 1j * phase[1]) * 10 ** (shape_db / 20), n))


def noise_like(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Stationary noise of a sound's length and long-term spectrum, RMS 1, float32 (n,).

    Parameters
    ----------
    x : (n,) mono, 2 samples or more.
    """
    spectrum = np.fft.rfft(rng.standard_normal(len(x)))
    _, density = signal.welch(np.asarray(x, np.float64), nperseg=min(_SPECTRUM_SIZE, len(x)))
    places = np.linspace(0, len(density) - 1, len(spectrum))
    return _unit(np.fft.irfft(spectrum * np.sqrt(np.interp(places, np.arange(len(density)), density)), len(x)))


def hum(rng: np.random.Generator, n: int, sample_rate_hz: int, mains_hz: float) -> np.ndarray:
    """Mains hum with six harmonics of falling level, RMS 1, float32 (n,)."""
    angle = 2 * np.pi * mains_hz * np.arange(n) / sample_rate_hz
    return _unit(sum(rng.uniform(0.3, 1) / k * np.sin(k * angle + rng.uniform(0, 2 * np.pi)) for k in range(1, 7)))


def _radio(rng: np.random.Generator, n: int, sample_rate_hz: int, low_hz: float, high_hz: float) -> np.ndarray:
    """A receiver between stations: its level drifts by about 1 dB, its whistles are at least 14 dB weaker."""
    noise = coloured_noise(rng, n, sample_rate_hz, "band", low_hz, high_hz)
    knots = rng.standard_normal(max(2, round(n / sample_rate_hz)) + 1)
    noise *= 10 ** (np.clip(np.interp(np.linspace(0, len(knots) - 1, n), np.arange(len(knots)), knots), -2, 2) / 20)
    for _ in range(rng.integers(0, 3)):
        start_hz = np.exp(rng.uniform(np.log(1.5 * low_hz), np.log(0.8 * high_hz)))
        pitch_hz = np.linspace(start_hz, start_hz * rng.uniform(0.9, 1.1), n)
        whistle = np.sin(2 * np.pi * np.cumsum(pitch_hz) / sample_rate_hz)
        noise += 10 ** (rng.uniform(-28, -14) / 20) * np.sqrt(2) * whistle.astype(np.float32)
    return _unit(noise)


def _tuning(rng: np.random.Generator, n: int, sample_rate_hz: int) -> np.ndarray:
    """A receiver being tuned: band and level change every 0.1 to 0.5 s; whistles glide through."""
    steps = np.cumsum(rng.uniform(0.1, 0.5, 2 + round(10 * n / sample_rate_hz)) * sample_rate_hz).astype(int)
    steps = [0, *steps[steps < n], n]
    noise = 0.3 * coloured_noise(rng, n, sample_rate_hz, "pink" if rng.random() < 0.5 else "white")
    for start, end in pairwise(steps):
        low_hz = float(np.exp(rng.uniform(np.log(100), np.log(1500))))
        high_hz = low_hz + float(rng.uniform(2000, 6000))
        gain = 10 ** (np.clip(rng.normal(0, _TUNING_DB), -2 * _TUNING_DB, 2 * _TUNING_DB) / 20)
        noise[start:end] += gain * coloured_noise(rng, end - start, sample_rate_hz, "band", low_hz, high_hz)
    for _ in range(rng.integers(1, 4)):
        turns = np.linspace(0, 1, 2 + n // sample_rate_hz)
        pitch_hz = np.interp(np.linspace(0, 1, n), turns, np.exp(rng.uniform(np.log(500), np.log(5000), len(turns))))
        level = np.interp(np.linspace(0, 1, n), turns, rng.uniform(0, 1, len(turns)) ** 2)
        whistle = np.sin(2 * np.pi * np.cumsum(pitch_hz) / sample_rate_hz) * level
        noise += 10 ** (rng.uniform(-14, -4) / 20) * whistle.astype(np.float32)
    return _unit(noise)


def _shortwave(rng: np.random.Generator, n: int, sample_rate_hz: int) -> np.ndarray:
    """A receiver on a crowded band: one channel's steady noise with steep band edges, and intermittent stations.

    The stations are bands of noise and single pitches, as of unintelligible voices and of telegraphy, keyed on and off
    every 50 ms to 0.5 s.
    """
    edges_hz = np.exp(rng.uniform(np.log(100), np.log(500))), rng.uniform(2800, 6000)
    noise = shaped_noise(rng, n, sample_rate_hz, edges_hz)
    t = np.arange(n) / sample_rate_hz
    for _ in range(rng.integers(1, 4)):
        low_hz = np.exp(rng.uniform(np.log(edges_hz[0]), np.log(edges_hz[1] / 2)))
        if rng.random() < 0.4:
            station, level_db = np.sqrt(2) * np.sin(2 * np.pi * low_hz * t), rng.uniform(-14, -5)
        else:
            high_hz, level_db = min(edges_hz[1], low_hz * rng.uniform(2, 8)), rng.uniform(-12, 3)
            station = coloured_noise(rng, n, sample_rate_hz, "band", low_hz, high_hz)
        steps = np.cumsum(np.exp(rng.uniform(np.log(0.05), np.log(0.5), 2 + round(20 * n / sample_rate_hz))))
        keyed = signal.lfilter([0.01], [1, -0.99], (np.searchsorted(steps, t) % 2).astype(float))
        noise = noise + (10 ** (level_db / 20) * station * keyed).astype(np.float32)
    return _unit(noise)


def _film(rng: np.random.Generator, n: int, sample_rate_hz: int, cracks_db: tuple[float, float]) -> np.ndarray:
    """Worn film or vinyl: noise, and two to sixty cracks a second of log-normal amplitude."""
    noise = shaped_noise(rng, n, sample_rate_hz)
    cracks = np.zeros(n)
    count = rng.poisson(n / sample_rate_hz * np.exp(rng.uniform(np.log(2), np.log(60)))) + 1
    np.add.at(cracks, rng.integers(0, n, count), rng.choice([-1, 1], count) * np.exp(rng.normal(0, 0.7, count)))
    length = np.arange(round(0.003 * sample_rate_hz)) / sample_rate_hz
    shape = rng.standard_normal(len(length)) * np.exp(-length / np.exp(rng.uniform(np.log(5e-5), np.log(8e-4))))
    shape[0] += 2.0  # A broadband click before the ringing.
    cracks = signal.lfilter(shape, [1.0], cracks)
    return _unit(noise + 10 ** (rng.uniform(*cracks_db) / 20) * _unit(cracks))


def _codec_artefacts(rng: np.random.Generator, n: int, sample_rate_hz: int) -> np.ndarray:
    """Noise whose bands switch on and off from frame to frame, as hiss encoded at a low bit rate."""
    frames = 2 * n // _CODEC_FRAME + 2
    spectra = rng.standard_normal((frames, _CODEC_FRAME // 2 + 1, 2)).astype(np.float32)
    edges = np.linspace(0, 1, _CODEC_FRAME // 2 + 1) ** 0.7 * (_CODEC_BANDS - 1e-6)
    gates = np.where(rng.random((frames, _CODEC_BANDS)) < rng.uniform(0.4, 0.8), 1.0, 0.2)[:, edges.astype(int)]
    tilt = np.linspace(1, rng.uniform(0.2, 1), gates.shape[1])
    pieces = np.fft.irfft((spectra[..., 0] + 1j * spectra[..., 1]) * gates * tilt, axis=1)
    pieces *= np.sin(np.pi * (np.arange(_CODEC_FRAME) + 0.5) / _CODEC_FRAME)
    return _unit(_overlap_add(pieces, n))


def _musical(rng: np.random.Generator, n: int, sample_rate_hz: int) -> np.ndarray:
    """Musical noise, as left of a hiss by a low-rate codec or a denoiser: in one to three bands with steep edges, a
    random mixture of noise and short pitches at random times."""
    size = 1024 if sample_rate_hz > 12000 else 512
    frames = 2 * n // size + 2
    hz = np.arange(size // 2 + 1) * sample_rate_hz / size
    edges_hz = np.sort(np.exp(rng.uniform(np.log(150), np.log(0.45 * sample_rate_hz), 2 * rng.integers(1, 4))))
    edges_hz[0], edges_hz[-1] = min(edges_hz[0], 600), max(edges_hz[-1], 2500)
    spectra = np.zeros((frames, len(hz)), np.complex64)
    for low_hz, high_hz in edges_hz.reshape(-1, 2):
        inside = np.flatnonzero((hz >= low_hz) & (hz <= high_hz))
        level, pitched = 10 ** (rng.uniform(-9, 0) / 20), np.clip(rng.uniform(-0.25, 1.25), 0, 1)
        spectra[:, inside] += level * np.sqrt(1 - pitched) * _complex_noise(rng, (frames, len(inside)))
        hop_s = size / 2 / sample_rate_hz
        length, density = np.exp(rng.uniform(np.log(0.04), np.log(0.3))) / hop_s, rng.uniform(0.06, 0.5)
        spectra[:, inside] += level * np.sqrt(pitched) * _pitches(rng, frames, inside, length, density)
    pieces = np.fft.irfft(spectra, axis=1) * np.sin(np.pi * (np.arange(size) + 0.5) / size) ** 2
    noise = _overlap_add(pieces, n)
    return _unit(noise + 0.1 * rms(noise) * coloured_noise(rng, n, sample_rate_hz))


def _pitches(rng: np.random.Generator, frames: int, bins: np.ndarray, length: float, density: float) -> np.ndarray:
    """Spectra (frames, bins) of frames that overlap by half: in each bin the state changes about every `length` frames;
    a share `density` of the states is a pitch, the rest silence."""
    begins = rng.random((frames, len(bins))) < 1 / max(length, 1)
    begins[0] = True
    t, column = np.arange(frames)[:, None], np.arange(len(bins))
    begun = np.maximum.accumulate(np.where(begins, t, 0), axis=0)
    present = (rng.random(begins.shape) < density) / np.sqrt(density)
    amplitude = present * np.exp(rng.normal(0, 0.7, begins.shape))
    phase = 2 * np.pi * rng.random(begins.shape)
    return amplitude[begun, column] * np.exp(1j * (phase[begun, column] + np.pi * bins * t))


def _complex_noise(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    parts = rng.standard_normal((2, *shape))
    return (parts[0] + 1j * parts[1]) / np.sqrt(2)


def _overlap_add(frames: np.ndarray, n: int) -> np.ndarray:
    """Overlap-add of frames that overlap by half: (n,)."""
    half = frames.shape[1] // 2
    return (frames[1:, :half] + frames[:-1, half:]).ravel()[:n]


def _unit(noise: np.ndarray) -> np.ndarray:
    return (noise / rms(noise)).astype(np.float32)
