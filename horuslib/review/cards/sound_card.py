"""A sound card: one audio segment as self-contained HTML, to listen to and to look at.

A card holds a player at the original level, the waveform and mel spectrogram, the true and the predicted label, the
class probabilities and the levels. So that quiet faults are visible but still sound quiet, the plots are scaled to the
segment's own peak and the player is never normalised; a checkbox raises the sound to -23 LUFS (EBU R 128).
Notebooks, the panel and reports use the same card; all text in it is escaped.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from horuslib.audio.encode import compressed
from horuslib.audio.levels import lufs, peak, peak_dbfs, rms_dbfs
from horuslib.review.cards.mel_image import hz_ticks, mel_db
from horuslib.review.cards.style import class_colours, data_uri

TARGET_LUFS = -23.0
_BIT_RATE = 28000
_SHOWN_DB = 70.0
_DARKEST_PEAK_DB = -30.0
"""Lower limit of the brightest colour, in dB, so that silence is drawn dark instead of scaled up to its own peak."""
_IMAGE_COLUMNS, _IMAGE_ROWS = 320, 96
_FMAX_HZ = 8000.0
_LEFT, _TOP, _WIDTH, _WAVE, _MEL = 50, 6, 400, 56, 140
"""Layout in SVG units: left margin, top margin, width, height of the waveform and of the spectrogram."""


def card(
    samples: np.ndarray,
    sample_rate_hz: int,
    *,
    title: str,
    true_label: str | None = None,
    predicted: str | None = None,
    probabilities: Mapping[str, float] | None = None,
    source: str | None = None,
    start_s: float | None = None,
    end_s: float | None = None,
    note: str | None = None,
    anchor: str | None = None,
    neighbours: Sequence[str | None] = (None, None),
    with_style: bool = True,
) -> str:
    """A segment as self-contained HTML: about 45 kB for 5 s.

    Parameters
    ----------
    samples : float (N,) mono, full scale ±1.
    true_label, predicted : class names; a label that is None is left out.
    probabilities : class -> 0..1, drawn as bars in this order.
    source, start_s, end_s : the source file and the interval in it.
    note : a sentence under the title: the reason why this card is shown.
    anchor : the card's HTML `id`, for links to it.
    neighbours : anchors of the cards of the previous and the next segment, for links to them.
    with_style : False when the page already contains `style()`.

    Example
    -------
    >>> display(HTML(card(samples, 16000, title="falha_01", true_label="eco_reverb")))  # doctest: +SKIP
    """
    samples = np.asarray(samples, np.float32)
    levels = {"rms": rms_dbfs(samples), "peak": peak_dbfs(samples), "lufs": lufs(samples, sample_rate_hz)}
    content, mime = compressed(samples, sample_rate_hz, _BIT_RATE)
    place = _place(source, start_s, end_s)
    drawing = _drawing(samples, sample_rate_hz)
    return template("card.html.j2").render(
        title=title,
        note=note,
        anchor=anchor,
        neighbours=neighbours,
        place=place,
        true_label=true_label,
        predicted=predicted,
        verdict=_verdict(true_label, predicted),
        bars=_bars(probabilities or {}),
        levels={name: _decibels(value) for name, value in levels.items()},
        raised=_raised(samples, levels["lufs"]),
        alt=_alt(title, place, true_label, predicted, probabilities or {}, levels),
        audio=data_uri(content, mime),
        drawing=drawing,
        style=style() if with_style else "",
    )


def cards(many: Iterable[str]) -> str:
    """Cards in a responsive grid; their CSS is included once."""
    inside = "".join(one.replace(style(), "") for one in many)
    return f'{style()}<div class="horus-cards">{inside}</div>'


@cache
def style() -> str:
    """The `<style>` element for cards, needed once per page."""
    css = files("horuslib.review").joinpath("templates/card.css").read_text("utf-8")
    return f"<style>{css}</style>"


@cache
def template(name: str):
    """A page template of this package, with autoescaping."""
    import jinja2

    loader = jinja2.PackageLoader("horuslib.review", "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(name)


def _decibels(value: float) -> str:
    """A level as text, with a typographic minus sign."""
    return f"{value:.1f}".replace("-", "−") if np.isfinite(value) else "−∞"


def _verdict(true_label: str | None, predicted: str | None) -> str:
    if true_label is None or predicted is None:
        return ""
    return "right" if true_label == predicted else "wrong"


def _place(source: str | None, start_s: float | None, end_s: float | None) -> str:
    times = "" if start_s is None else f"{start_s:.1f} s" if end_s is None else f"{start_s:.1f}–{end_s:.1f} s"
    return ", ".join(part for part in (source, times) if part)


def _bars(probabilities: Mapping[str, float]) -> list[dict]:
    colours = class_colours(list(probabilities))
    return [{"label": label, "value": float(p), "colour": colours[label]} for label, p in probabilities.items()]


def _raised(samples: np.ndarray, loudness_lufs: float) -> dict | None:
    """Gain that raises a quiet sound to the target loudness, and its label; None for a gain under 3 dB.

    The gain is limited so that the peak stays 1 dB below full scale: raising never clips.
    """
    if not np.isfinite(loudness_lufs):
        return None
    wanted_db = TARGET_LUFS - loudness_lufs
    gain_db = min(wanted_db, -1.0 - peak_dbfs(samples))
    if gain_db < 3:
        return None
    goal = f"to {_decibels(TARGET_LUFS)} LUFS" if gain_db == wanted_db else "as far as its peak allows"
    return {"words": f"raise {goal} (+{gain_db:.1f} dB)", "factor": round(10 ** (gain_db / 20), 4)}


def _alt(title, place, true_label, predicted, probabilities, levels) -> str:
    parts = [f"Waveform and mel spectrogram of {title}" + (f" ({place})" if place and place != title else "")]
    if true_label:
        parts.append(f"labelled {true_label}")
    if predicted:
        confidence = f" with {probabilities[predicted]:.0%}" if predicted in probabilities else ""
        parts.append(f"predicted {predicted}{confidence}")
    return f"{', '.join(parts)}; {_decibels(levels['rms'])} dBFS RMS, {_decibels(levels['lufs'])} LUFS."


def _drawing(samples: np.ndarray, sample_rate_hz: int) -> dict:
    """The data of the card's SVG: waveform outline, spectrogram image and tick positions."""
    duration_s = len(samples) / sample_rate_hz
    fmax_hz = min(_FMAX_HZ, sample_rate_hz / 2)
    image, low_db, high_db = _mel_image(samples, sample_rate_hz, fmax_hz)
    mel_top = _TOP + _WAVE + 8
    frequencies, heights = hz_ticks(fmax_hz)
    step_s = next((s for s in (0.5, 1, 2, 5, 10, 30, 60, 300) if duration_s / s <= 7), 600)
    times = np.arange(0, duration_s + 1e-6, step_s)
    return {
        "left": _LEFT,
        "top": _TOP,
        "width": _WIDTH,
        "wave": _WAVE,
        "mel": _MEL,
        "mel_top": mel_top,
        "bottom": mel_top + _MEL,
        "outline": _outline(samples),
        "image": image,
        "low_db": _decibels(low_db).split(".")[0],
        "high_db": _decibels(high_db).split(".")[0],
        "hz": [
            {"text": f"{f / 1000:g}k" if f >= 1000 else f"{f:g}", "y": round(mel_top + _MEL * (1 - h), 1)}
            for f, h in zip(frequencies, heights, strict=True)
        ],
        "seconds": [{"text": f"{t:g}", "x": round(_LEFT + _WIDTH * t / duration_s, 1)} for t in times],
    }


