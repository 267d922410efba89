"""Where does hearing end? Faults found, by how strong they were made."""

import numpy as np
import pandas as pd

from horuslib.evaluation.metrics import wilson

STRENGTHS = {
    "rt60_s": ("eco_reverb", "reverberation time, s", (0.6, 1.0, 1.5, 2.5, 4.0)),
    "c50_db": ("eco_reverb", "clarity C50, dB", (-12, -4, -1, 2, 5, 9)),
    "echo_delay_s": ("eco_reverb", "delay of the echo, s", (0.06, 0.12, 0.25, 0.5, 1.0, 2.0)),
    "echo_gain_db": ("eco_reverb", "level of the echo, dB", (-10, -7.5, -5, -2.5, 0)),
    "snr_db": ("ruido_hiss", "programme over noise, dB", (0, 5, 10, 15, 20)),
    "quiet_lufs": ("volume_baixo", "loudness, LUFS", (-56, -50, -46, -42, -37)),
    "tone_dbfs": ("sinal_teste", "peak of the tone, dBFS", (-31, -24, -17, -10, -3)),
    "silence_dbfs": ("ausencia_audio", "what is left, dBFS", (-97, -88, -79, -70, -61)),
}
"""Column of `facts.FACTS` -> (fault, what it says, edges of its classes)."""


def by_strength(evaluated: pd.DataFrame) -> pd.DataFrame:
    """The share of made faults that is found, by strength.

    Parameters
    ----------
    judged : variations with `label`, `verdict` and the columns of `facts.FACTS`.

    Returns
    -------
    One row per class of strength with at least one fault: strength (column), label, meaning, low, high (of the class),
    made, found, recall, recall_low, recall_high (Wilson, 95 %).
    """
    rows = []
    for column, (label, meaning, edges) in STRENGTHS.items():
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


def weakest_heard(table: pd.DataFrame, wanted: float = 0.5) -> dict[str, str]:
    """Strength -> a sentence on which of its classes are found less often than `wanted`; empty text for none."""
    sentences = {}
    for column, rows in table.groupby("strength", sort=False):
        lost = rows[rows.recall < wanted]
        ranges = ", ".join(f"{row.low:g} to {row.high:g} ({row.recall:.0%} of {row.made})" for row in lost.itertuples())
        sentences[column] = f"{rows.label.iloc[0]}, {rows.meaning.iloc[0]}: {ranges}" if np.size(lost) else ""
    return sentences
