"""Text that Whisper invents: credits of subtitles it was trained on, loops, and what no voice could say so fast.

Nothing is discarded silently: each guard gives its reason, which becomes a note of the transcript.
"""

import re
import unicodedata
from dataclasses import dataclass, replace

CREDITS = (
    r"amara ?org",
    r"opensubtitles",
    r"legendas? (pela|feitas? pela) comunidade",
    r"(legendas?|transcricao e legendas?|traducao e legendas?|legendado|legendagem|sincronia) (por|de|da) \w+",
    r"subtitles? (by|made)",
)
"""Never part of a programme's speech."""
FAREWELLS = (
    r"(muito )?obrigad[oa] por (assistir|ver|acompanhar)( (ao|o|esse|este) video)?",
    r"(se )?inscrevam?( se)? no( nosso| meu)? canal",
    r"ate (a proxima|o proximo video)",
    r"thank(s| you) for watching",
    r"musica( de fundo)?",
)
"""Said by people too: discarded only as a whole segment of which the model is unsure."""
UNSURE = -0.7
"""Mean log-probability of a token; speech that is understood has -0.1 to -0.5."""
MOST_CHARACTERS_PER_S = 40.0
"""Fast Portuguese speech reaches about 20."""
LOOP_WORDS, LOOP_TIMES = 12, 4
_LEAST_WITHOUT_LOOPS = 0.4
"""Share of the words that must be left of a text for it to count as speech."""


@dataclass(frozen=True)
class Decoded:
    """What the model made of a chunk."""

    words: tuple[tuple[str, float, float, float], ...]
    """Text, start and end in seconds of the recording, probability."""
    log_probability: float
    """Mean of the tokens."""
    no_speech: float
    """The model's probability that nobody speaks."""
    compression: float
    """Length of the text over its length when compressed: 2.4 and more is repetition."""

    @property
    def text(self) -> str:
        return " ".join(word[0] for word in self.words)


def is_doubtful(decoded: Decoded) -> bool:
    """Whether decoding again, with some randomness, may give a better text; the limits are those of Whisper's paper."""
    return decoded.compression > 2.4 or decoded.log_probability < -1.0


def reason_to_discard(decoded: Decoded, speech_s: float) -> str | None:
    """Why a decoded text is no speech, or None.

    Parameters
    ----------
    speech_s : seconds of speech in the chunk.
    """
    said = without_loops(decoded)
    if len(said.words) < _LEAST_WITHOUT_LOOPS * len(decoded.words):
        return "it only repeats itself"
    text = plain(said.text)
    unsure = decoded.log_probability < UNSURE or decoded.no_speech > 0.6
    if any(re.search(rf"\b{phrase}\b", text) for phrase in CREDITS):
        return "credits of subtitles"
    if unsure and any(re.fullmatch(phrase, text) for phrase in FAREWELLS):
        return "a farewell or caption that is not certain to be spoken"
    if decoded.no_speech > 0.6 and decoded.log_probability < -1.0:
        return "no speech by the model's own estimate"
    if len(text) > MOST_CHARACTERS_PER_S * max(speech_s, 0.5):
        return f"{len(text)} characters in {speech_s:.1f} s"
    return None


def without_loops(decoded: Decoded) -> Decoded:
    """The same with each loop cut to its first round; the very object when there is none.

    A loop is a phrase that comes at least LOOP_TIMES times in a row and makes LOOP_WORDS words at least: "não, não,
    não" stays.
    """
    kept: list[tuple[str, float, float, float]] = []
    words, found = decoded.words, False
    bare = [plain(word[0]) for word in words]
    i = 0
    while i < len(words):
        length, times = _loop_at(bare, i)
        if times:
            kept += words[i : i + length]
            i += length * times
            found = True
        else:
            kept.append(words[i])
            i += 1
    if not found:
        return decoded
    return replace(decoded, words=tuple(kept))


def plain(text: str) -> str:
    """Lower case, without accents and punctuation, one space between words."""
    letters = unicodedata.normalize("NFD", text.lower())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in letters if not unicodedata.combining(c))))


def _loop_at(words: list[str], start: int) -> tuple[int, int]:
    """Words and rounds of the loop that begins here; (0, 0) for none."""
    for length in range(1, (len(words) - start) // LOOP_TIMES + 1):
        phrase, times = words[start : start + length], 1
        while words[start + times * length : start + (times + 1) * length] == phrase:
            times += 1
        if times >= LOOP_TIMES and times * length >= LOOP_WORDS:
            return length, times
    return 0, 0
