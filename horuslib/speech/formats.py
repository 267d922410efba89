"""A transcript as text of each format that is asked for; UTF-8, lines end with a line feed.

SRT and WebVTT are subtitles, TXT is for reading, RTTM gives turns of speakers (NIST RT-09), TextGrid is Praat's.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from horuslib.speech import rttm
from horuslib.speech.transcript import Segment, Transcript
from horuslib.speech.turns import Turn

_NOBODY = "unknown"


def to_json(transcript: Transcript) -> str:
    """The record itself; `Transcript.model_json_schema()` describes it."""
    return transcript.model_dump_json(indent=1) + "\n"


def to_srt(transcript: Transcript) -> str:
    blocks = [
        f"{number}\n{_clock(s.start_s, ',')} --> {_clock(s.end_s, ',')}\n{_line(s.text, s.speaker)}\n"
        for number, s in enumerate(transcript.segments, 1)
    ]
    return "\n".join(blocks)


def to_vtt(transcript: Transcript) -> str:
    cues = [f"{_clock(s.start_s, '.')} --> {_clock(s.end_s, '.')}\n{_cue(s)}\n" for s in transcript.segments]
    return "\n".join(["WEBVTT\n", *cues])


def to_txt(transcript: Transcript) -> str:
    """A paragraph per turn of a speaker; a line per segment where no speaker is known."""
    lines = []
    for speaker, segments in groupby(transcript.segments, key=lambda s: s.speaker):
        texts = [_one_line(s.text) for s in segments]
        lines += texts if speaker is None else [f"{_one_line(speaker)}: {' '.join(texts)}"]
    return "".join(f"{line}\n" for line in lines)


def to_rttm(transcript: Transcript) -> str:
    """A line per stretch of words of one speaker, `unknown` where there is none."""
    turns = (Turn(start_s, end_s, speaker or _NOBODY) for speaker, start_s, end_s in _stretches(transcript))
    return rttm.to_text(transcript.file, turns)


def to_textgrid(transcript: Transcript) -> str:
    """Tiers of segments, words and speakers, whose intervals cover the whole file without overlap."""
    end_s = max([transcript.duration_s, *(s.end_s for s in transcript.segments)])
    tiers = {
        "segments": [(s.start_s, s.end_s, s.text) for s in transcript.segments],
        "words": [(w.start_s, w.end_s, w.text) for w in transcript.words],
        "speakers": [(start, end, speaker or _NOBODY) for speaker, start, end in _stretches(transcript)],
    }
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end_s:.3f}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, given) in enumerate(tiers.items(), 1):
        intervals = _covering(given, end_s)
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end_s:.3f}", f"        intervals: size = {len(intervals)}"]
        for k, (start, end, text) in enumerate(intervals, 1):
            quoted = _one_line(text).replace('"', '""')
            lines += [f"        intervals [{k}]:", f"            xmin = {start:.3f}", f"            xmax = {end:.3f}"]
            lines.append(f'            text = "{quoted}"')
    return "\n".join(lines) + "\n"


FORMATS: Mapping[str, tuple[str, Callable[[Transcript], str]]] = {
    "json": ("application/json", to_json),
    "srt": ("application/x-subrip", to_srt),
    "vtt": ("text/vtt", to_vtt),
    "txt": ("text/plain", to_txt),
    "rttm": ("text/plain", to_rttm),
    "textgrid": ("text/plain", to_textgrid),
}
"""Suffix -> media type and writer."""


def _stretches(transcript: Transcript) -> list[tuple[str | None, float, float]]:
    """Speaker, start and end of consecutive segments of one speaker with less than a second between."""
    found: list[tuple[str | None, float, float]] = []
    for s in transcript.segments:
        if found and found[-1][0] == s.speaker and s.start_s - found[-1][2] < 1.0:
            found[-1] = (s.speaker, found[-1][1], s.end_s)
        else:
            found.append((s.speaker, s.start_s, s.end_s))
    return found


def _covering(given: Sequence[tuple[float, float, str]], total_s: float) -> list[tuple[float, float, str]]:
    """Intervals in order of start, without gaps and overlaps: empty ones between, a start cuts the end before it."""
    covered, at_s = [], 0.0
    for k, (start_s, end_s, text) in enumerate(given):
        following_s = given[k + 1][0] if k + 1 < len(given) else total_s
        end_s = min(end_s, max(following_s, start_s))
        if round(end_s, 3) <= round(start_s, 3):
            continue
        if round(start_s, 3) > round(at_s, 3):
            covered.append((at_s, start_s, ""))
        covered.append((start_s, end_s, text))
        at_s = end_s
    if round(total_s, 3) > round(at_s, 3) or not covered:
        covered.append((at_s, total_s, ""))
    return covered


def _cue(segment: Segment) -> str:
    text = html.escape(_one_line(segment.text), quote=False)
    if segment.speaker is None:
        return text
    return f"<v {html.escape(_one_line(segment.speaker), quote=False)}>{text}"


def _line(text: str, speaker: str | None) -> str:
    return _one_line(text if speaker is None else f"{speaker}: {text}")


def _one_line(text: str) -> str:
    """Without line breaks, and without the arrow that would begin a cue."""
    return " ".join(text.replace("-->", "->").split())


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(1000 * seconds)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"
