"""Two folders of transcripts against a table of texts."""

from itertools import groupby

import pytest

pytest.importorskip("jiwer")
from horuslib.cli import main
from horuslib.speech.comparison import as_text
from horuslib.speech.error_rates import Comparison, Rate
from horuslib.speech.formats import to_json
from tests.speech.conftest import transcript_of, words_of

TEXTS = {f"f{k}": "o gato dorme na mesa grande" for k in range(12)}


@pytest.fixture
def sides(tmp_path):
    """`good` has one error in each file, `bad` two."""
    for side, text in (("bad", "o pato dorme na messa grande"), ("good", "o gato dorme na messa grande")):
        (tmp_path / side).mkdir()
        for name in TEXTS:
            (tmp_path / side / f"{name}.wav.json").write_text(to_json(transcript_of(words_of(text), file=name)))
    rows = ["name,text", *(f"{name}.wav,{text}" for name, text in TEXTS.items())]
    (tmp_path / "truth.csv").write_text("\n".join(rows), "utf-8")
    return tmp_path


def run(folder, one, other):
    return main(["speech", "compare", str(folder / one), str(folder / other), "--truth", str(folder / "truth.csv")])


def test_a_difference_is_printed_with_its_interval(sides, capsys):
    assert run(sides, "bad", "good") == 0
    printed = capsys.readouterr().out
    assert "WER 33.3% (24 of 72 words)" in printed
    assert "50.0% fewer errors" in printed
    assert "95 % interval 50.0% to 50.0%, paired bootstrap over 12 files" in printed
    assert printed.strip().endswith("good is better.")


def test_a_side_against_itself_shows_no_difference(sides, capsys):
    run(sides, "good", "good")
    assert "no difference is shown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.1, 0.3, "no difference is shown"), (0.01, 0.3, "b is better"), (-0.3, -0.01, "a is better")],
)
def test_better_needs_an_interval_beside_zero(low, high, verdict):
    found = Comparison(Rate(10, 50), Rate(9, 50), 0.1, low, high, 8)
    assert as_text(found, Rate(1, 9), Rate(1, 9), ("a", "b")).endswith(f"{verdict}.")


def test_a_missing_transcript_and_a_bad_table_are_named(sides, capsys):
    (sides / "good" / "f3.wav.json").unlink()
    assert run(sides, "bad", "good") == 2
    assert "for 1 names of the table: f3" in capsys.readouterr().err
    (sides / "truth.csv").write_text("file\na")
    assert run(sides, "bad", "bad") == 2
    assert "columns name and text" in capsys.readouterr().err


TALK = (("Ana", "o gato dorme"), ("Rui", "na mesa grande"), ("Ana", "bom dia"))


@pytest.fixture
def talks(tmp_path):
    """The same words: `mixed` gives two of Rui's to Ana, `right` knows who speaks under other names."""
    speakers = {"right": ["S01"] * 3 + ["S02"] * 3 + ["S01"] * 2, "mixed": ["S01"] * 5 + ["S02"] + ["S01"] * 2}
    for side, who in {**speakers, "nobody": [None] * 8}.items():
        (tmp_path / side).mkdir()
        said = words_of(" ".join(text for _, text in TALK))
        words = [word.model_copy(update={"speaker": name}) for word, name in zip(said, who, strict=True)]
        lines = [list(group) for _, group in groupby(words, key=lambda word: word.speaker)]
        (tmp_path / side / "talk.wav.json").write_text(to_json(transcript_of(*lines, file="talk.wav")), "utf-8")
    rows = ["name,speaker,text", *(f"talk.wav,{who},{text}" for who, text in TALK)]
    (tmp_path / "truth.csv").write_text("\n".join(rows), "utf-8")
    return tmp_path


def test_where_the_table_has_speakers_their_errors_count_too(talks, capsys):
    assert run(talks, "mixed", "right") == 0
    mixed, right, _ = capsys.readouterr().out.splitlines()
    assert "WER 0.0% (0 of 8 words)" in mixed and "cpWER 50.0% (4 of 8 words)" in mixed
    assert "cpWER 0.0% (0 of 8 words)" in right


def test_a_transcript_without_speakers_is_one_speakers_text(talks, capsys):
    run(talks, "nobody", "right")
    assert "cpWER 75.0% (6 of 8 words)" in capsys.readouterr().out


def test_transcripts_may_be_the_reference(talks, capsys):
    sides = [str(talks / side) for side in ("mixed", "right")]
    assert main(["speech", "compare", *sides, "--truth", str(talks / "right")]) == 0
    assert "cpWER 50.0% (4 of 8 words)" in capsys.readouterr().out


def test_without_speakers_in_the_reference_none_are_counted(sides, capsys):
    run(sides, "bad", "good")
    assert "cpWER" not in capsys.readouterr().out
