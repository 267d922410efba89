"""Statistics of voices of the user's recordings: by variety and speaker, within and between speakers, typical voices.

Covariances are of window features less the mean of their recording, which holds the microphone and the room. Variances
within and between speakers are given as shares of their sum.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib import __version__
from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file, write_json
from horuslib.core.atomic import replacing
from horuslib.core.errors import UserError
from horuslib.speakers.backends.mfcc import standardised
from horuslib.speakers.corpus.arrays import read_arrays
from horuslib.speakers.corpus.collect import Collected
from horuslib.speakers.front_end import mfcc

LEAST_SPEAKERS, LEAST_MINUTES = 10, 30.0
MOST_TYPICAL = 100
SHRINKAGE = 0.3
"""Share of the diagonal in the covariance that whitens: it is estimated from few speakers."""
FEATURES = 4 * (mfcc.COEFFICIENTS - 1)
_LEAST_WINDOWS = 5
_FORMAT = 1
ALL = "all"
_VARIETY, _SPEAKER = "variety/", "speaker/"


@dataclass(frozen=True)
class VoiceStatistics:
    """Attributes
    ----------
    by_variety : variety, and ALL -> (4, COEFFICIENTS): mean, standard deviation, least, greatest MFCC of the frames.
    by_speaker : person (`Entry.person`) -> the same of their frames alone.
    within, between : (FEATURES, FEATURES) covariance of window features within speakers, and of the speakers' means.
    typical : (k, FEATURES) centroids of standardised window features: typical voices.
    provenance : what it was computed from: recordings by SHA-256, speakers, minutes, versions.
    """

    by_variety: dict[str, np.ndarray]
    by_speaker: dict[str, np.ndarray]
    within: np.ndarray
    between: np.ndarray
    typical: np.ndarray
    provenance: Mapping

    @property
    def enough(self) -> bool:
        """Whether there are enough speakers and minutes to be used."""
        return not self.lacks

    @property
    def lacks(self) -> str:
        """What is missing for the statistics to be used, as a sentence; empty where nothing is."""
        speakers, minutes = self.provenance["speakers"], self.provenance["minutes"]
        if speakers >= LEAST_SPEAKERS and minutes >= LEAST_MINUTES:
            return ""
        return (
            f"The statistics are of {speakers} speakers and {minutes:.0f} minutes, where {LEAST_SPEAKERS} speakers and "
            f"{LEAST_MINUTES:.0f} minutes are the least: voices are compared without them."
        )

    @property
    def shares(self) -> tuple[float, float]:
        """Variance within and between speakers, as shares of their sum, mean over the features."""
        within, between = np.diag(self.within), np.diag(self.between)
        total = np.maximum(within + between, 1e-12)
        return float(np.mean(within / total)), float(np.mean(between / total))

    def whitened(self, rows: np.ndarray) -> np.ndarray:
        """(n, FEATURES) window features of a recording, centred, in the projection of `whitening`."""
        return (rows - rows.mean(axis=0)) @ self.whitening()

    def whitening(self) -> np.ndarray:
        """(FEATURES, FEATURES) projection in which a speaker varies equally in every direction (as WCCN does)."""
        within = (1 - SHRINKAGE) * self.within + SHRINKAGE * np.diag(np.diag(self.within))
        values, vectors = np.linalg.eigh(within)
        return vectors / np.sqrt(np.maximum(values, 1e-6 * values.max()))


def compute(collected: Sequence[Collected], rng: np.random.Generator) -> VoiceStatistics:
    """The statistics of recordings whose speakers are known.

    Raises
    ------
    UserError
        When fewer than two speakers have speech enough for a covariance.
    """
    scatter, windows, means, weights = np.zeros((FEATURES, FEATURES)), 0, [], []
    for one in collected:
        rows = one.rows - one.rows.mean(axis=0) if len(one.rows) else one.rows
        for speaker in dict.fromkeys(one.speakers.tolist()):
            own = rows[one.speakers == speaker]
            if len(own) >= _LEAST_WINDOWS:
                mean = own.mean(axis=0)
                scatter += (own - mean).T @ (own - mean)
                windows += len(own) - 1
                means.append(mean)
                weights.append(len(own))
    names = {speaker for one in collected for speaker in one.seconds}
    if len(names) < 2 or windows < 2:
        raise UserError(
            f"Statistics need two speakers with some seconds each; {len(names)} {'is' if len(names) == 1 else 'are'} "
            "known here: put RTTM files beside the recordings, or declare speakers in speakers.csv."
        )
    m, w = np.array(means), np.array(weights, float)
    return VoiceStatistics(
        by_variety=_frame_statistics(collected, lambda one, speaker: (ALL, one.entry.variety)),
        by_speaker=_frame_statistics(collected, lambda one, speaker: (speaker,)),
        within=scatter / windows,
        between=(m * w[:, None]).T @ m / w.sum(),
        typical=_typical(np.vstack([standardised(one.rows) for one in collected if len(one.rows)]), rng),
        provenance=_provenance(collected, names),
    )


def _frame_statistics(
    collected: Sequence[Collected], groups_of: Callable[[Collected, str], Sequence[str]]
) -> dict[str, np.ndarray]:
    """Group -> (4, COEFFICIENTS) mean, standard deviation, least and greatest of the frames of those in it."""
    groups: dict[str, list[tuple[int, np.ndarray]]] = defaultdict(list)
    for one in collected:
        for speaker, count in one.frame_counts.items():
            for group in groups_of(one, speaker):
                groups[group].append((count, one.frames[speaker]))
    found = {}
    for group, own in groups.items():
        n = sum(count for count, _ in own)
        total, square, low, high = (np.stack([moments[i] for _, moments in own]) for i in range(4))
        mean = total.sum(axis=0) / n
        spread = np.sqrt(np.maximum(square.sum(axis=0) / n - mean**2, 0))
        found[group] = np.stack([mean, spread, low.min(axis=0), high.max(axis=0)])
    return found


def _typical(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    from sklearn.cluster import MiniBatchKMeans

    k = int(np.clip(len(rows) // 10, 1, MOST_TYPICAL))
    seed = int(rng.integers(2**31))
    return MiniBatchKMeans(k, n_init=3, random_state=seed).fit(rows).cluster_centers_


def _provenance(collected: Sequence[Collected], names: set[str]) -> dict:
    minutes: dict[str, float] = defaultdict(float)
    for one in collected:
        minutes[one.entry.variety] += sum(one.seconds.values()) / 60
    return {
        "format": _FORMAT,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "horuslib": __version__,
        "speakers": len(names),
        "minutes": sum(minutes.values()),
        "minutes_by_variety": dict(minutes),
        "corpora": sorted({one.entry.corpus for one in collected}),
        "recordings": {one.sha256: one.entry.name for one in collected},
    }


def frames_table(statistics: VoiceStatistics) -> pd.DataFrame:
    """One row per group and moment: of (variety or speaker), name, statistic, and the coefficients c0 to c19."""
    groups = {"variety": statistics.by_variety, "speaker": statistics.by_speaker}
    rows = [
        (of, name, statistic, *values)
        for of, own in groups.items()
        for name, moments in own.items()
        for statistic, values in zip(("mean", "std", "min", "max"), moments, strict=True)
    ]
    return pd.DataFrame(rows, columns=["of", "name", "statistic", *(f"c{i}" for i in range(mfcc.COEFFICIENTS))])


def save(statistics: VoiceStatistics, path: Path) -> Path:
    """Write `PATH` (.npz, arrays alone, no pickle) and the provenance beside it (.json); both whole or not at all."""
    path = Path(path).with_suffix(".npz")
    arrays = {_VARIETY + name: value for name, value in statistics.by_variety.items()}
    arrays |= {_SPEAKER + name: value for name, value in statistics.by_speaker.items()}
    arrays.update({name: getattr(statistics, name) for name in ("within", "between", "typical")})
    with replacing(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    write_json(path.with_suffix(".json"), {**statistics.provenance, "sha256": sha256_file(path)})
    return path


def load(path: Path) -> VoiceStatistics:
    """Read what `save` wrote, and record it as read.

    Raises
    ------
    UserError
        When a file is missing, damaged or of another shape, or the two do not belong together.
    """
    path = Path(path)
    beside = path.with_suffix(".json")
    again = "compute the statistics again with `horus speakers stats`"
    for file in (path, beside):
        if not file.is_file():
            raise UserError(f"There is no {file}: {again}.")
    try:
        provenance = json.loads(beside.read_text("utf-8"))
        arrays = read_arrays(path)
    except (OSError, ValueError) as e:
        raise UserError(f"{path} cannot be read as statistics of voices ({e}): {again}.") from None
    lacking = _lacking(provenance)
    if lacking:
        raise UserError(f"{beside} is no description of statistics ({lacking}): {again}.")
    if not _shapes_fit(arrays):
        raise UserError(f"{path} holds no statistics of this version's features: {again}.")
    digest = sha256_file(path)
    if provenance.get("sha256") != digest:
        raise UserError(f"{path} is not what {beside.name} describes: {again}.")
    recorder.record_file(path, digest)
    return VoiceStatistics(
        by_variety=_under(_VARIETY, arrays),
        by_speaker=_under(_SPEAKER, arrays),
        within=arrays["within"],
        between=arrays["between"],
        typical=arrays["typical"],
        provenance=provenance,
    )


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _lacking(provenance: object) -> str:
    """What is wrong with the content of the JSON; empty where nothing is."""
    if not isinstance(provenance, dict):
        return f"it holds {type(provenance).__name__}, where an object should be"
    kinds = {"speakers": (int,), "minutes": (int, float), "minutes_by_variety": (dict,), "recordings": (dict,)}
    wrong = [name for name, own in kinds.items() if not isinstance(provenance.get(name), own)]
    return f"{', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} missing or of another kind" if wrong else ""


def _shapes_fit(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether the arrays are all there, of numbers, finite, and of this version's shapes."""
    square, table = (FEATURES, FEATURES), (4, mfcc.COEFFICIENTS)
    if not {"within", "between", "typical"} <= set(arrays):
        return False
    if not all(np.issubdtype(a.dtype, np.floating) and np.isfinite(a).all() for a in arrays.values()):
        return False
    typical = arrays["typical"]
    tables = [a.shape for name, a in arrays.items() if name.startswith((_VARIETY, _SPEAKER))]
    return (
        arrays["within"].shape == arrays["between"].shape == square
        and typical.ndim == 2
        and len(typical) > 0
        and typical.shape[1] == FEATURES
        and all(shape == table for shape in tables)
    )


def refuse_leakage(statistics: VoiceStatistics, path: Path) -> None:
    """Raise UserError where the recording is among those that the statistics were computed from."""
    name = statistics.provenance["recordings"].get(sha256_file(path))
    if name is not None:
        raise UserError(
            f"{path.name} is among the recordings of the statistics (as {name}): a result on it would flatter them. "
            "Compute them without it, or diarize it without them."
        )
