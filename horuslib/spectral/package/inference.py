"""An exported package over folders of events. In the package this module stands alone, without the rest.

Needs numpy, scipy, av, soxr, pandas, pillow and ai-edge-litert.
"""

import json
import time
from pathlib import Path

import numpy as np

from horuslib.core.errors import UserError
from horuslib.spectral.embedding.embedder import Embedder
from horuslib.spectral.embedding.looks import Looker, look_inputs
from horuslib.spectral.embedding.people import PersonDetector
from horuslib.spectral.events.event import Event, find_events, open_event, read_signals
from horuslib.spectral.timing.targets import onsets_of

METADATA = "spectral_metadata.json"
MODEL, KERAS, BACKBONE, PERSON = "spectral.tflite", "spectral.keras", "backbone.tflite", "person.tflite"
UNDECIDED = None
"""In place of a class where the answer is too unsure."""


class SpectralInference:
    """Classifies events.

    Parameters
    ----------
    package : the exported folder.
    threads : of the networks, the two image networks sharing them.

    Raises
    ------
    UserError
        When the folder is no such package.

    Example
    -------
    >>> SpectralInference("export").predict("event_20250117_143052")["class"]   # doctest: +SKIP
    'Anomalia_Correlacionada'
    """

    def __init__(self, package: str | Path, threads: int = 2):
        from ai_edge_litert.interpreter import Interpreter

        folder = Path(package)
        try:
            self.about = json.loads((folder / METADATA).read_text("utf-8"))
            self.classes: list[str] = self.about["classes"]
            self.duration_s = float(self.about["duration_s"])
            self._look_width = int(self.about["look_width"])
            self._least = float(self.about["min_confidence"])
            self._interpreter = Interpreter(str(folder / MODEL), num_threads=threads)
            self._run = self._interpreter.get_signature_runner()
            person = folder / PERSON
            detector = PersonDetector(person, max(1, threads // 2)) if person.is_file() else None
            self._looker = Looker(Embedder((folder / BACKBONE).read_bytes(), max(1, threads // 2)), detector)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as e:
            raise UserError(f"{folder} is no package for events: {_why(e)}; copy the exported folder again.") from None

    def predict(self, event: str | Path) -> dict:
        """Classify one event.

        Returns
        -------
        `event`, `class` (None where the answer is too unsure or nothing can be read), `confidence`, `probabilities`
        by class, `modalities` used, `onsets` (kind -> time_s, strength), `issues` in sentences, `seconds` taken.

        Raises
        ------
        UserError
            When it is no folder.
        """
        folder = Path(event)
        if not folder.is_dir():
            raise UserError(f"{folder} is no folder: give the folder of one event.")
        return self.predict_event(open_event(folder, self.classes, self.duration_s))

    def predict_event(self, event: Event) -> dict:
        """As `predict`, of an event whose metadata has been read."""
        began = time.perf_counter()
        signals = read_signals(event)
        found = {
            "event": event.key,
            "event_id": event.about.event_id,
            "modalities": [modality for modality, there in signals.present.items() if there],
            "issues": [f"{issue.file}: {issue.problem}; {issue.action}" for issue in signals.issues],
        }
        if not found["modalities"]:
            return found | {
                "class": UNDECIDED, "confidence": 0.0, "probabilities": {}, "onsets": {},
                "message": "no modality can be read", "seconds": round(time.perf_counter() - began, 3),
            }  # fmt: skip
        inputs, _ = look_inputs(signals, self._looker, self.duration_s, self._look_width)
        answer = self._run(**{name: value[None].astype(np.float32) for name, value in inputs.items()})
        p = answer["probabilities"][0].astype(float)
        sure = float(p.max())
        return found | {
            "class": self.classes[int(p.argmax())] if sure >= self._least else UNDECIDED,
            "confidence": round(sure, 4),
            "probabilities": {name: round(float(x), 4) for name, x in zip(self.classes, p, strict=True)},
            "onsets": onsets_of(answer["curves"][0]),
            "message": "" if sure >= self._least else "undecided: the answer is too unsure",
            "seconds": round(time.perf_counter() - began, 3),
        }

    def find(self, folder: str | Path) -> list[Event]:
        """The events below a folder."""
        return find_events(Path(folder), self.classes, self.duration_s)[0]


def _why(error: Exception) -> str:
    """What a damaged package lacks, in one line."""
    if isinstance(error, KeyError):
        return f"its {METADATA} has no {error}"
    return " ".join(str(error).split())
