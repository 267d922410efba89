"""A real model on real files: text, times, silence, limits, other languages, bad input."""

import numpy as np
import pytest
import soundfile

from horuslib.core.errors import UserError
from horuslib.speech.chunks import RATE_HZ
from horuslib.speech.guards import plain
from horuslib.speech.transcribe import Decoding, transcribe
from tests.conftest import tone
from tests.speech.voice import say

FAST = Decoding(beam=1)


def written(path, *pieces):
    soundfile.write(path, np.concatenate(pieces), RATE_HZ)
    return path


@pytest.mark.slow
def test_a_short_clip_is_not_swallowed_and_its_words_have_times(model, tmp_path):
    path = written(tmp_path / "bom dia.wav", np.zeros(RATE_HZ, np.float32), say("bom dia"))
    found = transcribe(path, model)
    assert plain(found.text) == "bom dia"
    assert found.file == "bom dia.wav"
    assert found.duration_s == pytest.approx(1 + len(say("bom dia")) / RATE_HZ, abs=0.01)
    for word in found.words:
        assert 0.85 <= word.start_s < word.end_s <= found.duration_s
        assert word.end_s - word.start_s <= 1.5


@pytest.mark.slow
def test_no_word_stands_in_a_pause(model, tmp_path):
    voice, pause = say("bom dia"), np.zeros(round(1.5 * RATE_HZ), np.float32)
    found = transcribe(written(tmp_path / "a.wav", voice, pause, voice), model, decoding=FAST)
    ends_s, begins_s = len(voice) / RATE_HZ, (len(voice) + len(pause)) / RATE_HZ
    assert [w for w in found.words if w.start_s > ends_s + 0.15 and w.end_s < begins_s - 0.15] == []
    assert found.words[0].end_s <= ends_s + 0.15
    assert found.words[-1].start_s >= begins_s - 0.15


@pytest.mark.parametrize("sound", [np.zeros(3 * RATE_HZ, np.float32), tone(3, RATE_HZ, 60.0)], ids=["silence", "hum"])
def test_no_text_where_nobody_speaks(sound, model, tmp_path):
    assert transcribe(written(tmp_path / "a.wav", sound), model).segments == ()


@pytest.mark.slow
def test_the_language_is_detected_when_none_is_given(model, tmp_path):
    assert transcribe(written(tmp_path / "a.wav", say("bom dia a todos")), model, language=None, decoding=FAST).language


def test_a_file_that_is_too_long_is_refused_before_all_of_it_is_decoded(model, tmp_path):
    path = written(tmp_path / "longo.flac", np.zeros(600 * RATE_HZ, np.float32))
    with pytest.raises(UserError, match=r"longo\.flac is longer than 60 s"):
        transcribe(path, model, max_seconds=60)


def test_an_unknown_language_is_refused(model, tmp_path):
    with pytest.raises(UserError, match="'portugues' is unknown"):
        transcribe(tmp_path / "a.wav", model, language="portugues")
