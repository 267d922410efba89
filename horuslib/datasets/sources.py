"""The folders of training data: the user's videos, or the demo corpus when there are none, and known-good programme."""

from collections.abc import Mapping
from pathlib import Path

from horuslib.audio import media_files
from horuslib.audio.media_files import OTHER_SUFFIXES
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.progress import Progress, size_of
from horuslib.core.walk import LeftOut, shown
from horuslib.core.workbooks import Inputs
from horuslib.datasets.corrections import hard_normal_lists, ledger_path
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels import clip_tables
from horuslib.datasets.labels.label_tracks import find_label_tracks
from horuslib.datasets.labels.timestamps import TABLE_NAMES
from horuslib.tasks import Task
from horuslib.tasks.fields import AUTO


def find_media(folder: Path, left_out: LeftOut | None = None) -> list[Path]:
    """The media files of a folder of training data, as a scan finds them: whatever plays, in no linked folder."""
    return media_files.find_media(folder, left_out, by_content=True)


def left_out_issues(left_out: LeftOut, folder: Path) -> list[IngestIssue]:
    """What the search of a folder did not take, but what nobody takes for media, such as tables and pictures."""
    put_right = "left out; put right or remove what stands there"
    follow = "left out; put the folder itself there"
    issues = [
        IngestIssue(shown_path(Path(path), folder), "", f"cannot be read: {why}", put_right, "error")
        for path, why in left_out.named
    ]
    issues += [
        IngestIssue(shown_path(Path(path), folder), "", "a link to a folder, which is not followed", follow, "warning")
        for path in left_out.links
    ]
    kinds = {suffix: n for suffix, n in left_out.passed_over.most_common() if suffix not in OTHER_SUFFIXES}
    if n := sum(kinds.values()):
        counted = ", ".join(f"{suffix or 'no suffix'} {k}" for suffix, k in kinds.items())
        files = "file that is no media" if n == 1 else "files that are no media"
        issues.append(IngestIssue("", "", f"{n} {files} ({counted})", "passed over", "note"))
    return issues


def find_raw(raw: str | Path, paths: Paths, task: Task | None = None) -> Path:
    """The folder of videos: the one named, else data/raw, else the task's demo corpus when data/raw holds no media.

    Raises
    ------
    UserError
        When the named folder does not exist, or there is no media file in any of them.
    """
    if raw:
        folder = _existing(raw, "give the folder that holds the videos.")
        if not find_media(folder):
            raise UserError(
                f"{folder} holds no video or sound file: put the videos there, with timestamp.csv beside them."
            )
        return folder
    demo = paths.demo_of(task.name) if task else paths.demo
    for folder in (paths.raw, demo):
        if find_media(folder):
            return folder
    raise UserError(f"{paths.raw} holds no video or sound file, nor is the demo corpus in {demo}: put videos there.")


def find_good(good: str | Path, paths: Paths, task: Task) -> Path | None:
    """The archive's folder: the one named, else data/good where that holds media, else None.

    A task without a background has no use for sound in which nothing is wrong.

    Raises
    ------
    UserError
        When the named folder does not exist or holds no media file, or the task has no background.
    """
    if not good:
        return paths.good if task.background and find_media(paths.good) else None
    if not task.background:
        raise UserError(f"Task {task.name} has no class for normal sound, which GOOD holds: leave GOOD out.")
    folder = _existing(good, "give the folder that holds the known-good programme.")
    if not find_media(folder):
        raise UserError(f"{folder} holds no video or sound file: put whole recordings of normal programme there.")
    return folder


def fingerprint_good(folder: Path | None) -> dict[str, str]:
    """What the archive's list depends on: the sha256 of every file that can be read."""
    if folder is None:
        return {}
    return _hashes({f"good/{shown_path(path, folder)}": path for path in find_media(folder)})


def videos(task: Task, options: Mapping[str, str], paths: Paths) -> Inputs:
    """The external input of ingest: the folders of the options `raw`, `good` and `test`, by content; and whether
    the channel's level is to be measured."""
    folder, archive = find_raw(options.get("raw", ""), paths, task), find_good(options.get("good", ""), paths, task)
    test = find_test(options.get("test", ""))
    content = fingerprint_raw(folder, paths) | fingerprint_good(archive)
    if test:
        content |= {f"test: {name}": sha256 for name, sha256 in fingerprint_raw(test, paths).items()}
    if task.decision.estimates_target:
        content["decision.target_lufs"] = AUTO
    return Inputs(content, {"raw": str(folder), "good": str(archive or ""), "test": str(test or "")})


def find_test(test: str | Path) -> Path | None:
    """The folder of the user's own test set, which must not share sound with the training data; None for none.

    Raises
    ------
    UserError
        When it does not exist.
    """
    return _existing(test, "give the folder of the test set, or leave TEST out.") if test else None


def _existing(folder: str | Path, what_to_do: str) -> Path:
    folder = Path(folder).expanduser().resolve()
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: {what_to_do}")
    return folder


def find_tables(folder: Path) -> list[Path]:
    """Every timestamp.csv and labels.csv under a folder, in a fixed order; hidden ones are left out."""
    names = (*TABLE_NAMES, *clip_tables.TABLE_NAMES)
    found = (p for p in folder.rglob("*") if p.name.lower() in names and p.is_file())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def fingerprint_raw(folder: Path, paths: Paths) -> dict[str, str]:
    """What the ingest of a folder depends on: the sha256 of every video, every label table and the corrections."""
    media = find_media(folder)
    labels = (*find_tables(folder), *find_label_tracks(media))
    files = {shown_path(p, folder): p for p in (*media, *labels) if p.is_file()}
    for ledger in (ledger_path(paths), *hard_normal_lists(ledger_path(paths))):
        if ledger.is_file():
            files[f"data/labels/{ledger.name}"] = ledger
    return _hashes(files)


def _hashes(files: Mapping[str, Path]) -> dict[str, str]:
    """The sha256 of each file, in the order of their names; of one that cannot be read why it cannot."""
    sizes = {name: size_of(path) for name, path in sorted(files.items())}
    found = {}
    with Progress(sum(sizes.values()), "input read", "B", each=None) as progress:
        for name, size in sizes.items():
            try:
                found[name] = sha256_file(files[name])
            except OSError as e:
                found[name] = str(e)
            progress.update(size)
    return found


def shown_path(path: Path, folder: Path) -> str:
    """Posix path relative to the folder; bytes that are not UTF-8 are written as `\\xNN`."""
    return shown(path.relative_to(folder).as_posix())
