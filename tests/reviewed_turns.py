"""What the panel of turns reads, made quickly: a root with two recordings and their diarization."""

import numpy as np

from horuslib.audio.encode import write_wav
from horuslib.core import artifacts
from horuslib.core.artifacts import sha256_file
from horuslib.core.paths import Paths
from horuslib.speakers import stored
from horuslib.speakers.diarize import Diarization
from horuslib.speech.turns import Turn
from tests.conftest import tone

TURNS = (
    Turn(0.5, 4.0, "S01", 0.9), Turn(4.0, 7.0, "S02", 0.6), Turn(7.5, 9.0, "S01", 0.3), Turn(8.5, 11.0, "S03", 0.8),
)  # fmt: skip


def make_turns(task, root):
    """Artifacts of the inventory and the diarization under `root`; returns the paths."""
    import pandas as pd

    paths = Paths(root=root)
    folder = root / "recordings"
    folder.mkdir(parents=True)
    turns = {"talk.wav": list(TURNS), "over.wav": [Turn(1.0, 5.0, "S01", 0.9), Turn(2.0, 3.0, "S02", 0.4)]}
    found, rows = {}, []
    for number, (name, own) in enumerate(turns.items()):
        path = write_wav(folder / name, tone(12, frequency_hz=300 + 100 * number), 16000)
        vectors = {turn.speaker: np.eye(4)[int(turn.speaker[1:])] for turn in own}
        found[name] = Diarization(name, own, 12.0, sum(turn.seconds for turn in own), vectors)
        rows.append({"recording": name, "sha256": sha256_file(path), "variety": "pt-BR"})
    inventory = artifacts.begin(task.steps["inventory"], task, paths=paths)
    inventory.write_json("folder", {"raw": str(folder)})
    inventory.finish()
    diarized = artifacts.begin(task.steps["diarization"], task, paths=paths)
    diarized.write_table("turns", stored.turns_table(found))
    diarized.write_table("vectors", stored.vectors_table(found))
    diarized.write_table("recordings", stored.recordings_table(found, pd.DataFrame(rows)))
    diarized.finish()
    return paths