def _outline(samples: np.ndarray) -> str:
    """The waveform as an SVG path, scaled to its own peak."""
    columns = min(280, len(samples))
    edges = np.linspace(0, len(samples), columns + 1).astype(int)[:-1]
    scale = _WAVE / 2 / max(peak(samples), 1e-9)
    middle = _TOP + _WAVE / 2
    x = _LEFT + _WIDTH * np.arange(columns) / columns
    upper = middle - scale * np.maximum.reduceat(samples, edges) - 0.4
    lower = middle - scale * np.minimum.reduceat(samples, edges) + 0.4
    points = [*zip(x, upper, strict=True), *zip(x[::-1], lower[::-1], strict=True)]
    return "M" + "L".join(f"{a:.0f} {b:.1f}" for a, b in points) + "Z"


def _mel_image(samples: np.ndarray, sample_rate_hz: int, fmax_hz: float) -> tuple[str, float, float]:
    """The mel spectrogram as a data URI (WebP), and the levels in dB of its darkest and its lightest colour."""
    from matplotlib import colormaps
    from PIL import Image

    hop = max(64, round(len(samples) / _IMAGE_COLUMNS))
    image = mel_db(samples, sample_rate_hz, n_mels=_IMAGE_ROWS, hop_length=hop, fmax_hz=fmax_hz)
    high_db = max(float(image.max()), _DARKEST_PEAK_DB)
    low_db = high_db - _SHOWN_DB
    colours = colormaps["magma"]((image[::-1] - low_db) / _SHOWN_DB, bytes=True)[..., :3]
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours)).save(out, "WEBP", quality=75, method=4)
    return data_uri(out.getvalue(), "image/webp"), low_db, high_db
