"""Events of video, sound and sensors: what the networks reach in folds by source, and what an answer costs.

Reads `../shared/spectral` (events, and truth.csv, which is used for folds by source alone) and is skipped without it.
PARTS in the environment selects some of the parts: folds, known, frames, time, sound (the default), images (the folds
with each image network), late_fusion (the network of seed 2: minutes a fold), all (`make all` on the corpus: its time
and memory).
"""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from bench._event_files import FPS, SIZES, at_size
from bench._known_onsets import classes_of_known, known_onsets
from bench._sound_embedding import accuracy_alone, accuracy_beside, embedded
from bench._workbook import run_workbook
from bench.report import Skip
from horuslib.core.paths import PROJECT
from horuslib.evaluation.metrics import macro_f1_of
from horuslib.spectral import assemble, flags, generate, ingest
from horuslib.spectral.embedding.small import build_small
from horuslib.spectral.events.event import MODALITIES, Event, find_events, read_signals
from horuslib.spectral.models import conditions, confidence, folds, scores
from horuslib.spectral.models.ensemble import Ensemble
from horuslib.spectral.models.trees import cross_validate_trees, hand_made
from horuslib.spectral.package.inference import SpectralInference
from horuslib.spectral.package.write import write_package
from horuslib.spectral.timing.inputs import MOMENTS
from horuslib.tasks import load_events_task

TITLE = "Classes of events: what each network reaches in folds by source, and what an answer costs"
CORPUS = PROJECT.parent / "shared" / "spectral"
CACHE = Path(tempfile.gettempdir()) / "horus-bench-looks"
FRAMES = (1, 2, 5, 10, 20, 50, 150)
_ASKED = 20
Row = tuple[str, float, str]


def run() -> tuple[pd.DataFrame, dict]:
    """A row per measure: what was found, and what must be."""
    if not (CORPUS / "truth.csv").is_file():
        raise Skip(f"{CORPUS} is not there")
    found = _Corpus()
    parts = {
        "folds": _folds,
        "known": _known,
        "frames": _frames,
        "time": _times,
        "sound": _sound,
        "images": _images,
        "late_fusion": _late_fusion,
        "all": _make_all,
    }
    chosen = os.environ.get("PARTS", "folds,known,frames,time,sound").split(",")
    rows: list[Row] = []
    for part in chosen:
        for what, figure, must_be in parts[part](found):
            rows.append((what, float(figure), must_be))
            print(rows[-1], flush=True)
    table = pd.DataFrame(rows, columns=["what", "figure", "must be"])
    return table.round(3), {"parts": chosen, "images": found.networks.sentence, "load": os.getloadavg()[0]}


@dataclass
class _Corpus:
    """The events, and the networks of the folds by film, each made when it is first asked for."""

    task = load_events_task("spectral")
    late_fusion: bool = field(default_factory=lambda: "late_fusion" in os.environ.get("PARTS", ""))

    @cached_property
    def table(self) -> pd.DataFrame:
        table = ingest.ingest(CORPUS, self.task, Path("none")).events
        return table[table.key.str.startswith("event_")].reset_index(drop=True)

    @cached_property
    def events(self) -> list[Event]:
        by_key = {event.key: event for event in find_events(CORPUS, self.task.labels, self.task.duration_s)[0]}
        return [by_key[key] for key in self.table.key]

    @cached_property
    def networks(self) -> assemble.ImageNetworks:
        return assemble.open_image_networks(self.task, CACHE, for_late_fusion=self.late_fusion)

    @cached_property
    def assembled(self) -> list[assemble.Assembled]:
        return list(assemble.assemble_all(self.events, self.networks, self.task.duration_s, self.late_fusion))

    @property
    def inputs(self) -> list:
        return [one.inputs for one in self.assembled]

    @cached_property
    def labels(self) -> np.ndarray:
        return ingest.class_numbers(self.table.label, self.task)

    @cached_property
    def generated(self):
        return generate.generate_events(self.task)

    @cached_property
    def ensemble(self) -> Ensemble:
        return Ensemble(self.task, self.networks.width)

    @cached_property
    def start(self):
        return self.ensemble.pretrain(self.generated, self.task.training.pretraining_epochs)

    @cached_property
    def by_film(self) -> np.ndarray:
        return ingest.folds_of(self.labels, self.table.film, self.task)

    @cached_property
    def found(self) -> folds.Folds:
        return folds.cross_validate(self.ensemble, self.inputs, self.labels, self.by_film, self.generated, self.start)

    def answers(self, members, fold: np.ndarray) -> dict[str, confidence.Answered]:
        """Calibrated answers under every condition, each by networks that did not see the event's source."""

        def predict(changed):
            return folds.predict_folds(self.ensemble, members, changed, fold)

        flagged = flags.changed(self.events, self.inputs, np.random.default_rng(self.task.seed))
        asked = conditions.answers_under(predict, self.inputs, flagged)
        return confidence.calibrated_by_fold(asked, self.labels, fold, (conditions.ALL, *conditions.WITHOUT))[0]

    def score(self, probabilities: np.ndarray, groups) -> dict:
        return scores.score(probabilities, self.labels, list(groups), self.task.labels)


