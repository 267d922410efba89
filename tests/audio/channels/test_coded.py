"""Coded audio in PCM: bursts with the sync words of SMPTE ST 337."""

import av
import numpy as np
import pytest

from horuslib.audio.channels.coded import CodedAudio, coded_channels
from horuslib.audio.channels.faults import ChannelFaults
from horuslib.audio.media import MediaError, read_audio
from horuslib.audio.track import Block
from tests.conftest import noise, tone

RATE = 48000
FRAME = 1536


def ac3_frames(samples):
    """The coded frames of mono sound."""
    encoder = av.CodecContext.create("ac3", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "mono", "fltp", 192000
    frame = av.AudioFrame.from_ndarray(samples.astype(np.float32)[None], "fltp", "mono")
    frame.sample_rate = RATE
    fifo = av.AudioFifo()
    fifo.write(frame)
    pieces = fifo.read_many(FRAME)
    return [bytes(packet) for piece in pieces for packet in encoder.encode(piece)]


def words_of(payload, kind, length=FRAME * 2):
    """A burst of 16-bit words, filled up with zeros."""
    content = np.frombuffer(payload + b"\0" * (len(payload) % 2), ">u2").astype(np.int64)
    header = [0xF872, 0x4E1F, kind, 8 * len(payload)]
    return np.concatenate([header, content, np.zeros(length - 4 - len(content), np.int64)])


def planes_of(words, bits=16):
    """A pair of channels that carry words in turn."""
    signed = np.where(words >= 2 ** (bits - 1), words - 2**bits, words)
    return (signed.reshape(-1, 2).T / 2 ** (bits - 1)).astype(np.float32)


@pytest.fixture(scope="module")
def ac3():
    """Two and a half seconds of a tone in AC-3, as a pair of PCM channels."""
    return planes_of(np.concatenate([words_of(frame, 1) for frame in ac3_frames(tone(2.5, RATE, 440, -20))]))


def dolby_e_bursts():
    """Bursts of 24-bit words that say Dolby E and hold noise: no free encoder makes any."""
    rng = np.random.default_rng(3)
    bursts = []
    for _ in range(75):
        words = rng.integers(0, 2**24, 1920 * 2)
        words[:4] = 0x96F872, 0xA54E1F, 28 << 8, 3000 * 24
        words[3004:] = 0
        bursts.append(words)
    return planes_of(np.concatenate(bursts), 24)


@pytest.fixture(scope="module")
def dolby_e():
    return dolby_e_bursts()


def heard(planes, layout=("FL", "FR"), faults=None):
    coded = CodedAudio(faults or ChannelFaults(), "x.mov")
    blocks = [Block(planes[:, k : k + RATE], layout, RATE) for k in range(0, planes.shape[1], RATE)]
    return list(coded.blocks(blocks)), coded


def write(path, planes, codec="pcm_s24le"):
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=RATE, layout="stereo")
        samples = np.rint(planes.astype(np.float64) * 2**31).astype(np.int32)
        frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), "s32", "stereo")
        frame.sample_rate = RATE
        for piece in av.AudioResampler(stream.format, "stereo", RATE).resample(frame):
            out.mux(stream.encode(piece))
        out.mux(stream.encode())
    return path


@pytest.mark.parametrize(("suffix", "codec"), [("mov", "pcm_s16le"), ("mov", "pcm_s24le"), ("mkv", "pcm_s24le")])
def test_ac3_in_pcm_is_decoded_and_said(tmp_path, ac3, suffix, codec):
    audio = read_audio(write(tmp_path / f"x.{suffix}", ac3, codec), 16000)
    assert audio.duration_s == pytest.approx(ac3.shape[1] / RATE, abs=0.05)
    middle = audio.samples[8000:24000]
    assert np.abs(np.fft.rfft(middle)).argmax() == pytest.approx(440, abs=1)
    assert any("coded audio, not PCM (AC-3 in SMPTE 337M): decoded" in note for note in audio.notes)
    assert [fault["kind"] for fault in audio.channel_faults] == ["coded"]


