"""Recall of made faults by their strength: how weak a fault may be and still be found."""

import pandas as pd

from horuslib.evaluation.metrics import wilson
from horuslib.tasks import Task
from horuslib.tasks.kinds import Kind

STRENGTHS: dict[str, tuple[Kind, str, tuple[float, ...]]] = {
    "rt60_s": ("reflections", "reverberation time, s", (0.6, 1.0, 1.5, 2.5, 4.0)),
    "c50_db": ("reflections", "clarity C50, dB", (-12, -4, -1, 2, 5, 9)),
    "echo_delay_s": ("reflections", "delay of the echo, s", (0.06, 0.12, 0.25, 0.5, 1.0, 2.0)),
    "echo_gain_db": ("reflections", "level of the echo, dB", (-10, -7.5, -5, -2.5, 0)),
    "snr_db": ("hiss", "programme over noise, dB", (0, 5, 10, 15, 20)),
    "quiet_lufs": ("low_volume", "loudness, LUFS", (-70, -56, -50, -46, -42, -37, -30, -20)),
    "tone_dbfs": ("test_tone", "peak of the tone, dBFS", (-31, -24, -17, -10, -3)),
    "silence_dbfs": ("silence", "what is left, dBFS", (-97, -88, -79, -70, -61)),
}
"""Column of `augmentation.parameters.PARAMETERS` -> (kind of label, meaning, edges of its ranges)."""


def by_strength(evaluated: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The share of made faults that is found, by strength.

    Parameters
    ----------
    evaluated : variations with `label`, `verdict` and the columns of `augmentation.parameters.PARAMETERS`.

    Returns
    -------
    One row per range of strength with at least one fault: strength (column), label, meaning, low, high (of the range),
    made, found, recall, recall_low, recall_high (Wilson, 95 %).
    """
    rows = []
    for column, (kind, meaning, edges) in STRENGTHS.items():
        label = task.label_of(kind)
        faults = evaluated[(evaluated.label == label) & evaluated[column].notna()]
        classes = pd.cut(faults[column], list(edges), include_lowest=True)
        for within, some in faults.groupby(classes, observed=True):
            hit = int((some.verdict == label).sum())
            low, high = wilson(hit, len(some))
            rows.append(
                {
                    "strength": column,
                    "label": label,
                    "meaning": meaning,
                    "low": max(within.left, edges[0]),
                    "high": within.right,
                    "made": len(some),
                    "found": hit,
                    "recall": hit / len(some),
                    "recall_low": low,
                    "recall_high": high,
                }
            )
    columns = ["strength", "label", "meaning", "low", "high", "made", "found", "recall", "recall_low", "recall_high"]
    return pd.DataFrame(rows, columns=columns)