def _folds(corpus: _Corpus) -> Iterator[Row]:
    task, labels = corpus.task, corpus.labels
    alone = corpus.score(corpus.ensemble.predict([corpus.start], corpus.inputs).probabilities, corpus.table.key)
    answered = corpus.answers(corpus.found.members, corpus.by_film)
    score = corpus.score(answered[conditions.ALL].probabilities, corpus.table.film)
    yield "accuracy, folds by film", score["accuracy"], "0.80, then 0.85"
    yield "macro-F1, folds by film", score["macro_f1"], "0.78, then 0.80"
    yield "macro-F1, lower end of the 95 % interval", score["macro_f1_interval"][0], ""
    yield "calibration error", score["ece"], "at most 0.06"
    yield "accuracy, none of these events seen (generated ones alone)", alone["accuracy"], ""
    uses = scores.uses(answered, labels, task.number_of("ambient"), task.answers.min_confidence)
    uses = uses.set_index("condition")
    for name, limit in ((flags.REMOVED, 0.03), (flags.SHUFFLED, 0.05)):
        yield f"macro-F1 lost, {name}", score["macro_f1"] - uses.macro_f1[name], f"at most {limit}"
    single = uses.accuracy[[name for name in uses.index if name.endswith("alone")]]
    limit = f"under {score['accuracy'] - 0.15:.2f}"
    yield f"accuracy of the best modality alone ({single.idxmax()})", single.max(), limit
    for name in conditions.WITHOUT:
        yield f"macro-F1 {name}", uses.macro_f1[name], "at least 0.55"
        yield f"macro-F1 {name}, of the answered", uses.macro_f1_answered[name], ""
        yield f"answered {name}", uses.answered[name], ""
        yield f"calibration error {name}", uses.ece[name], ""
    for name in uses.index[uses.index.str.contains("apart")]:
        yield f"true pairs become ambient, {name}", uses.ambient[name], "0.90" if "2.5" in name else ""
    flag = scores.flag_alone(corpus.table.humanoid_any.to_numpy(float), labels, corpus.by_film, len(task.labels))
    flag_score = corpus.score(flag, corpus.table.film)
    yield "accuracy given only the flag", flag_score["accuracy"], "under 0.40"
    yield "macro-F1 given only the flag", flag_score["macro_f1"], "under 0.40"
    trees = cross_validate_trees(corpus.inputs, labels, corpus.by_film, task.seed)
    yield "accuracy of boosted trees over hand-made features", corpus.score(trees, corpus.table.film)["accuracy"], ""
    for by, groups in _other_sources(corpus.table).items():
        fold = ingest.folds_of(labels, groups, task)
        found = folds.cross_validate(corpus.ensemble, corpus.inputs, labels, fold, corpus.generated, corpus.start)
        yield f"accuracy, folds by {by}", corpus.score(found.probabilities, groups)["accuracy"], ""


def _known(corpus: _Corpus) -> Iterator[Row]:
    """A random forest over the true onsets, in the same folds."""
    onsets = known_onsets(_truth(corpus.table))
    for name, missing in (("of everything", None), *zip(conditions.WITHOUT, MODALITIES, strict=True)):
        kept = {modality: table for modality, table in onsets.items() if modality != missing}
        said = classes_of_known(kept, corpus.labels, corpus.by_film, corpus.task.seed)
        yield f"macro-F1 from known onsets {name}", macro_f1_of(corpus.labels, said, range(len(corpus.task.labels))), ""


def _truth(table: pd.DataFrame) -> pd.DataFrame:
    """truth.csv in the order of the events."""
    return pd.read_csv(CORPUS / "truth.csv").set_index("event").loc[table.key].reset_index()


