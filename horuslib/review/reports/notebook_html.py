"""What notebooks' own HTML lacks: text to the left, one line of headings, keys for what scrolls, no chatter."""

import re

import nbformat

_NOISE = re.compile(r"^(WARNING|INFO|ERROR):(tensorflow|absl):.*\n?", re.MULTILINE)
_TABLE = re.compile(r'<table(?! class="bars)\b.*?</table>', re.DOTALL)
_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[dh])\b([^>]*)>(.*?)</\1>", re.DOTALL)
_EMPTY = re.compile(r"<th([^>]*)>(?:\s|&nbsp;)*</th>")
_FIGURE = re.compile(r'<img\b[^>]*\bclass="figure"[^>]*>')
_NUMBER = re.compile(r"[-+−]?(\d[\d,]*\.?\d*(e[-+]?\d+)?|inf|∞)\s*%?|nan|NaN|None|–|", re.ASCII)


def join_output(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Make one output of what a cell printed line by line, without what libraries say on the way."""
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
    """The HTML of a notebook with its tables and outputs made ready for people."""
    body = re.sub(r"<pre\b", '<pre tabindex="0"', body)
    body = _FIGURE.sub(lambda found: f'<div class="wide" tabindex="0">{found[0]}</div>', body)
    return _TABLE.sub(lambda found: _table(found[0]), body)


def _table(table: str) -> str:
    head, mark, body = table.partition("</thead>")
    head = _one_heading(head)
    columns = list(zip(*map(_texts, _ROW.findall(body)), strict=False))
    words = {i for i, column in enumerate(columns) if not all(_NUMBER.fullmatch(text) for text in column)}
    full = [row for row in _ROW.findall(head) if len(_CELL.findall(row)) == len(columns)]
    for row in full[-1:]:
        head = head.replace(row, _to_the_left(row, words))
    table = head + mark + _ROW.sub(lambda row: _to_the_left(row[0], words), body)
    return _EMPTY.sub(r"<td\1></td>", table.replace("<table", '<table tabindex="0"', 1))


def _one_heading(head: str) -> str:
    """pandas gives the index's name a line of its own: it goes into the empty corner above it."""
    rows = _ROW.findall(head)
    if len(rows) < 2 or "colspan" in rows[-2]:
        return head
    above, last = rows[-2:]
    (corner, *_), (name, *rest) = map(_texts, (above, last))
    if corner or not name or any(rest):
        return head
    first = _CELL.search(above)
    titled = above.replace(first[0], f"<th{first[2]}>{_CELL.search(last)[3]}</th>", 1)
    return head.replace(above, titled).replace(last, "")


def _texts(row: str) -> list[str]:
    return [re.sub(r"<[^>]*>|&nbsp;", "", text).strip() for _, _, text in _CELL.findall(row)]


def _to_the_left(row: str, words: set[int]) -> str:
    """A row whose cells in these columns have the class `text`."""
    places = iter(range(row.count("<t")))

    def marked(cell: re.Match) -> str:
        tag, attributes, text = cell.groups()
        if next(places) not in words:
            return cell[0]
        named = (
            re.sub(r'class="', 'class="text ', attributes) if "class=" in attributes else f'{attributes} class="text"'
        )
        return f"<{tag}{named}>{text}</{tag}>"

    return _CELL.sub(marked, row)
