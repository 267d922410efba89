"""What statistics of voices are worth: every use of them on recordings that share nobody with what they come from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.speakers.corpus.ablation import ablate
from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.corpus.collect import collect_all
from horuslib.speech.turns import Turn


def worth_of_statistics(truth: Mapping[str, Sequence[Turn]], groups: Mapping[str, str], folder: Path) -> pd.DataFrame:
    """Rows group, use, known (whether the number of speakers is given), der.

    Parameters
    ----------
    groups : recording -> its group. NAME.json says who the speakers are, so that nobody is on both sides; those of
        broadcasts have no names.
    """
    entries = []
    for name, turns in truth.items():
        people = json.loads((folder / f"{name}.json").read_text("utf-8"))["speakers"]
        named = [replace(t, speaker=f"person {people[t.speaker]}" if t.speaker in people else t.speaker) for t in turns]
        entries.append(Entry(folder / f"{name}.flac", name, named))
    collected = collect_all(entries)[0]
    tables = []
    for group in dict.fromkeys(groups.values()):
        own = {name: turns for name, turns in truth.items() if groups[name] == group}
        for known in (False, True):
            tables.append(ablate(collected, own, known, np.random.default_rng(0)).assign(group=group, known=known))
    return pd.concat(tables, ignore_index=True)
