import pytest
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

from horuslib.review.sentences.markdown import bullets, code, code_block, counted, escape_markdown, finding


def test_punctuation_becomes_character_references():
    assert escape_markdown("a_b*c") == "a&#95;b&#42;c"
    assert escape_markdown("<b>&") == "&#60;b&#62;&#38;"
    assert escape_markdown("ação 5 %") == "ação 5 %"


def test_line_breaks_and_control_characters_become_spaces():
    assert escape_markdown(" a\n\n\tb\r\x00c ") == "a b c"


def test_what_is_no_text_is_written_as_text():
    assert escape_markdown(1.5) == "1&#46;5"
    assert code(3) == "`3`"


def test_a_plain_name_stays_readable_in_backticks():
    assert code("eco_reverb") == "`eco_reverb`"
    assert code("artifacts/horus/export/") == "`artifacts/horus/export/`"
    assert code("a`b") == "<code>a&#96;b</code>"
    assert code("") == "<code></code>"


@pytest.mark.parametrize("quote", [escape_markdown, code])
@pytest.mark.parametrize(
    "around", ["{}", "{} is it.", "- {}", "before `x` {} and **after** {}", "| a |\n|---|\n| {} |"]
)
def test_markup_is_shown_and_does_nothing(hostile, shows, quote, around):
    shows(lambda text: around.replace("{}", quote(text)), hostile)


def test_bullets_hold_one_escaped_sentence_each(hostile, shows):
    assert bullets(["a", "b"]) == "- a\n- b"
    assert bullets([]) == ""
    shows(lambda text: bullets(["first", text]), hostile)


def test_a_block_of_code_cannot_be_closed_from_within(hostile):
    page = BeautifulSoup(markdown2html(code_block(["A=1", "```", hostile, "B=2"])), "html.parser")
    assert [x.name for x in page.find_all(["img", "script", "b", "i", "a", "u", "table", "h1"])] == []
    lines = page.pre.get_text().strip().splitlines()
    assert (lines[0], lines[1], lines[-1], len(lines)) == ("A=1", "```", "B=2", 4)


def test_a_finding_quotes_names_twice_in_code_style_and_as_they_are():
    found = finding(lambda quote: f"{quote('a`b')} is it")
    assert found.markdown == "<code>a&#96;b</code> is it"
    assert found.alt == "a`b is it"


def test_numbers_agree_with_their_nouns():
    assert counted(0, "segment") == "0 segments"
    assert counted(1, "class", "classes") == "1 class"
    assert counted(1234, "class", "classes") == "1,234 classes"
