"""Channel effects that are no fault: microphones, equalisers, narrow lines, band-limited sources, codecs."""

import numpy as np
from audiomentations import BandPassFilter, ClippingDistortion, HighShelfFilter, LowShelfFilter, PeakingFilter

from horuslib.acoustics import filters
from horuslib.augmentation.channel import CodecRoundTrip, Compress
from horuslib.augmentation.transforms import draw, replay

BIT_RATES = (24000, 32000, 48000, 64000, 96000, 128000)
LOW_RATES_HZ = (8000, 11025, 12000, 14000)
TELEPHONE_HZ = (300.0, 3400.0)
CODEC_SHARE = 0.22


def filtered(rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Channel effects before the fault: microphone, mixing desk, source."""
    choices = {
        PeakingFilter(100, 6000, -9, 9, 0.5, 2.0, p=1.0): 0.3,
        LowShelfFilter(80, 400, -9, 9, p=1.0): 0.25,
        HighShelfFilter(1500, 6000, -15, 8, p=1.0): 0.35,
        BandPassFilter(400, 2500, 0.8, 1.9, p=1.0): 0.05,
        Compress(max_ratio=5.0): 0.25,
        ClippingDistortion(1, 4, p=1.0): 0.06,
    }
    for transform, share in choices.items():
        if rng.random() < share:
            samples = applied(transform, rng, samples, sample_rate_hz)
    narrowed = rng.random()
    if narrowed < 0.06:
        return filters.band(samples, sample_rate_hz, *TELEPHONE_HZ, order=4)
    if narrowed < 0.16:
        return filters.low_rate(samples, sample_rate_hz, int(rng.choice(LOW_RATES_HZ)))
    return samples


def delivered(rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Channel effects after the fault: a final compressor, a lower sample rate, a lossy codec."""
    if rng.random() < 0.08:
        samples = applied(Compress(max_ratio=4.0), rng, samples, sample_rate_hz)
    if rng.random() < 0.06:
        samples = filters.low_rate(samples, sample_rate_hz, int(rng.choice(LOW_RATES_HZ)))
    if rng.random() < CODEC_SHARE:
        samples = applied(CodecRoundTrip(bit_rates=BIT_RATES), rng, samples, sample_rate_hz)
    return samples


def applied(transform, rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """A transform applied with randomly drawn parameters."""
    step = draw(transform, rng, samples, sample_rate_hz)
    return replay(step, {step["name"]: type(transform)}, samples, sample_rate_hz)
