"""Texts that try to become markup, and how the notebooks' pages render a sentence."""

import pytest
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</code><b>x</b>",
    "`<i>x</i>`",
    "``` <u>x</u>",
    "[x](javascript:alert(1))",
    "](javascript:alert(1))",
    "![x](https://example.com/x.png)",
    "https://example.com www.example.com a@example.com <a@example.com>",
    "a|b\n---|---\nc|d",
    "**x** _x_ *x* ~~x~~ ==x==",
    "\n\n# x\n\n- x\n\n1. x\n\n> x\n\n---\n\n    x",
    "x\n===",
    "1) x",
    "$x$ $$x$$ \\(x\\) \\[x\\] \\begin{a}x\\end{a}",
    "&lt;b&gt;x &amp; &#60;b&#62;",
    "[x]: https://example.com\n[x] [^1]",
    "a\x00b\u2028c\\*d",
]


@pytest.fixture(params=HOSTILE)
def hostile(request):
    """A text as a user could supply it, which must be shown as it is."""
    return request.param


@pytest.fixture
def shows():
    """Checks that a sentence shows a text and that no element came from it: as many elements as with a plain text."""

    def check(say, text):
        page, plain = (BeautifulSoup(markdown2html(say(x)), "html.parser") for x in (text, "PLAIN"))
        elements = [[(x.name, x.attrs) for x in soup.find_all(True)] for soup in (page, plain)]
        assert elements[0] == elements[1]
        expected = plain.get_text().replace("PLAIN", text.replace("\x00", ""))
        assert "".join(page.get_text().split()) == "".join(expected.split())

    return check
