"""Each format, read back by what reads it."""

import json
import re

import av
import jsonschema
import pytest

from horuslib.speech.formats import FORMATS, to_json, to_rttm, to_srt, to_textgrid, to_txt, to_vtt
from horuslib.speech.rttm import read_rttm
from horuslib.speech.transcript import Transcript
from horuslib.speech.turns import Turn
from tests.speech.conftest import transcript_of, words_of

TWO = transcript_of(
    words_of("Bom dia a todos.", 0.5, speaker="Ana Lima"), words_of("Bom dia, <b>Ana</b> --> aqui.", 3.0, speaker="B")
)
NOBODY = transcript_of(words_of("Uma frase sem voz conhecida."))
EMPTY = transcript_of()
OVERLAPPING = transcript_of([*words_of("um", 1.0, 1.0), *words_of("dois", 1.5, 0.2), *words_of("três", 1.6, 0.5)])


@pytest.mark.parametrize("transcript", [TWO, NOBODY, EMPTY])
def test_json_keeps_everything_and_follows_its_schema(transcript):
    text = to_json(transcript)
    jsonschema.validate(json.loads(text), Transcript.model_json_schema())
    assert Transcript.model_validate_json(text) == transcript


@pytest.mark.parametrize("suffix", ["srt", "vtt"])
def test_ffmpeg_reads_the_subtitles(suffix, tmp_path):
    path = tmp_path / f"a.{suffix}"
    path.write_text(FORMATS[suffix][1](TWO), "utf-8")
    with av.open(str(path)) as file:
        stream = file.streams.subtitles[0]
        times = [float(p.pts * p.time_base) for p in file.demux(stream) if p.pts is not None]
    assert times == pytest.approx([0.5, 3.0])


def test_an_hour_is_written_with_hours():
    late = transcript_of(words_of("tarde", 3661.5))
    assert "01:01:01,500 --> 01:01:01,900" in to_srt(late)
    assert "01:01:01.500 --> 01:01:01.900" in to_vtt(late)


def test_a_cue_holds_no_markup_and_no_second_arrow_of_the_transcript():
    cue = to_vtt(TWO).splitlines()[-1]
    assert cue == "<v B>Bom dia, &lt;b&gt;Ana&lt;/b&gt; -&gt; aqui."
    assert all(line.count("-->") == 1 for line in to_srt(TWO).splitlines() if "-->" in line)


def test_txt_is_a_paragraph_per_speaker():
    assert to_txt(TWO).splitlines()[0] == "Ana Lima: Bom dia a todos."
    assert to_txt(NOBODY) == "Uma frase sem voz conhecida.\n"
    assert to_txt(EMPTY) == ""


def test_rttm_reads_back_as_turns(tmp_path):
    path = tmp_path / "a.rttm"
    path.write_text(to_rttm(TWO), "utf-8")
    first, second = read_rttm(path)["a.wav"]
    assert first == Turn(0.5, pytest.approx(2.1), "Ana_Lima")
    assert second.speaker == "B"
    path.write_text(to_rttm(NOBODY), "utf-8")
    assert [turn.speaker for turn in read_rttm(path)["a.wav"]] == ["unknown"]


@pytest.mark.parametrize("transcript", [TWO, NOBODY, EMPTY, OVERLAPPING])
def test_textgrid_intervals_cover_the_file_once(transcript):
    text = to_textgrid(transcript)
    for tier in text.split("item [")[2:]:
        edges = [float(x) for x in re.findall(r"xm(?:in|ax) = ([\d.]+)", tier)][2:]
        starts, ends = edges[::2], edges[1::2]
        assert starts[0] == 0
        assert ends[-1] == 10
        assert starts[1:] == ends[:-1]
        assert int(re.search(r"size = (\d+)", tier)[1]) == len(starts)
    assert text.count('""') >= 1 or transcript is not EMPTY
