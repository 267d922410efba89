"""Diagnoses as tables: one row per segment, and one per event.

A table is a folder of Parquet files, one per diagnosed file, which pandas, Arrow, Spark and DuckDB read as one table:
scans that run side by side, or are cut off, then never touch each other's rows.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet

from horuslib.core.artifacts import write_bytes
from horuslib.core.atomic import replacing
from horuslib.evaluation.events.attributes import COLUMNS

SEGMENTS, EVENTS = "segments.parquet", "events.parquet"
_EVENTS_SCHEMA = pa.schema(
    [("file", pa.string()), ("type", pa.string())]
    + [(name, pa.float64()) for name in ("start_s", "end_s", "confidence")]
    + [(name, {str: pa.string(), float: pa.float64()}[kind]) for name, kind in COLUMNS.items()]
)


def write_tables(folder: Path, diagnosis: Mapping[str, Any], labels: Sequence[str]) -> None:
    """Put one diagnosis' rows into both tables of a folder, in place of those of the same file.

    Columns
    -------
    segments : file, start_s, end_s, predicted_class, confidence, and p_<label> per label.
    events : file, type, start_s, end_s, confidence; of some eco_reverb kind and delay_s or rt60_s.
    """
    shard = hashlib.sha256(diagnosis["file"].encode()).hexdigest()[:24] + ".parquet"
    write_bytes(folder / SEGMENTS / shard, _parquet(_segments(diagnosis, labels)))
    write_bytes(folder / EVENTS / shard, _parquet(_events(diagnosis)))


def labels_written(folder: Path) -> list[str] | None:
    """The labels of which a folder's table of segments holds probabilities; None where there is no table yet."""
    with os.scandir(folder / SEGMENTS) as entries:  # the first one: there may be millions
        shard = next((entry.path for entry in entries if entry.name.endswith(".parquet")), None)
    if shard is None:
        return None
    return [name[2:] for name in pyarrow.parquet.read_schema(shard).names if name.startswith("p_")]


def write_csv(folder: Path) -> None:
    """Both tables of a folder again, as segments.csv and events.csv; memory does not grow with them."""
    for name in (SEGMENTS, EVENTS):
        dataset = pa.dataset.dataset(folder / name)
        with (
            replacing((folder / name).with_suffix(".csv")) as partial,
            pa.csv.CSVWriter(partial, dataset.schema) as rows,
        ):
            for batch in dataset.to_batches():
                rows.write_batch(batch)


def _segments(diagnosis: Mapping[str, Any], labels: Sequence[str]) -> pa.Table:
    rows = diagnosis["segments"]
    columns = {
        "file": pa.array([diagnosis["file"]] * len(rows), pa.string()),
        "start_s": _numbers(row["timestamp_start"] for row in rows),
        "end_s": _numbers(row["timestamp_end"] for row in rows),
        "predicted_class": pa.array([row["predicted_class"] for row in rows], pa.string()),
        "confidence": _numbers(row["confidence"] for row in rows),
    }
    for label in labels:
        columns[f"p_{label}"] = _numbers(row["probabilities"][label] for row in rows)
    return pa.table(columns)


def _events(diagnosis: Mapping[str, Any]) -> pa.Table:
    rows = [
        {"file": diagnosis["file"], "type": e["type"], "start_s": e["start"], "end_s": e["end"]}
        | {name: e.get(name) for name in ("confidence", *COLUMNS)}
        for e in diagnosis["events"]
    ]
    return pa.Table.from_pylist(rows, _EVENTS_SCHEMA)


def _numbers(values: Iterable[float]) -> pa.Array:
    return pa.array(list(values), pa.float64())


def _parquet(table: pa.Table) -> bytes:
    held = io.BytesIO()
    pa.parquet.write_table(table, held)
    return held.getvalue()
