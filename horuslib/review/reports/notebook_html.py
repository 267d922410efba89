"""Post-processing of notebook HTML: left-aligned text, one header row, keyboard scrolling, no library messages."""

import re
from collections.abc import Sequence

import nbformat
from bs4 import BeautifulSoup, SoupStrainer, Tag

_NOISE = re.compile(r"^(WARNING|INFO|ERROR):(tensorflow|absl):.*\n?", re.MULTILINE)
_NUMBER = re.compile(r"[-+−]?(\d[\d,]*\.?\d*(e[-+]?\d+)?|inf|∞)\s*%?|nan|NaN|None|–|", re.ASCII)


def join_output(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Join the printed outputs of each cell into one, without log messages of libraries."""
    for cell in notebook.cells:
        joined = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = _NOISE.sub("", output.text)
                if joined and joined[-1].output_type == "stream" and joined[-1].name == output.name:
                    joined[-1].text += output.text
                    continue
            joined.append(output)
        if "outputs" in cell:
            cell.outputs = [x for x in joined if x.output_type != "stream" or x.text.strip()]
    return notebook


def clean_html(body: str) -> str:
    """The HTML of a notebook with its tables and outputs made readable and accessible."""
    page = BeautifulSoup(body, "html.parser")
    for printed in page.find_all("pre"):
        printed["tabindex"] = "0"
    for figure in page.select("img.figure"):
        figure.wrap(page.new_tag("div", attrs={"class": "wide", "tabindex": "0"}))
    for table in page.find_all("table"):
        if "bars" not in table.get("class", []):
            _clean_table(table)
    return str(page)


def headings(body: str) -> list[dict]:
    """Level (1 to 3), id and text of the headings that can be linked to."""
    found = BeautifulSoup(body, "html.parser", parse_only=SoupStrainer(["h1", "h2", "h3"], id=True))
    for anchor in found.select("a.anchor-link"):
        anchor.decompose()
    return [{"level": int(h.name[1]), "id": h["id"], "text": h.get_text()} for h in found.find_all(recursive=False)]


def _clean_table(table: Tag) -> None:
    """One header row, left-aligned text, no empty header cells, and scrolling by keyboard."""
    table["tabindex"] = "0"
    if table.thead:
        _join_headings(table.thead.find_all("tr"))
    head = table.thead.find_all("tr") if table.thead else []
    body = [row for row in table.find_all("tr") if row not in head]
    columns = list(zip(*map(_texts, body), strict=False))
    words = {i for i, column in enumerate(columns) if not all(_NUMBER.fullmatch(text) for text in column)}
    full = [row for row in head if len(_cells(row)) == len(columns)]
    for row in [*full[-1:], *body]:
        for i, cell in enumerate(_cells(row)):
            if i in words:
                cell["class"] = ["text", *cell.get("class", [])]
    for heading in table.find_all("th"):
        if not heading.get_text(strip=True) and not heading.find(True):
            heading.name = "td"


def _join_headings(rows: Sequence[Tag]) -> None:
    """pandas puts the index name in a row of its own: move it into the empty corner cell above."""
    if len(rows) < 2 or any(cell.has_attr("colspan") for cell in _cells(rows[-2])):
        return
    above, last = rows[-2:]
    (corner, *_), (name, *rest) = _texts(above), _texts(last)
    if not corner and name and not any(rest):
        _cells(above)[0].string = name
        last.decompose()


def _cells(row: Tag) -> list[Tag]:
    return row.find_all(["td", "th"], recursive=False)


def _texts(row: Tag) -> list[str]:
    return [cell.get_text().replace("\xa0", " ").strip() for cell in _cells(row)]
