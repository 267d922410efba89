"""Segmentation of recordings; only segments with a single label, or unlabelled throughout, are kept."""

from collections import Counter
from collections.abc import Sequence

from horuslib.audio.segments import starts
from horuslib.datasets.labels.timeline import Interval
from horuslib.tasks import Task

UNLABELLED = "unlabelled"


def cut(recording_id: str, intervals: Sequence[Interval], task: Task) -> tuple[list[dict[str, object]], Counter]:
    """Segments on the grid of a scan (`audio.segments.starts`) that are entirely within a recording's timeline.

    Returns
    -------
    segments : rows with segment_id, recording_id, start_s, end_s, label (None where unlabelled) and weight, the share
        of the segment covered by its label.
    dropped : reason -> number of segments left out.
    """
    front_end, kept, dropped = task.front_end, [], Counter()
    total = front_end.segment_samples
    samples = round(intervals[-1].end_s * front_end.sample_rate_hz) if intervals else 0
    if front_end.short == "tile" and samples < task.ingest.shortest_s * front_end.sample_rate_hz:
        samples = 0
    milliseconds: dict[int, int] = {}
    for first in starts(samples, front_end):  # a last segment within 1 ms of one on the grid would have its id
        milliseconds.setdefault(round(first / front_end.sample_rate_hz * 1000), first)
    for millisecond, first in milliseconds.items():
        if first + total > samples and front_end.short == "zeros":  # the whole recording is shorter than a segment
            continue
        start_s, end_s = (at / front_end.sample_rate_hz for at in (first, min(first + total, samples)))
        labels, reasons = _shares(start_s, end_s, intervals)
        label, share = max(labels.items(), key=lambda item: item[1], default=(None, 0.0))
        if share < task.ingest.min_label_share:
            if reasons[UNLABELLED] < task.ingest.min_label_share:
                dropped[_reason(labels, reasons, task.ingest.min_label_share)] += 1
                continue
            label, share = None, reasons[UNLABELLED]
        kept.append(
            {
                "segment_id": f"{recording_id}-{millisecond:07d}",
                "recording_id": recording_id,
                "start_s": start_s,
                "end_s": end_s,
                "label": label,
                "weight": round(share, 6),
            }
        )
    return kept, dropped


def _shares(start_s: float, end_s: float, intervals: Sequence[Interval]) -> tuple[Counter, Counter]:
    """Share of a segment under each label, and under each reason for having none."""
    labels, reasons = Counter(), Counter()
    for interval in intervals:
        common_s = min(end_s, interval.end_s) - max(start_s, interval.start_s)
        if common_s > 0:
            share = common_s / (end_s - start_s)
            if interval.label:
                labels[interval.label] += share
            else:
                reasons[interval.origin] += share
    return labels, reasons


def _reason(labels: Counter, reasons: Counter, min_share: float) -> str:
    if labels.total() >= min_share:
        return "no label holds for long enough"
    return max(reasons.items(), key=lambda item: item[1])[0]
