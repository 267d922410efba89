"""Plots shared by notebooks, reports and slides: one style, labelled with units, readable in greyscale.

Every function draws on a new figure (or on the given axes) and returns it; `show` displays it in a notebook with
alternative text that states the finding.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.audio.mel import to_mel, to_mel_bands
from horuslib.review.cards.style import class_colours, class_styles, figure, picture, show
from horuslib.review.reports.curves import confusion, histories, precision_recall, reliability

__all__ = [
    "class_colours", "class_styles", "confusion", "counts", "distributions", "figure", "histories", "hz_ticks",
    "mel_db", "picture", "precision_recall", "reliability", "show", "spectrogram", "waveform",
]  # fmt: skip

_N_FFT = 2048
_FAINTEST, _DEEPEST_DB = 1e-10, 80.0


def waveform(ax, samples: np.ndarray, sample_rate_hz: int, colour: str = "#0072B2"):
    """The waveform envelope (minimum and maximum sample per column) on given axes, in s and full scale."""
    columns = min(800, len(samples))
    edges = np.linspace(0, len(samples), columns + 1).astype(int)[:-1]
    times_s = edges / sample_rate_hz
    ax.fill_between(
        times_s, np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges), color=colour, lw=0
    )
    ax.set(xlabel="time (s)", ylabel="full scale", xlim=(0, len(samples) / sample_rate_hz))
    return ax


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


def spectrogram(
    ax, samples: np.ndarray, sample_rate_hz: int, *, fmax_hz: float = 8000, colour_bar: bool = True, limits_db=None
):
    """A mel spectrogram on given axes, in s, Hz and dB.

    Parameters
    ----------
    limits_db : (low, high) of the colour scale; by default from 70 dB below the sound's peak to its peak. Use the same
        limits for spectrograms whose levels are to be compared.
    """
    fmax_hz = min(fmax_hz, sample_rate_hz / 2)
    image = mel_db(samples, sample_rate_hz, fmax_hz=fmax_hz)
    low, high = limits_db or (image.max() - 70, image.max())
    extent = (0, len(samples) / sample_rate_hz, 0, 1)
    drawn = ax.imshow(image, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=low, vmax=high)
    ticks, places = hz_ticks(fmax_hz)
    ax.set_yticks(places, [f"{f:g}" for f in ticks])
    ax.set(xlabel="time (s)", ylabel="frequency (Hz, mel scale)")
    ax.grid(False)
    if colour_bar:
        ax.figure.colorbar(drawn, ax=ax, label="power (dB)", pad=0.02)
    return drawn


def counts(table: pd.DataFrame, *, unit: str = "segments", title: str = ""):
    """Horizontal bars, one per row of `table` (index = names), stacked by its columns, with totals."""
    fig, ax = figure(8, 0.9 + 0.3 * (table.shape[1] > 1) + 0.42 * len(table))
    table = table.fillna(0)
    left = np.zeros(len(table))
    shades = _shades(table.shape[1])
    for shade, (hatch, column) in zip(
        shades, zip(("", "//", "..", "xx", "\\\\") * 2, table.columns, strict=False), strict=False
    ):
        values = table[column].to_numpy(float)
        ax.barh(
            [str(i) for i in table.index],
            values,
            left=left,
            color=shade,
            hatch=hatch,
            edgecolor="white",
            label=str(column),
        )
        left += values
    for y, total in enumerate(left):
        ax.annotate(f"{total:,.0f}", (total, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.08)
    ax.set(xlabel=unit, title=title)
    if table.shape[1] > 1:
        fig.legend(loc="outside lower center", ncols=min(table.shape[1], 6), fontsize=9)
    return fig


def _shades(n: int) -> list[str]:
    return [("#0072B2", "#56B4E9", "#E69F00", "#b8c2cc", "#CC79A7", "#009E73")[i % 6] for i in range(n)]


def distributions(
    values: Mapping[str, np.ndarray], *, unit: str, title: str = "", marks: Mapping[str, float] | None = None
):
    """A strip plot: every value as a dot, one row per class, with the median as a bar.

    Parameters
    ----------
    values : class -> values; those of silence (-inf) are shown as a count at the left edge and included in the median.
    marks : name -> value of vertical lines (a target, a threshold).
    """
    labels = list(values)
    fig, ax = figure(8, 1.0 + 0.5 * len(labels))
    finite = [v[np.isfinite(v)] for v in (np.asarray(values[label], float) for label in labels)]
    together = np.concatenate([*finite, list((marks or {}).values())])
    low, high = (together.min(), together.max()) if together.size else (-1.0, 0.0)
    edge = low - 0.08 * (high - low + 1)
    rng = np.random.default_rng(0)
    for y, (label, kept) in enumerate(zip(labels, finite, strict=True)):
        style = class_styles(labels)[label]
        jitter = y + rng.uniform(-0.28, 0.28, len(kept))
        ax.plot(kept, jitter, linestyle="", marker=style["marker"], ms=4, alpha=0.5, color=style["color"], mew=0)
        lost = len(values[label]) - len(kept)
        if lost:
            ax.annotate(f"{lost} silent", (edge, y), va="center", fontsize=8, color="#3e4c59")
        middle = np.median(values[label]) if len(values[label]) else np.nan
        if np.isfinite(middle):
            ax.plot([middle] * 2, [y - 0.36, y + 0.36], color="#1f2933", lw=2.2)
    for name, value in (marks or {}).items():
        ax.axvline(value, color="#1f2933", lw=1, ls="--")
        ax.annotate(
            name,
            (value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -2),
            textcoords="offset points",
            fontsize=8,
            va="top",
        )
    ax.set_yticks(range(len(labels)), labels)
    ax.invert_yaxis()
    ax.set(xlabel=unit, title=title, xlim=(edge - 0.02 * (high - low + 1), high + 0.05 * (high - low + 1)))
    return fig
