"""Executed notebooks as self-contained pages: no network access, code folded, readable on a phone and in print.

nbconvert renders a notebook's body with the template in `templates/notebook`; `templates/page.html.j2` adds navigation
and a table of contents. All pages of a task are in `reports/TASK/`.
"""

import html
import re
from pathlib import Path
from pkgutil import resolve_name

from horuslib import __version__
from horuslib.core import artifacts
from horuslib.core.paths import Paths
from horuslib.review.cards.sound_card import template
from horuslib.review.reports.notebook_html import clean_html, headings, join_output
from horuslib.tasks import AnyTask

_TEMPLATES = Path(__file__).parents[1] / "templates"
_SITE = re.compile(r'<nav class="site".*?</nav>', re.DOTALL)


def notebook_to_html(executed: Path, html_path: Path, *, task: AnyTask | None = None) -> Path:
    """Write an executed notebook as one self-contained page.

    Parameters
    ----------
    executed : the executed .ipynb.
    html_path : path of the page; the other notebooks of the task are in the same folder.
    task : added to the title and navigation; without it, the page has no links to other pages.
    """
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="notebook", extra_template_basedirs=[str(_TEMPLATES)])
    body = clean_html(exporter.from_notebook_node(join_output(nbformat.read(executed, as_version=4)))[0])
    contents = headings(body)
    title = contents[0]["text"] if contents else Path(executed).stem
    step = Path(html_path).stem
    page = template("page.html.j2").render(
        title=f"{title} · {task.name}" if task else title,
        css=page_css(with_code=True),
        site=_site(task, step, Path(html_path).parent) if task else "",
        contents=[h for h in contents if h["level"] > 1],
        onward=_onward(task, step, Path(html_path).parent) if task else "",
        body=body,
        colophon=colophon(),
    )
    return artifacts.write_bytes(Path(html_path), page.encode("utf-8"))


def write_task_index(task: AnyTask, paths: Paths | None = None) -> Path:
    """Write `reports/TASK/index.html`: the result on one screen, then links to the notebooks."""
    paths = paths or Paths()
    folder = paths.reports(task.report_name)
    page = template("page.html.j2").render(
        title=f"{task.title} · {task.name}",
        css=page_css(),
        site=_site(task, "index", folder),
        body=resolve_name(f"{task.steps.pages}:task_page")(task, paths, _notebooks(task, folder)),
        colophon=colophon(),
    )
    return artifacts.write_bytes(folder / "index.html", page.encode("utf-8"))


def write_index(paths: Paths | None = None) -> Path:
    """Write `reports/index.html`: every task with a page, and its verdict."""
    paths = paths or Paths()
    folder = paths.reports()
    tasks = [
        {"href": f"{page.parent.name}/index.html", "name": page.parent.name, "title": _title(page), "word": _word(page)}
        for page in sorted(folder.glob("*/index.html"))
    ]
    body = template("tasks.html.j2").render(tasks=tasks)
    page = template("page.html.j2").render(
        title="Horus Workbook: reports", css=page_css(), body=body, colophon=colophon()
    )
    return artifacts.write_bytes(folder / "index.html", page.encode("utf-8"))


def page_css(with_code: bool = False) -> str:
    """The pages' CSS; `with_code` adds syntax highlighting for light and dark mode."""
    css = (_TEMPLATES / "page.css").read_text("utf-8")
    if not with_code:
        return css
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
    return (
        f"{css}{light}\n@media (prefers-color-scheme:dark){{{dark}}}.highlight,.highlight pre{{background:var(--code)}}"
    )


def link_pages(task: AnyTask, paths: Paths | None = None) -> None:
    """Update the links among a task's pages: each page was written before the later ones existed."""
    folder = (paths or Paths()).reports(task.report_name)
    for step in task.steps.names:
        page = folder / f"{step}.html"
        if page.exists():
            text = page.read_text("utf-8")
            linked = _SITE.sub(lambda _, step=step: _site(task, step, folder), text, count=1)
            head, mark, tail = linked.rpartition('<p class="onward">')
            if mark:
                linked = head + _onward(task, step, folder) + tail.partition("</p>")[2]
            if linked != text:
                artifacts.write_bytes(page, linked.encode("utf-8"))


def _site(task: AnyTask, here: str, folder: Path) -> str:
    """The navigation bar: all reports, the task's result, its notebooks; missing pages are not linked."""
    links = [("../index.html", "Reports", ""), ("index.html", f"{task.name}: result", "index")]
    links += [(f"{step}.html", step.replace("_", " ", 1), step) for step in task.steps.names]
    pages = [
        {"href": href, "text": text, "here": step == here, "there": step in ("", "index") or _there(step, here, folder)}
        for href, text, step in links
    ]
    return template("site.html.j2").render(pages=pages)


def _onward(task: AnyTask, step: str, folder: Path) -> str:
    """The links to the previous and the next page, where they exist."""
    order = ["index", *task.steps.names]
    if step not in order:
        return ""
    i = order.index(step)
    sides = [(order[i - 1], "← {}"), (order[(i + 1) % len(order)], "{} →")]
    links = [
        f'<a href="{name}.html">{arrow.format("result" if name == "index" else name.replace("_", " ", 1))}</a>'
        for name, arrow in sides
        if name == "index" or _there(name, step, folder)
    ]
    return f'<p class="onward">{"".join(links)}</p>'


def _there(step: str, here: str, folder: Path) -> bool:
    return step == here or (folder / f"{step}.html").exists()


def _notebooks(task: AnyTask, folder: Path) -> list[dict]:
    """The existing notebook pages, with their titles."""
    return [
        {"href": f"{step}.html", "title": _title(folder / f"{step}.html")}
        for step in task.steps.names
        if (folder / f"{step}.html").exists()
    ]


def _title(page: Path) -> str:
    """A page's title without the task's name."""
    found = re.search(r"<title>(.*?)</title>", page.read_text("utf-8"), re.DOTALL)
    return html.unescape(found[1]).rsplit(" · ", 1)[0] if found else page.stem


def _word(task_page: Path) -> str:
    """The verdict at the top of a task's page."""
    found = re.search(r'<p class="word">(.*?)</p>', task_page.read_text("utf-8"))
    return html.unescape(found[1]) if found else ""


def colophon() -> str:
    """The footer of every page."""
    return f"Made by Horus Workbook {__version__}. This page is self-contained: it loads nothing from the network."