def _other_sources(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Ways of grouping by what the truth says of the foreground of sounds and of the logs."""
    plain = _truth(table)[["audio", "sensors"]].fillna("none").replace({r"@[\d.]+": "", r":-?\d+uT": ""}, regex=True)
    return {"sound": plain.audio.str.split("|").str[-1], "log": plain.sensors}


def _frames(corpus: _Corpus) -> Iterator[Row]:
    """The networks of the folds, asked after other numbers of frames than the MOMENTS they were trained with."""
    for count in FRAMES:
        networks = assemble.open_image_networks(corpus.task, CACHE, count=count)
        done = [x.inputs for x in assemble.assemble_all(corpus.events, networks, corpus.task.duration_s)]
        p = folds.predict_folds(corpus.ensemble, corpus.found.members, done, corpus.by_film)
        yield f"accuracy, {count} frames", corpus.score(p, corpus.table.film)["accuracy"], ""
        fresh = assemble.open_image_networks(corpus.task, None, count=count)
        spent = [_spent(fresh, event, corpus.task.duration_s) for event in _with_everything(corpus)]
        yield f"CPU seconds of an event, {count} frames", float(np.median(spent)), ""


def _spent(networks: assemble.ImageNetworks, event: Event, duration_s: float) -> float:
    began = time.process_time()
    assemble.assemble(read_signals(event), networks, duration_s)
    return time.process_time() - began


def _with_everything(corpus: _Corpus) -> list[Event]:
    whole = corpus.table[["has_video", "has_audio", "has_sensors"]].all(axis=1)
    return [corpus.events[i] for i in np.flatnonzero(whole)[:_ASKED]]


def _times(corpus: _Corpus) -> Iterator[Row]:
    """The exported package, decoding included: wall time, and CPU time, which a busy machine hardly changes."""
    with tempfile.TemporaryDirectory() as place:
        members = [corpus.ensemble.model.get_weights()] * corpus.task.training.models  # trained ones take as long
        package = write_package(
            Path(place) / "export", corpus.task, corpus.networks, members, confidence.Confidence(), {}
        )
        size_mb = sum(p.stat().st_size for p in package.rglob("*") if p.is_file()) / 1e6
        yield "package, MB", size_mb, "under 30"
        model, events = SpectralInference(package), _with_everything(corpus)
        for size, limit in zip(SIZES, (0.2, 0.5), strict=True):
            folders = [at_size(event, Path(place) / f"{size[0]}_{k}", size) for k, event in enumerate(events[:6])]
            walls, spent = zip(*(_asked(model, folder) for folder in folders for _ in range(3)), strict=True)
            name = f"seconds of an event of {size[0]}x{size[1]}, {FPS} fps, {MOMENTS} frames looked at"
            yield f"{name}: wall, median", float(np.median(walls)), f"under {limit}"
            yield f"{name}: wall, least", float(np.min(walls)), ""
            yield f"{name}: CPU of both cores, median", float(np.median(spent)), f"under {2 * limit}"


def _asked(model: SpectralInference, folder: Path) -> tuple[float, float]:
    wall, spent = time.perf_counter(), time.process_time()
    model.predict(folder)
    return time.perf_counter() - wall, time.process_time() - spent


def _sound(corpus: _Corpus) -> Iterator[Row]:
    """The embedding of the audio tasks' backbone, in folds that share no foreground of sounds."""
    sounds = [read_signals(event).sound for event in corpus.events]
    fold = ingest.folds_of(corpus.labels, _other_sources(corpus.table)["sound"], corpus.task)
    features = np.stack([hand_made(x) for x in corpus.inputs])
    nothing = np.zeros((len(features), 1))
    yield "boosted trees, folds by sound", accuracy_beside(features, nothing, corpus.labels, fold), ""
    for weights in ("bundled", "none"):
        found = embedded(sounds, weights)
        name = f"horus's backbone ({weights} weights)"
        yield f"accuracy of {name} alone, folds by sound", accuracy_alone(found, corpus.labels, fold), ""
        yield f"boosted trees with {name} beside", accuracy_beside(features, found, corpus.labels, fold), ""


def _images(corpus: _Corpus) -> Iterator[Row]:
    """The small network with random weights and with its own, and EfficientNet-Lite0, in the same folds."""
    with tempfile.TemporaryDirectory() as place:
        chance = Path(place) / "chance.keras"
        keras.utils.set_random_seed(corpus.task.seed)
        build_small().save(chance)
        for name, weights in (("small, random", str(chance)), ("small", "small"), ("Lite0", "efficientnet-lite0")):
            given = corpus.task.networks.model_copy(update={"image_weights": weights})
            task = corpus.task.model_copy(update={"networks": given})
            networks = assemble.open_image_networks(task, CACHE)
            inputs = [one.inputs for one in assemble.assemble_all(corpus.events, networks, task.duration_s)]
            ensemble = Ensemble(task, networks.width)
            start = ensemble.pretrain(corpus.generated, task.training.pretraining_epochs)
            found = folds.cross_validate(ensemble, inputs, corpus.labels, corpus.by_film, corpus.generated, start)
            score = corpus.score(found.probabilities, corpus.table.film)
            yield f"accuracy, pictures embedded by {name}", score["accuracy"], "reported"
            yield f"macro-F1, pictures embedded by {name}", score["macro_f1"], "reported"


def _late_fusion(corpus: _Corpus) -> Iterator[Row]:
    x = assemble.late_fusion_inputs(corpus.assembled)
    with tempfile.TemporaryDirectory() as place:
        answers = folds.cross_validate_late_fusion(
            x, corpus.labels, corpus.by_film, len(corpus.task.labels), Path(place), corpus.task.seed
        )
    score = corpus.score(answers, corpus.table.film)
    yield "accuracy of the late-fusion network (seed 2), folds by film", score["accuracy"], "reported"
    yield "macro-F1 of the late-fusion network (seed 2), folds by film", score["macro_f1"], "reported"


def _make_all(corpus: _Corpus) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as root:
        minutes, peak_gb = run_workbook(["--task", "spectral", "--raw", str(CORPUS)], Path(root))
    yield "make all on these events, minutes", minutes, "at most 15"
    yield "largest process of it, GB", peak_gb, "at most 4"
