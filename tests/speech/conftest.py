import pytest

from horuslib.speech.transcript import Segment, Transcript, Word


@pytest.fixture(scope="session")
def model(whisper_folder):
    from horuslib.speech.model import SpeechModel

    return SpeechModel.load(whisper_folder, device="cpu", threads=2)


def words_of(text, start_s=0.0, each_s=0.4, speaker=None):
    """Words of equal length, one after the other."""
    return [
        Word(text=w, start_s=start_s + k * each_s, end_s=start_s + (k + 1) * each_s, probability=0.9, speaker=speaker)
        for k, w in enumerate(text.split())
    ]


def transcript_of(*lines, file="a.wav", duration_s=10.0):
    """A transcript with a segment per list of words."""
    segments = tuple(Segment.of(words) for words in lines)
    return Transcript(file=file, duration_s=duration_s, language="pt", model="base 0", segments=segments)
