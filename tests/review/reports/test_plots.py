import base64
import re

import numpy as np
import pandas as pd
import pytest

from horuslib.review.reports import plots

LABELS = ["ausencia_audio", "volume_baixo", "eco_reverb", "ruido_hiss", "sinal_teste", "normal"]


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_confusion_writes_counts_and_shares_of_the_row():
    fig = plots.confusion(np.array([[3, 1], [0, 6]]), ["eco", "normal"])
    ax = fig.axes[0]
    assert texts(ax) == ["3\n75%", "1\n25%", "0", "6\n100%"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["eco  (4)", "normal  (6)"]
    assert ax.collections[0].get_array().tolist() == [[0.75, 0.25], [0, 1]]


def test_only_exact_shares_are_shown_as_0_or_100_percent():
    assert texts(plots.confusion(np.array([[999, 1], [0, 1]]), ["a", "b"]).axes[0])[:2] == ["999\n>99%", "1\n<1%"]


def test_a_class_without_segments_is_no_division_by_zero():
    fig = plots.confusion(np.array([[0, 0], [1, 1]]), ["eco", "normal"])
    assert texts(fig.axes[0])[:2] == ["0", "0"]


def test_reliability_draws_accuracy_against_confidence():
    confidence = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 8 + [False] * 2 + [True] * 5 + [False] * 5)
    fig = plots.reliability({"before": (confidence, right)})
    line = next(x for x in fig.axes[0].lines if x.get_label() == "before")
    np.testing.assert_allclose(line.get_xydata(), [[0.55, 0.5], [0.95, 0.8]])


def test_histories_count_epochs_through_the_phases():
    rows = [("final", phase, e, 1.0, np.nan, 0.5, np.nan) for phase in ("head", "all") for e in range(3)]
    columns = ["run", "phase", "epoch", "loss", "val_loss", "accuracy", "val_accuracy"]
    fig = plots.learning_curves(pd.DataFrame(rows, columns=columns))
    drawn = [line for line in fig.axes[0].lines if len(line.get_xdata()) == 6]
    assert len(drawn) == 1 and list(drawn[0].get_xdata()) == [1, 2, 3, 4, 5, 6]
    assert [t.get_text() for t in fig.axes[0].get_legend().get_texts()] == ["training", "validation"]


def test_precision_recall_marks_the_threshold():
    truth = ["eco", "eco", "normal", "normal"]
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])
    fig = plots.precision_recall(truth, p, ["eco", "normal"], {"eco": 0.8})
    dot = next(line for line in fig.axes[0].lines if line.get_marker() == "o")
    assert dot.get_xydata().tolist() == [[0.5, 1.0]]
    assert texts(fig.axes[0]) == ["at 0.80"]
    assert fig.axes[0].get_title(loc="left").startswith("eco\nAP 0.83")


def test_distributions_count_silence_and_include_it_in_the_median():
    values = {"ausencia_audio": np.array([-np.inf, -np.inf, -50.0]), "normal": np.array([-25.0, -23.0, -21.0])}
    ax = plots.distributions(values, unit="LUFS", marks={"target": -23}).axes[0]
    assert texts(ax) == ["2 silent", "target"]
    bars = [line.get_xdata()[0] for line in ax.lines if line.get_linewidth() == 2.2]
    assert bars == [-23.0]


def test_counts_show_totals_and_a_missing_value_is_zero():
    table = pd.DataFrame({"train": [3, np.nan], "holdout": [1, 2]}, index=["eco", "<b>"])
    assert texts(plots.counts(table).axes[0]) == ["4", "2"]


def test_classes_differ_by_colour_and_in_greyscale():
    styles = plots.class_styles(LABELS)
    for key in ("color", "marker", "linestyle"):
        assert len({str(styles[label][key]) for label in LABELS}) == len(LABELS)
    assert plots.class_colours(["eco_reverb", "normal"])["normal"] == plots.class_colours(LABELS)["normal"]


@pytest.mark.slow
def test_a_figure_has_alternative_text_and_is_svg_unless_it_has_many_points(rng):
    few, many = plots.figure(), plots.figure()
    few[1].plot([0, 1], [0, 1])
    many[1].plot(rng.random(50_000), rng.random(50_000), ".")
    for (fig, _), mime in ((few, "svg+xml"), (many, "png")):
        found = plots.figure_html(fig, 'shows "5 < 6"')
        assert 'alt="shows &quot;5 &lt; 6&quot;"' in found
        kind, content = re.search(r"data:image/([^;]+);base64,([^\"]+)", found).groups()
        assert kind == mime and base64.b64decode(content)


def test_show_displays_the_figure(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    fig, ax = plots.figure()
    ax.plot([0, 1])
    plots.show(fig, alt="a line")
    assert 'alt="a line"' in shown[0].data and not fig.axes


def test_the_threshold_label_does_not_overlap_the_curve(rng):
    truth = np.repeat(["eco_reverb", "normal"], 40)
    score = np.concatenate([rng.beta(2, 2, 40), rng.beta(2, 4, 40)])
    for threshold in (0.1, 0.4, 0.6, 0.9):
        fig = plots.precision_recall(
            truth, np.column_stack([score, 1 - score]), ["eco_reverb", "normal"], {"eco_reverb": threshold}
        )
        fig.canvas.draw()
        ax = fig.axes[0]
        (text,) = [x for x in ax.texts if x.get_text().startswith("at ")]
        box = text.get_window_extent()
        path = ax.lines[0].get_transform().transform_path(ax.lines[0].get_path()).interpolated(30)
        assert not any(box.contains(*p) for p in path.vertices)