def test_coded_audio_that_cannot_be_decoded_is_no_sound(tmp_path, dolby_e):
    with pytest.raises(MediaError, match=r"x\.mov: its sound is coded audio, not PCM \(Dolby E in SMPTE 337M\)"):
        read_audio(write(tmp_path / "x.mov", dolby_e), 16000)


def test_coded_audio_beside_the_programme_is_left_out(dolby_e):
    programme = np.rint(tone(dolby_e.shape[1] / RATE, RATE, 440, -20) * 2**15) / np.float32(2**15)
    faults = ChannelFaults()
    blocks, coded = heard(np.stack([programme, programme, *dolby_e]), ("1", "2", "3", "4"), faults)
    together = np.concatenate([block.planes for block in blocks], axis=1)
    np.testing.assert_array_equal(together[:2], [programme, programme])
    assert not together[2:].any() and coded.note() == ["coded audio, not PCM (Dolby E in SMPTE 337M): left out"]
    (fault,) = faults.all()
    assert (fault["channels"], fault["start"]) == (["3", "4"], 0.0)


def test_bursts_between_pcm_keep_all_times(ac3):
    """Two seconds of PCM, coded audio that begins within a block, and PCM again."""
    sound, hush = tone(2, RATE, 1000, -20), np.zeros((2, RATE // 4), np.float32)
    planes = np.concatenate([[sound, sound], hush, ac3, hush, [sound, sound]], axis=1).astype(np.float32)
    blocks, _ = heard(planes)
    mono = np.concatenate([block.planes.mean(axis=0) for block in blocks])
    assert len(mono) == pytest.approx(planes.shape[1], abs=RATE // 20)
    assert np.abs(np.fft.rfft(mono[3 * RATE : 4 * RATE])).argmax() == pytest.approx(440, abs=1)
    assert np.abs(np.fft.rfft(mono[-RATE:])).argmax() == pytest.approx(1000, abs=1)


def test_half_of_a_coded_pair_is_recognised(dolby_e, ac3):
    for planes in (dolby_e, ac3):
        for half in planes:
            assert coded_channels(Block(half[None, :RATE], ("FC",), RATE)) == [(0,)]
    chance = ac3[:1, :RATE].copy()
    chance[0, 700] = chance[0, 0]  # a word of the payload that is a sync word by chance
    assert coded_channels(Block(chance, ("FC",), RATE)) == [(0,)]
    with pytest.raises(MediaError, match="half of a pair"):
        heard(dolby_e[:1], ("FC",))


def test_coded_audio_has_its_times(dolby_e):
    """Two seconds of it between sound, twice."""
    sound = np.tile(np.rint(tone(4, RATE, 440, -20) * 2**15) / np.float32(2**15), (2, 1))
    faults = ChannelFaults()
    heard(np.concatenate([sound, dolby_e[:, : 2 * RATE], sound, dolby_e[:, : 2 * RATE], sound], axis=1), faults=faults)
    found = [(fault["kind"], fault["start"], fault["end"]) for fault in faults.all()]
    assert found == [("coded", 4.0, 6.0), ("coded", 10.0, 12.0)]


def test_sound_is_never_coded(rng):
    """Full-scale noise of 16 bits, a tone, silence."""
    loud = np.rint(noise(rng, 1, RATE, -3).clip(-1, 1) * 32767) / 32768
    for planes in ([loud, loud], [tone(1, RATE), tone(1, RATE)], np.zeros((2, RATE))):
        assert coded_channels(Block(np.asarray(planes, np.float32), ("FL", "FR"), RATE)) == []


@pytest.mark.slow
def test_a_tone_is_not_half_of_a_coded_pair():
    """1001 Hz at 48 kHz in 16 bits passes through a sync word again and again."""
    t = np.arange(6 * RATE) / RATE
    for level_dbfs in np.arange(-30.0, -3.0, 0.2):
        x = np.round(10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 1001 * t) * 2**15) / 2**15
        for start in range(0, len(x), RATE):
            assert coded_channels(Block(x[None, start : start + RATE].astype(np.float32), ("FC",), RATE)) == []
