"""The common style of all figures, and their conversion to an `<img>` with alternative text.

Colours are Okabe and Ito's colour-blind safe palette; classes also differ by marker and line style, so that they can be
distinguished in greyscale prints.
"""

import base64
import html
import io
from collections.abc import Sequence

from horuslib.tasks.kinds import BACKGROUND

# Okabe & Ito (2008), "Color Universal Design"; green is reserved for normal, grey is the first fault colour.
_FAULT_COLOURS = ("#5b6470", "#0072B2", "#E69F00", "#CC79A7", "#D55E00", "#56B4E9", "#8c6d1f", "#7a5195")
_BACKGROUND_COLOUR = "#009E73"
_MARKERS = ("s", "v", "^", "D", "X", "P", "<", ">")
_LINES = ("--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1)), (0, (1, 3)), (0, (10, 3, 2, 3)))
_LARGEST_SVG = 60_000
"""Bytes; larger figures become PNG."""
_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial"],
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#6b7280",
    "axes.labelcolor": "#1f2933",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e3e7eb",
    "grid.linewidth": 0.8,
    "xtick.color": "#3e4c59",
    "ytick.color": "#3e4c59",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "horus",
}


def class_colours(labels: Sequence[str], background: str | None = BACKGROUND) -> dict[str, str]:
    """A colour for each label of a task, by its position in the task; green for normal."""
    faults = [label for label in labels if label != background]
    colours = {label: _FAULT_COLOURS[i % len(_FAULT_COLOURS)] for i, label in enumerate(faults)}
    return {label: colours.get(label, _BACKGROUND_COLOUR) for label in labels}


def class_styles(labels: Sequence[str], background: str | None = BACKGROUND) -> dict[str, dict]:
    """Keyword arguments for `Axes.plot`, per label: colour, marker and line style, distinguishable in greyscale."""
    faults = [label for label in labels if label != background]
    colours = class_colours(labels, background)
    styles = {}
    for label in labels:
        i = faults.index(label) % len(_MARKERS) if label in faults else None
        marker, line = ("o", "-") if i is None else (_MARKERS[i], _LINES[i])
        styles[label] = {"color": colours[label], "marker": marker, "linestyle": line, "label": label}
    return styles


def figure(width: float = 8.0, height: float = 4.0, rows: int = 1, columns: int = 1, **subplots):
    """A figure in the common style, size in inches: (figure, axes as `plt.subplots` returns them).

    The figure is not registered with pyplot, so it need not be closed and no back end is selected.
    """
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update(_STYLE)
    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.subplots(rows, columns, **subplots)


def figure_html(fig, alt: str, dpi: int = 110) -> str:
    """An `<img>` with the figure embedded: as SVG, or as PNG where the SVG would be large (many points)."""
    drawn = io.BytesIO()
    fig.savefig(drawn, format="svg", dpi=dpi, facecolor="white", metadata={"Date": None})
    mime, content = "image/svg+xml", drawn.getvalue()
    if len(content) > _LARGEST_SVG:
        mime, content = "image/png", _png(fig, dpi)
    width = round(fig.get_figwidth() * dpi)
    source = data_uri(content, mime)
    return (
        f'<img class="figure" alt="{html.escape(alt)}" src="{source}" width="{width}" '
        'style="max-width:100%;height:auto;background:#fff;border-radius:6px">'
    )


def data_uri(content: bytes, mime: str) -> str:
    """A file as the address that embeds it in a page."""
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


def _png(fig, dpi: int) -> bytes:
    """A figure as PNG with 256 colours, which is enough for charts and spectrograms."""
    from PIL import Image

    drawn, out = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=dpi, facecolor="white")
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def show(fig, alt: str) -> None:
    """Display a figure in a notebook with alternative text, then free it.

    Parameters
    ----------
    alt : one sentence with the finding, for readers who cannot see the figure.
    """
    from IPython.display import HTML, display

    display(HTML(figure_html(fig, alt)))
    fig.clear()
