"""Which files are media: by their suffix, or where that says nothing, by their content."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from horuslib.core.errors import UserError
from horuslib.core.walk import LeftOut, walk

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

_VIDEO = """
mp4 m4v mov mkv webm ts m2ts mts m2t trp tp mxf avi mpg mpeg vob m2p wmv asf flv f4v 3gp 3g2 ogv gxf lxf dv divx rm
"""
_SOUND = """
wav wave bwf rf64 w64 flac mp3 mp2 mpa m2a ogg oga opus m4a m4b aac adts loas ac3 eac3 ec3 dts aif aiff aifc au snd
wma mka caf amr ape wv tta spx ra
"""
_OTHER = """
txt csv tsv xml json yaml yml md html htm css js pdf doc docx xls xlsx ppt pptx odt ods rtf log nfo ini cfg jpg jpeg
png gif tif tiff bmp webp heic ico svg psd srt vtt ass ssa stl ttml scc zip gz bz2 xz zst 7z rar tar md5 sha1 sha256
sfv db sqlite parquet npy npz keras tflite h5 py sh bat exe dll so edl fcpxml aaf drp prproj partial part tmp
crdownload lnk url torrent
"""
MEDIA_SUFFIXES = frozenset(f".{name}" for name in (_VIDEO + _SOUND).split())
OTHER_SUFFIXES = frozenset(f".{name}" for name in _OTHER.split())
"""Never looked into."""
_UNPLAYABLE = ("image2", "_pipe", "tty", "gif", "apng", "ico", "srt", "webvtt", "ass", "concat", "lrc")
_PROBE_FRAMES = 10


def find_media(
    folder: str | Path,
    left_out: LeftOut | None = None,
    exclude: Sequence[str] = (),
    follow_links: bool = False,
    by_content: bool = False,
) -> list[Path]:
    """Every media file under a folder in a fixed order; hidden files and folders are left out.

    None is found where there is no such folder. Raises UserError when it cannot be read; what cannot be read in it is
    left out.

    Parameters
    ----------
    left_out : is given what is not among the files.
    exclude, follow_links : as in `core.walk.walk`.
    by_content : whether files of unknown suffix are looked into.
    """
    left_out = LeftOut() if left_out is None else left_out
    try:
        found = list(walk(Path(folder), left_out, exclude, follow_links))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as e:
        raise UserError(f"The folder {folder} cannot be read ({e.strerror}): allow it, or leave it out.") from None
    media = [path for path in found if path.suffix.lower() in MEDIA_SUFFIXES]
    others = [path for path in found if path.suffix.lower() not in MEDIA_SUFFIXES]
    if by_content:
        media += media_among([path for path in others if path.suffix.lower() not in OTHER_SUFFIXES])
    left_out.passed_over.update(path.suffix.lower() for path in set(others).difference(media))
    return sorted(media, key=lambda p: p.as_posix())


def media_among(paths: Sequence[Path]) -> list[Path]:
    """Those of some files that FFmpeg can play; looked into by a process of its own, which may die of one."""
    found, left = [], list(paths)
    while left:
        answers = list(_answers(left))
        found += [path for path, is_media in zip(left, answers, strict=False) if is_media]
        left = left[len(answers) + 1 :]  # the process died of the one after the last answer, if any
    return found


def _answers(paths: Sequence[Path]) -> Iterator[bool]:
    """Whether each file is media, until the process ends."""
    command = [sys.executable, "-m", __name__]
    asked = b"".join(bytes(path.absolute()) + b"\0" for path in paths)
    done = subprocess.run(command, input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    yield from (letter == ord("y") for letter in done.stdout)


def is_media(path: Path) -> bool:
    """Whether FFmpeg finds sound or moving pictures in a file, and most of the first frames decode."""
    import av

    from horuslib.audio.streams.opening import OPENED, THIS_FILE

    try:
        with av.open(str(path), options=THIS_FILE, **OPENED) as container:
            name = container.format.name
            if any(name == kind or (kind.startswith("_") and name.endswith(kind)) for kind in _UNPLAYABLE):
                return False
            return _decodes(container, (*container.streams.audio, *container.streams.video)[:1])
    except (av.FFmpegError, ValueError, OSError):
        return False


def _decodes(container: "InputContainer", streams: "Iterable[Stream]") -> bool:
    import av

    good = bad = 0
    for packet in container.demux(*streams):
        try:
            good += len(packet.decode())
        except av.FFmpegError:
            bad += 1
        if good + bad >= _PROBE_FRAMES:
            break
    return good > 2 * bad


def _serve() -> None:
    """Answer `y` or `n` for each path on standard input, as soon as it is known."""
    for path in sys.stdin.buffer.read().split(b"\0")[:-1]:
        answer = b"y" if is_media(Path(path.decode(errors="surrogateescape"))) else b"n"
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve()
