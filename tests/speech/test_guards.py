"""What is discarded as invented, and what stays because people say it."""

import pytest

from horuslib.speech.guards import Decoded, is_doubtful, reason_to_discard, without_loops


def decoded(text, log_probability=-0.3, no_speech=0.1, compression=1.2):
    words = tuple((word, float(k), k + 0.4, 0.9) for k, word in enumerate(text.split()))
    return Decoded(words, log_probability, no_speech, compression)


@pytest.mark.parametrize(
    "text",
    [
        "Legendas pela comunidade Amara.org",
        "Legendas pela comunidade das Amara.org",
        "Transcrição e Legendas por Pedro Negri",
        "Tradução e legendas por Maria",
        "www.opensubtitles.org",
    ],
)
def test_credits_of_subtitles_are_discarded(text):
    assert "credits" in reason_to_discard(decoded(text), 5.0)


@pytest.mark.parametrize("text", ["Obrigado por assistir!", "Se inscreva no canal.", "Música"])
def test_a_farewell_stays_when_the_model_is_sure_of_it(text):
    assert reason_to_discard(decoded(text), 2.0) is None
    assert reason_to_discard(decoded(text, log_probability=-0.9), 2.0)


@pytest.mark.parametrize(
    "text", ["As legendas do mapa estão erradas", "Não, não, não, não, não!", "A música começou às 9h."]
)
def test_ordinary_speech_stays(text):
    assert reason_to_discard(decoded(text), 3.0) is None
    assert without_loops(decoded(text)).text == text


def test_what_nobody_says_so_fast_is_discarded():
    assert "characters in 0.3 s" in reason_to_discard(decoded("palavra diferente " * 3), 0.3)


def test_a_loop_within_speech_is_cut_to_its_first_round():
    text = "o jornal de hoje traz notícias da capital e do interior " + "e a chuva " * 5
    assert without_loops(decoded(text)).text == "o jornal de hoje traz notícias da capital e do interior e a chuva"
    assert reason_to_discard(decoded(text), 10.0) is None


def test_a_text_that_is_all_loop_is_discarded():
    assert "repeats" in reason_to_discard(decoded("o que é " * 20), 30.0)


@pytest.mark.parametrize(
    ("odd", "doubtful"), [({}, False), ({"compression": 3.0}, True), ({"log_probability": -1.2}, True)]
)
def test_doubtful_texts_are_decoded_again(odd, doubtful):
    assert is_doubtful(decoded("bom dia", **odd)) is doubtful
