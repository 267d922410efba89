"""A Whisper model in CTranslate2's format, from a local folder: nothing is ever downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError, install

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

Device = Literal["auto", "cpu", "cuda"]
WEIGHTS = "model.bin"
_FILES = (WEIGHTS, "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
_COMPUTE_TYPES = {"cpu": "int8", "cuda": "float16"}
CONVERT = (
    "Convert a model with `ct2-transformers-converter --model FOLDER --output_dir OUT --copy_files tokenizer.json "
    "preprocessor_config.json`, and name OUT."
)


@dataclass(frozen=True)
class SpeechModel:
    """A loaded model; may be used by one thread at a time."""

    name: str
    """The folder's name and the beginning of the hash of its weights."""
    device: str
    compute_type: str
    whisper: "WhisperModel" = field(repr=False)

    @classmethod
    def load(
        cls, folder: str | Path, device: Device = "auto", compute_type: str | None = None, threads: int = 0
    ) -> "SpeechModel":
        """Read a model's folder.

        Parameters
        ----------
        device : `auto` takes a GPU when there is one.
        compute_type : CTranslate2's name of a number format; by default int8 on a CPU, float16 on a GPU.
        threads : of the processor; 0 for as many as it has cores.

        Raises
        ------
        UserError
            When faster-whisper is not installed, a file is missing, or the model does not load.
        """
        folder = Path(folder)
        check_folder(folder)
        with _offline():
            try:
                import ctranslate2
                from faster_whisper import WhisperModel
            except ImportError:
                raise UserError(f"Transcription needs faster-whisper: {install('service')}.") from None
            if device == "auto":
                device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
            chosen = compute_type or _COMPUTE_TYPES[device]
            try:
                whisper = WhisperModel(
                    str(folder),
                    device=device,
                    compute_type=chosen,
                    cpu_threads=threads or os.cpu_count() or 1,
                    local_files_only=True,
                )
            except (RuntimeError, ValueError, OSError) as e:
                reason = str(e).strip().splitlines()[0][:200] if str(e).strip() else type(e).__name__
                raise UserError(f"{folder} does not load as a speech model ({reason}). {CONVERT}") from None
        return cls(model_name(folder), device, chosen, whisper)


def check_folder(folder: Path) -> None:
    """Raise UserError when a folder is not one of a model; nothing is loaded."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder} with a speech model. {CONVERT}")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in _VOCABULARIES):
        missing.append(_VOCABULARIES[0])
    if missing:
        raise UserError(f"{folder} is no speech model: it lacks {', '.join(missing)}. {CONVERT}")


def model_name(folder: Path) -> str:
    """Which weights these are: the folder's name and twelve digits of their hash."""
    return f"{folder.resolve().name} {sha256_file(folder / WEIGHTS)[:12]}"


@contextmanager
def _offline() -> Iterator[None]:
    """Tell the Hugging Face libraries to stay off the network, should a file be missing after all."""
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before
