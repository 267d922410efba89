"""How well events agree with the truth, second by second and fault by fault.

Conventions
-----------
Truth is a dict `{video: {"seconds": 24.0, "faults": [{"start", "end", "label"}]}}`; a video with a list `ignore` is
known-good programme, whose alarms are counted outside those spans (`known_good.score_scan`);
predictions are the diagnoses of `horus scan`. Every whole second that is further than 1 s from a fault's edge (the
file's own edges are none) is one sample: its truth is the fault that holds it whole, its prediction the most confident
event that covers its middle, else `normal`. A fault is found when events of its class cover half of it. On a video
without any fault every event is a false alarm. Classes are those that have a second in the
truth, whatever the task; others that predictions name stand in the confusion.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import pandas as pd

from horuslib.core.errors import UserError
from horuslib.evaluation.known_good import score_scan
from horuslib.evaluation.metrics import wilson
from horuslib.tasks.kinds import BACKGROUND, HORUS

_GUARD_S = 1.0
_RANGES = {"under 70 %": 0.0, "70 to 90 %": 0.7, "90 % and more": 0.9}
"""Of confidence, with where each begins: events within one are counted together."""
_SOURCES_SHOWN = 5
_FILE_EDGE_S = 0.05
"""An edge this close to the file's own start or end is no transition."""
LONGEST_S = 1e7
"""No file lasts longer (115 days): a number beyond is in another unit."""
_HUGE = 1e300


def score_folder(truth_path: str | Path, predictions: str | Path) -> dict:
    """The measures of `evaluate` for a truth file and a folder of `<video>.json` (appended, or in place of the suffix).

    Raises
    ------
    UserError
        When the truth or a prediction cannot be read as what it should be.
    """
    truth = read_json(Path(truth_path), "truth")
    for video, entry in truth.items():
        _check_entry(Path(truth_path), video, entry)
    folder, events = predictions_folder(predictions), {}
    for video in truth:
        if found := diagnosis_file(folder, video):
            content = read_json(found, "prediction")
            if "events" not in content:
                raise UserError(f"{found} holds no events: it is no diagnosis of `horus scan`.")
            _check_events(found, content["events"])
            events[video] = content["events"]
    known_good = {video: entry for video, entry in truth.items() if "ignore" in entry}
    programme = {"known_good": score_scan(known_good, events)} if known_good else {}
    return evaluate(truth, events) | programme


def evaluate(truth: Mapping[str, dict], events: Mapping[str, Sequence[dict]]) -> dict:
    """Score the events of each video against the truth.

    Parameters
    ----------
    events : video -> [{"type", "start", "end", "confidence"}]; a video left out is counted as missing, not as normal.

    Returns
    -------
    dict
        `macro_f1` over the classes that the truth holds, `per_class` {precision, recall, f1, seconds, events_found},
        `false_alarms_per_hour` of video without faults (None without such video), `normal_videos_with_alarm`,
        `normal_hours`, `missing`, and `confusion` {true: {predicted: seconds}}.
    """
    scored = {video: entry for video, entry in truth.items() if video in events}
    seconds = [pd.DataFrame(_seconds(t["seconds"], t["faults"], events[video])) for video, t in scored.items()]
    seconds = pd.concat(seconds) if seconds else pd.DataFrame({"true": [], "predicted": []})
    faults = [(f, events[video]) for video, t in scored.items() for f in t["faults"]]
    per_class = {label: _class_row(label, seconds, faults) for label in _in_order(set(seconds["true"]))}
    alarms = [sum(e["type"] != BACKGROUND for e in events[v]) for v, t in scored.items() if not t["faults"]]
    hours = sum(t["seconds"] for t in scored.values() if not t["faults"]) / 3600
    counts = pd.crosstab(seconds["true"], seconds["predicted"])
    return {
        "macro_f1": round(float(np.mean([row["f1"] for row in per_class.values()])) if per_class else 0.0, 4),
        "per_class": per_class,
        "false_alarms_per_hour": round(sum(alarms) / hours, 2) if hours else None,
        "normal_videos_with_alarm": int(np.count_nonzero(alarms)),
        "normal_hours": round(hours, 2),
        "missing": [video for video in truth if video not in events],
        "confusion": {true: {p: int(n) for p, n in row.items() if n} for true, row in counts.iterrows()},
    }


