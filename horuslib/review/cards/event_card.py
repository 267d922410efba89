"""The card of an event: film strip, sound, field and movement on one time axis, with the onsets that were found."""

import html
from collections.abc import Mapping

import numpy as np

from horuslib.audio.encode import compressed
from horuslib.review.cards.style import data_uri, figure, figure_html
from horuslib.spectral.events.event import SOUND_RATE_HZ, Signals
from horuslib.spectral.timing.sound_curves import BANDS, sound_curves
from horuslib.spectral.timing.targets import MODALITY_OF, THERE

_STRIP = 8
_NAMES = {
    "field": "magnetic field", "electronic": "electronic sound", "sound": "other sound", "light": "light",
    "object": "object", "person": "person appears", "jolt": "jolt", "there": "person in view",
}  # fmt: skip
_LINES = {"sensors": ":", "audio": "--", "video": "-"}


def event_card(
    title: str,
    signals: Signals,
    onsets: Mapping[str, Mapping[str, float]] | None,
    duration_s: float,
    label: str | None = None,
    verdict: str | None = None,
    probabilities: Mapping[str, float] | None = None,
) -> str:
    """An event as self-contained HTML.

    Parameters
    ----------
    onsets : kind -> time_s, strength (`timing.targets.onsets_of`); None where no network looked.
    label, verdict : the given and the predicted class; None where there is none.
    """
    words = "" if onsets is None else onset_words(onsets)
    said = ", ".join(f"{name} {p:.0%}" for name, p in (probabilities or {}).items())
    about = [
        f"labelled {label}" if label else "without a class",
        f"classified as {verdict}" if verdict else "undecided",
    ]
    alt = f"{title}: {', '.join(about)}; {words}"
    return (
        f'<section class="event" aria-label="{html.escape(title)}"><h4>{html.escape(title)}</h4>'
        f"<p>{html.escape('; '.join(about))}. {html.escape(said)}</p>"
        f"{_player(signals)}{figure_html(draw_event(signals, onsets or {}, duration_s), alt)}"
        f"<p>{html.escape(words)}</p></section>"
    )


def onset_words(onsets: Mapping[str, Mapping[str, float]]) -> str:
    """The onsets in a sentence, in order of time."""
    found = sorted(onsets.items(), key=lambda item: item[1]["time_s"])
    if not found:
        return "No change was found in any modality."
    told = ", ".join(f"{_NAMES[kind]} at {x['time_s']:.1f} s ({x['strength']:.0%})" for kind, x in found)
    return f"Found: {told}."


def draw_event(signals: Signals, onsets: Mapping[str, Mapping[str, float]], duration_s: float):
    """The figure of a card."""
    fig, axes = figure(8.4, 4.8, 4, 1, sharex=True, height_ratios=(0.85, 1, 1, 1))
    _film(axes[0], signals, duration_s)
    _sound(axes[1], signals, duration_s)
    for ax, quantity, unit, name in ((axes[2], "magnetic", "µT", "field"), (axes[3], "accel", "m/s²", "acceleration")):
        series = signals.sensors.magnitude(quantity) if signals.sensors is not None else None
        if series is None:
            _absent(ax, f"no {name}")
        else:
            ax.plot(*series, ".-", ms=3, color="#0072B2")
        ax.set_ylabel(unit)
    for kind, found in onsets.items():
        of = MODALITY_OF[kind]
        for ax in {"video": axes[:1], "audio": axes[1:2], "sensors": axes[2:]}[of]:
            ax.axvline(found["time_s"], color="#D55E00", linestyle=_LINES[of])
        if kind != THERE:
            axes[0].annotate(_NAMES[kind], (found["time_s"], 1.02), xycoords=("data", "axes fraction"), fontsize=8,
                             rotation=20, ha="left", va="bottom")  # fmt: skip
    axes[-1].set(xlabel="seconds of the event", xlim=(0, duration_s))
    return fig


def _film(ax, signals: Signals, duration_s: float) -> None:
    ax.set_yticks([])
    ax.grid(False)
    if signals.picture is None:
        _absent(ax, "no picture")
        return
    times, frames = signals.picture.times_s, signals.picture.frames
    wide = duration_s / _STRIP
    for k in range(_STRIP):
        frame = frames[int(np.abs(times - (k + 0.5) * wide).argmin())]
        ax.imshow(frame, extent=(k * wide, (k + 1) * wide, 0, 1), aspect="auto", interpolation="nearest")
    ax.set(ylim=(0, 1), ylabel="seen")


def _sound(ax, signals: Signals, duration_s: float) -> None:
    if signals.sound is None:
        _absent(ax, "no sound")
        return
    bands, _ = sound_curves(signals.sound, duration_s)
    ax.imshow(bands.T, origin="lower", aspect="auto", cmap="magma", vmin=0, vmax=2, extent=(0, duration_s, 0, BANDS))
    ax.set(ylabel="mel band")
    ax.grid(False)


def _absent(ax, words: str) -> None:
    ax.annotate(words, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color="#3e4c59")


def _player(signals: Signals) -> str:
    if signals.sound is None or not len(signals.sound):
        return ""
    return f'<audio controls preload="none" src="{data_uri(*compressed(signals.sound, SOUND_RATE_HZ))}"></audio>'
