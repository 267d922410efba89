"""The plot of recall by strength: one axis per parameter, each bin with its recall, interval and count."""

import pandas as pd

from horuslib.review.reports.strengths import recall_by_strength


def test_each_strength_has_its_own_plot_of_recall(horus):
    rows = [("snr_db", "ruido_hiss", "programme over noise, dB", 0, 5, 4, 4, 1.0, 0.51, 1.0)]
    rows += [("snr_db", "ruido_hiss", "programme over noise, dB", 15, 20, 4, 1, 0.25, 0.05, 0.7)]
    rows += [("tone_dbfs", "sinal_teste", "peak of the tone, dBFS", -31, -24, 3, 3, 1.0, 0.44, 1.0)]
    columns = ["strength", "label", "meaning", "low", "high", "made", "found", "recall", "recall_low", "recall_high"]
    fig = recall_by_strength(pd.DataFrame(rows, columns=columns), horus.labels)
    hiss, tone = fig.axes
    assert list(hiss.lines[0].get_ydata()) == [1.0, 0.25]
    assert [text.get_text() for text in hiss.get_xticklabels()] == ["0\nto 5", "15\nto 20"]
    assert [text.get_text() for text in hiss.texts] == ["n=4", "n=4"]
    assert (hiss.get_title(loc="left") or hiss.get_title()) == "ruido_hiss"
    assert tone.get_xlabel() == "peak of the tone, dBFS"
