"""The first page of a task on speakers: how well turns are found, and what was found."""

import html
from pathlib import Path

import pandas as pd

from horuslib.core.paths import Paths, shown_path
from horuslib.core.workbooks import SPEAKERS
from horuslib.review import records
from horuslib.review.reports.result import read_step
from horuslib.review.sentences.speakers import climbed
from horuslib.speakers.ladder import CHOSEN
from horuslib.tasks import SpeakersTask


def task_page(task: SpeakersTask, paths: Paths, notebooks: list[dict]) -> str:
    """The body of the task's first page.

    Parameters
    ----------
    notebooks : `href` and `title` of the existing pages.
    """
    parts = [f'<h1 id="result">{html.escape(task.title)}</h1>']
    diarized = read_step(SPEAKERS["diarization"], task, paths)
    if diarized is None:
        parts.append('<div class="judgement open"><p class="word">Not diarized yet</p></div>')
    else:
        ladder, recordings = diarized.table("ladder"), diarized.table("recordings")
        word = _word(ladder, len(recordings))
        parts.append(
            f'<div class="judgement open"><p class="word">{word}</p><p>{html.escape(climbed(ladder))}</p></div>'
        )
        parts.append(_table(recordings))
    links = "".join(f'<li><a href="{page["href"]}">{html.escape(page["title"])}</a></li>' for page in notebooks)
    return "\n".join([*parts, f'<h2 id="open">Notebooks</h2><ul>{links}</ul>'])


def headline(task: SpeakersTask, paths: Paths) -> list[str]:
    """The summary printed at the end of a run."""
    diarized = read_step(SPEAKERS["diarization"], task, paths)
    lines = [] if diarized is None else [_word(diarized.table("ladder"), len(diarized.table("recordings"))) + "."]
    if paths.export(task.name).is_dir():
        lines.append(f"Turns: {shown_path(paths.export(task.name))}")
    return lines


def keep(task: SpeakersTask, paths: Paths) -> Path | None:
    """A record of the result per run, `history/NNNN.json`; None where nothing is new."""
    diarized = read_step(SPEAKERS["diarization"], task, paths)
    if diarized is None:
        return None
    content = {"ladder": diarized.table("ladder").to_dict("records")}
    return records.add(paths.task(task.name) / records.HISTORY, content)


def _word(ladder: pd.DataFrame, recordings: int) -> str:
    if "der" not in ladder or ladder.der.isna().all():
        return f"{recordings} recordings diarized, not scored"
    return f"DER {100 * ladder.set_index('rung').der[CHOSEN]:.1f} % over {recordings} recordings"


def _table(recordings: pd.DataFrame) -> str:
    rows = "".join(
        f'<tr><th scope="row">{html.escape(row.recording)}</th><td>{row.found}</td><td>{_range(row)}</td>'
        f"<td>{row.speech_s:.1f}</td><td>{html.escape(row.variety)}</td></tr>"
        for row in recordings.itertuples()
    )
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("recording", "speakers", "plausible number", "speech (s)", "variety declared")
    )
    return f'<table tabindex="0"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _range(row) -> str:
    if pd.isna(row.least):
        return "not known"
    return f"{row.least}" if row.least == row.most else f"{row.least} to {row.most}"
