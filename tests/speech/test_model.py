"""Which folders are a model; what is said of those that are not."""

import pytest

from horuslib.core.errors import UserError
from horuslib.speech.model import SpeechModel, check_folder


def test_a_missing_folder_and_missing_files_are_named(tmp_path):
    with pytest.raises(UserError, match=r"There is no folder .*absent"):
        check_folder(tmp_path / "absent")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(
        UserError, match=r"lacks model\.bin, tokenizer\.json, vocabulary\.txt.*ct2-transformers-converter"
    ):
        check_folder(tmp_path)


def test_damaged_weights_are_a_sentence(tmp_path):
    pytest.importorskip("faster_whisper")
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(UserError, match="does not load as a speech model"):
        SpeechModel.load(tmp_path, device="cpu")


def test_the_name_holds_the_hash_of_the_weights(model):
    assert model.name == "whisper-base d01c3014881c"
    assert (model.device, model.compute_type) == ("cpu", "int8")
