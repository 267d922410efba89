"""Channel layouts that FFmpeg describes channel by channel."""

import numpy as np
import pytest

from bench._programmes import programme
from horuslib.audio.decoder import decoders


@pytest.mark.parametrize(("suffix", "layout"), [("mov", "7.1"), ("caf", "7.1"), ("mov", "6.1"), ("mov", "5.1")])
def test_a_custom_layout_is_decoded_under_its_names(tmp_path, suffix, layout):
    """In a process of its own: what PyAV frees twice would end this one."""
    picture = "mpeg4" if suffix == "mov" else None
    path = programme(tmp_path / f"x.{suffix}", 4.0, sound="pcm_s16le", picture=picture, layout=layout)
    with decoders(1) as (decoder,):
        for _ in range(2):
            audio = decoder.read_audio(path, 16000)
    assert audio.duration_s == pytest.approx(4, abs=0.05) and np.abs(audio.samples).max() > 0.01
    assert "channels (FL FR FC LFE " in audio.notes[0]