def _in_order(labels: Iterable[str]) -> list[str]:
    """Horus's labels in their usual order, then others by name, the background last."""
    known = list(HORUS)
    return sorted(labels, key=lambda x: (x == BACKGROUND, known.index(x) if x in known else len(known), x))


def event_reliability(events: pd.DataFrame) -> pd.DataFrame:
    """Precision of events per bin of confidence: calibrated where `confidence` lies between `low` and `high`.

    Parameters
    ----------
    events : confidence, type, and label, which holds for most of the event; of those with "" nothing is known.

    Returns
    -------
    A row per range of confidence that has events, and one for all of them: events, confidence (mean), right (share),
    and `low` and `high`, its 95 % interval (Wilson).
    """
    known = events[events.label != ""]
    ranges = pd.cut(known.confidence, [*_RANGES.values(), np.inf], right=False, labels=list(_RANGES))
    rows = {}
    for name, part in [*known.groupby(ranges, observed=True), *([("all", known)] if len(known) else [])]:
        right = int((part.type == part.label).sum())
        low, high = wilson(right, len(part))
        rows[name] = [len(part), part.confidence.mean(), right / len(part), low, high]
    columns = ["events", "confidence", "right", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def as_text(result: Mapping[str, Any]) -> str:
    """The table that `horus score` prints."""
    lines = [f"{'':15s} precision  recall     F1  seconds  faults found"]
    for label, row in result["per_class"].items():
        rates = f"{row['precision']:9.3f} {row['recall']:7.3f} {row['f1']:6.3f}"
        lines.append(f"{label:15s} {rates} {row['seconds']:8d}  {row['events_found']}")
    for true, row in result["confusion"].items():
        lines.append(f"  {true} predicted as " + ", ".join(f"{predicted} {n} s" for predicted, n in row.items()))
    if result["missing"]:
        lines.append(f"No prediction for {len(result['missing'])} videos: {', '.join(result['missing'][:5])}")
    if "known_good" in result:
        lines += _programme_lines(result["known_good"])
    alarms = f"{result['false_alarms_per_hour']} false alarms per hour over {result['normal_hours']} h of normal video"
    lines.append(f"macro-F1 {result['macro_f1']:.3f}; {alarms if result['normal_hours'] else 'no normal video'}")
    return "\n".join(lines)


def _programme_lines(found: Mapping[str, Any]) -> list[str]:
    """False alarms on known-good programme: in all, per class and kind, and the worst sources."""

    def line(name: str, row: Mapping[str, Any]) -> str:
        rate = f" = {row['per_hour']:.2f}/h (95 %: {row['low']:.2f} to {row['high']:.2f})" if row["hours"] else ""
        return f"  {name:24s} {row['alarms']:4d} in {row['hours']:6.2f} h{rate}"

    worst = sorted(found["per_source"].items(), key=lambda entry: -entry[1]["alarms"])[:_SOURCES_SHOWN]
    lines = ["False alarms on known-good programme, outside the spans to ignore:", line("all", found["total"])]
    lines += [line(name, row) for table in ("per_class", "per_kind") for name, row in found[table].items()]
    return lines + [line(f"source {name}", row) for name, row in worst if row["alarms"]]


def _seconds(seconds: float, faults: Sequence[dict], events: Sequence[dict]) -> dict[str, np.ndarray]:
    """True and predicted label of the whole seconds that count."""
    begin = np.arange(int(seconds))
    true, counts = np.full(len(begin), BACKGROUND, object), np.ones(len(begin), bool)
    for fault in faults:
        true[(begin >= fault["start"]) & (begin + 1 <= fault["end"])] = fault["label"]
        for edge in (fault["start"], fault["end"]):
            if _FILE_EDGE_S < edge < seconds - _FILE_EDGE_S:
                counts &= np.abs(begin + 0.5 - edge) >= _GUARD_S + 0.5
    predicted = np.full(len(begin), BACKGROUND, object)
    surest = np.full(len(begin), -np.inf)
    for event in events:
        sure = event.get("confidence", 1.0)
        covers = (event["start"] <= begin + 0.5) & (begin + 0.5 < event["end"]) & (sure > surest)
        if event["type"] != BACKGROUND:
            predicted[covers], surest[covers] = event["type"], sure
    return {"true": true[counts], "predicted": predicted[counts]}


def _class_row(label: str, seconds: pd.DataFrame, faults: Sequence[tuple[dict, Sequence[dict]]]) -> dict:
    true, predicted = seconds["true"] == label, seconds["predicted"] == label
    hits = int((true & predicted).sum())
    precision, recall = hits / max(1, predicted.sum()), hits / true.sum()
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    own = [_found(fault, events) for fault, events in faults if fault["label"] == label]
    return {
        "precision": round(float(precision), 3),
        "recall": round(float(recall), 3),
        "f1": round(float(f1), 3),
        "seconds": int(true.sum()),
        "events_found": "" if label == BACKGROUND else f"{sum(own)}/{len(own)}",
    }


def _found(fault: dict, events: Sequence[dict]) -> bool:
    overlaps = (
        min(e["end"], fault["end"]) - max(e["start"], fault["start"]) for e in events if e["type"] == fault["label"]
    )
    return sum(max(0.0, x) for x in overlaps) >= 0.5 * (fault["end"] - fault["start"])


def _check_entry(path: Path, video: str, entry: Any) -> None:
    """Refuse a truth entry that is not `{"seconds": 24.0, "faults": [{"start": 1.0, "end": 5.0, "label": "..."}]}`."""
    if wrong := _wrong_with_entry(entry):
        raise UserError(
            f"{path}: the entry of {video!r} should be "
            '{"seconds": 24.0, "faults": [{"start": 1.0, "end": 5.0, "label": "eco_reverb"}]}, with numbers in '
            f"seconds; {wrong}. Correct the entry, or leave it out."
        )


def _wrong_with_entry(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "it is no object"
    if not _is_number(entry.get("seconds")) or not 0 <= entry["seconds"] <= LONGEST_S:
        return f"`seconds` is {_short(entry.get('seconds'))}"
    for name, what in (("faults", "fault"), ("ignore", "span")):
        if not isinstance(entry.get(name, [] if name == "ignore" else None), list):
            return f"`{name}` is no list"
        for k, span in enumerate(entry.get(name, ()), 1):
            called = f"{what} {k}" if name == "faults" else f"span {k} to ignore"
            if wrong := _wrong_with_span(span, "label" if name == "faults" else None):
                return f"{called} {wrong}"
    return ""


def _check_events(path: Path, events: Any) -> None:
    """Refuse events that are not those of a diagnosis; one without confidence is sure."""
    for k, event in enumerate(_as_list(events), 1):
        wrong = _wrong_with_span(event, "type")
        if not wrong and not (_is_number(sure := event.get("confidence", 1.0)) and 0 <= sure <= 1):
            wrong = f"is not right: its confidence is {_short(sure)}, where a number from 0 to 1 is expected"
        if wrong:
            raise UserError(f"{path}: event {k} {wrong}. It is no diagnosis of `horus scan`: scan the file again.")


def _wrong_with_span(span: Any, label: str | None) -> str:
    """What is wrong with a start, an end and a label of this key, as the rest of a sentence."""
    if not isinstance(span, dict):
        return "is no object"
    start, end = span.get("start"), span.get("end")
    if not (_is_number(start) and _is_number(end) and 0 <= start <= end):
        return f"begins at {_short(start)} and ends at {_short(end)}"
    if label is not None and not isinstance(span.get(label), str):
        return f"has no `{label}`"
    return ""


def _is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number; an integer too large for a float is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_HUGE < value < _HUGE


def _short(value: object) -> str:
    """A value as Python writes it, cut where it is long."""
    shown = repr(value)
    return shown if len(shown) <= 24 else f"{shown[:20]}..."


def _as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]


def predictions_folder(given: str | Path) -> Path:
    """The folder of diagnoses; UserError where there is none."""
    folder = Path(given)
    if not folder.is_dir():
        raise UserError(f"There is no folder of predictions {given}.")
    return folder


def diagnosis_file(folder: Path, name: str) -> Path | None:
    """The diagnosis of a file, by its path: `.json` appended, or in place of the suffix; None where there is none."""
    places = (folder / f"{name}.json", (folder / name).with_suffix(".json"))
    return next((place for place in places if place.is_file()), None)


def read_json(path: Path, what: str) -> dict:
    """A JSON object of a file; `what` says in the error what it should have been."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except RecursionError:
        raise UserError(f"{path} cannot be read as a {what} (it is nested too deeply).") from None
    except (OSError, ValueError) as e:
        raise UserError(f"{path} cannot be read as a {what} ({e}).") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is no {what}: it should hold one JSON object.")
    return content
