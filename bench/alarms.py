"""False alarms an hour on whole programme, with known-good programme to learn from and without, and on generated music.

Reads `../shared/realset` and `../shared/normal_open` and is skipped without them. The sources of normal_open are dealt
into two halves of about the same length; a package is trained with each as its archive and scans the other, and one
without any scans both. Every package also scans realset/test, and generated loops, drum machines and arpeggios, as they
are and with an echo of the whole mix. PACKAGES in the environment selects some of `a`, `b`, `none`; HOURS is how much
music is generated (2).

The music comes from the generators that also make hard negatives for the training, with other seeds: what it says of
other music is what normal_open says.
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench._workbook import run_workbook
from bench.report import Skip
from horuslib.audio.encode import write_wav
from horuslib.augmentation.echoes import AddEcho
from horuslib.cli.status import DONE
from horuslib.core.paths import PROJECT
from horuslib.evaluation.known_good import score_scan
from horuslib.evaluation.score import read_json, score_folder
from horuslib.synthesis.music import music
from horuslib.synthesis.sequenced import SEQUENCED

TITLE = "false alarms with and without known-good programme, each way round, and on generated music"
SHARED = PROJECT.parent / "shared"
REALSET, ARCHIVE = SHARED / "realset", SHARED / "normal_open"
CLIP_S, RATE_HZ, ECHO = 60.0, 16000, "eco_reverb"
MOST_ALARMS, MOST_ALARMS_ALONE, MOST_ON_MUSIC = 2, 6, 1
Row = tuple[str, str, float, str]


def run() -> tuple[pd.DataFrame, dict]:
    """A row per measure of each package: what was found, and what must be."""
    if not (REALSET / "train").is_dir() or not (ARCHIVE / "truth.json").is_file():
        raise Skip(f"{REALSET} and {ARCHIVE} are not both there")
    wanted = os.environ.get("PACKAGES", "a b none").split()
    hours = float(os.environ.get("HOURS", "2"))
    truth = read_json(ARCHIVE / "truth.json", "truth")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        halves = _halves(truth, folder)
        _write_music(folder, hours)
        for name in wanted:
            good = halves.get(name)
            unheard = [half for key, half in halves.items() if key != name]
            rows += _Package(name, good, unheard, folder).measured(truth)
    table = pd.DataFrame(rows, columns=["package", "measure", "found", "must be"])
    return table.round(3), {"music_hours": hours, "load": os.getloadavg()[0]}


@dataclass(frozen=True)
class _Package:
    """A package that is trained and measured.

    Attributes
    ----------
    good : the archive it learns from, if any.
    unheard : folders of programme of other sources.
    """

    name: str
    good: Path | None
    unheard: list[Path]
    folder: Path

    def measured(self, truth: dict[str, dict]) -> Iterator[Row]:
        """Train, scan, count."""
        about = f"archive {self.name}" if self.good else "no archive"
        good = ["--good", str(self.good)] if self.good else []
        minutes, peak_gb = run_workbook(["export", "--raw", str(REALSET / "train"), *good], self._root)
        yield about, "minutes for everything", minutes, ""
        yield about, "memory, GB", peak_gb, "at most 2" if self.good else ""
        events = {name: found for half in self.unheard for name, found in self._scanned(half).items()}
        counted = score_scan({name: entry for name, entry in truth.items() if name in events}, events)
        most = MOST_ALARMS if self.good else MOST_ALARMS_ALONE
        yield about, "alarms an hour on programme of other sources", counted["total"]["per_hour"], f"at most {most}"
        yield about, "their 95 % interval, from", counted["total"]["low"], ""
        yield about, "their 95 % interval, to", counted["total"]["high"], ""
        for label, found in counted["per_class"].items():
            yield about, f"of them {label}", found["per_hour"], ""
        self._scanned(REALSET / "test")
        score = score_folder(REALSET / "test" / "truth.json", self._out(REALSET / "test"))
        yield about, "macro-F1 on realset/test", score["macro_f1"], "at least 0.965"
        for label, least in ((ECHO, 9), ("ruido_hiss", 8)):
            found, _, of = score["per_class"][label]["events_found"].partition("/")
            yield about, f"events of {label} found, of {of}", int(found), f"at least {least}"
        plain, echoed = (self._scanned(self.folder / name) for name in ("plain", "echoed"))
        heard_h = len(plain) * CLIP_S / 3600
        alarms = sum(event["type"] == ECHO for found in plain.values() for event in found)
        yield about, "echo alarms an hour on generated music", alarms / heard_h, f"at most {MOST_ON_MUSIC}"
        share = np.mean([any(event["type"] == ECHO for event in found) for found in echoed.values()])
        yield about, "echoes found in the same music", float(share), "at least 0.8"

    @property
    def _root(self) -> Path:
        return self.folder / f"root {self.name}"

    def _out(self, source: Path) -> Path:
        return self._root / f"scan {source.parent.name} {source.name}"

    def _scanned(self, source: Path) -> dict[str, list[dict]]:
        """File name -> events of a scan with the package."""
        package = self._root / "artifacts" / "horus" / "export"
        command = [sys.executable, "-m", "horuslib.cli", "scan", str(source)]
        command += ["--model", str(package), "--out", str(self._out(source))]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != DONE:
            raise RuntimeError(done.stderr)
        found = (read_json(path, "diagnosis") for path in sorted(self._out(source).rglob("*.json")))
        return {Path(one["file"]).name: one["events"] for one in found}


def _halves(truth: dict[str, dict], folder: Path) -> dict[str, Path]:
    """The archive's files in two folders, no source in both: the longest source goes where there is least so far."""
    seconds: dict[str, float] = defaultdict(float)
    for entry in truth.values():
        seconds[entry["repo"]] += entry["seconds"]
    dealt = {"a": 0.0, "b": 0.0}
    side = {}
    for repo in sorted(seconds, key=lambda repo: (-seconds[repo], repo)):
        side[repo] = min(dealt, key=lambda name: dealt[name])
        dealt[side[repo]] += seconds[repo]
    for name, entry in truth.items():
        place = folder / side[entry["repo"]] / entry["repo"].replace("/", " ")
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes((ARCHIVE / name).read_bytes())
    return {name: folder / name for name in dealt}


def _write_music(folder: Path, hours: float) -> None:
    """Minutes of sequenced music of all styles and tempos, as they are and with an echo of the whole mix."""
    styles = list(SEQUENCED)
    for name in ("plain", "echoed"):
        (folder / name).mkdir()
    for number in range(round(hours * 3600 / CLIP_S)):
        rng = np.random.default_rng([2026, number])
        clip = f"{styles[number % len(styles)]}_{number:03d}.wav"
        sound = music(rng, CLIP_S, RATE_HZ, styles[number % len(styles)])
        write_wav(folder / "plain" / clip, sound, RATE_HZ)
        echo = AddEcho(min_gain_db=-6.0, seed=number)
        write_wav(folder / "echoed" / clip, np.clip(echo(sound, RATE_HZ), -1, 1), RATE_HZ)
