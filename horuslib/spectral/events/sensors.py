"""sensors.csv of any app becomes channels in fixed units, each on the event's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

import numpy as np

from horuslib.spectral.events import columns, units
from horuslib.spectral.events.class_names import repaired
from horuslib.spectral.events.clocks import Clock, on_common_clock, parse_times
from horuslib.spectral.events.csv_text import CsvText, SensorsError, read_csv_text

FILE = "sensors.csv"
_TRUE = {"true", "sim", "verdadeiro", "yes", "1", "1.0", "s", "t", "v", "on"}
_FALSE = {"false", "não", "nao", "falso", "no", "0", "0.0", "n", "f", "off"}
_HUGE = 1e9
"""No channel has such values: a sentinel or an overflow."""


@dataclass(frozen=True)
class Sensors:
    """What a phone felt.

    Attributes
    ----------
    times_s : channel -> (n,) seconds of the event, increasing; where loggers keep one clock per sensor they differ.
    channels : channel -> (n,) values in the units of `columns.QUANTITIES`, finite.
    """

    times_s: Mapping[str, np.ndarray]
    channels: Mapping[str, np.ndarray]
    clock: Clock
    rows: int
    notes: tuple[str, ...] = ()

    def vector(self, quantity: str) -> tuple[np.ndarray, np.ndarray] | None:
        """(n,) times and (n, 3) values of a quantity with three axes; None where an axis is missing."""
        names = [f"{quantity}_{axis}" for axis in "xyz"]
        if not all(name in self.channels for name in names):
            return None
        times = self.times_s[names[0]]
        apart = [np.interp(times, self.times_s[name], self.channels[name]) for name in names]
        return times, np.stack(apart, 1)

    def magnitude(self, quantity: str) -> tuple[np.ndarray, np.ndarray] | None:
        """(n,) times and (n,) lengths of a quantity; the logged magnitude where the axes are missing."""
        found = self.vector(quantity)
        if found is not None:
            return found[0], np.linalg.norm(found[1], axis=1)
        name = f"{quantity}_magnitude"
        return (self.times_s[name], self.channels[name]) if name in self.channels else None


def read_sensors(path: Path, duration_s: float, starts_at_s: float | None) -> Sensors:
    """Read a log.

    Parameters
    ----------
    duration_s : of the event, which tells milliseconds from nanoseconds.
    starts_at_s : the event's timestamp, seconds since 1970 UTC; None where unknown.

    Raises
    ------
    SensorsError
        When nothing can be used; the message says why.
    """
    table = read_csv_text(path.read_bytes())
    if not table.rows:
        raise SensorsError("it has a header and no rows: record the sensors again, or leave the file out")
    clock_columns = [i for i, name in enumerate(table.header) if columns.is_time(name)]
    if not clock_columns:
        raise SensorsError(f"none of its columns is a time: {', '.join(table.header[:6])}; call one `timestamp`")
    notes = [f"{table.ragged} rows have another number of cells than the header"] if table.ragged else []
    found, unknown = _columns(table, clock_columns, notes)
    if not found:
        raise SensorsError(
            f"none of its columns is a known quantity: {', '.join(unknown[:6])}; call them by what they measure, such "
            "as magnetic_x or accel_x"
        )
    if unknown:
        notes.append(f"columns left out: {', '.join(unknown[:6])}")
    return _record(table, found, duration_s, starts_at_s, notes)


def _columns(
    table: CsvText, clock_columns: list[int], notes: list[str]
) -> tuple[dict[str, tuple[int, int, columns.Column]], list[str]]:
    """Channel -> (its column, the column of its times, what it is); and the names of columns left out."""
    found: dict[str, tuple[int, int, columns.Column]] = {}
    unknown: list[str] = []
    plain: list[tuple[int, str]] = []
    for i, name in enumerate(table.header):
        if i in clock_columns:
            continue
        column = columns.column_of(name)
        taken = found.get(column.channel) if column is not None else None
        if column is not None and (taken is None or (taken[2].gravity_alone and not column.gravity_alone)):
            found[column.channel] = (i, _clock_of(i, clock_columns), column)
            unknown += [table.header[taken[0]]] if taken is not None else []
        elif axis := columns.axis_of(name):
            plain.append((i, axis))
        elif name:
            unknown.append(name)
    if len(plain) == 3:
        values = np.stack([_values(table, i, "") for i, _ in plain])
        quantity = columns.guess_quantity(np.linalg.norm(values, axis=0))
        if quantity is None:
            unknown.append("x, y, z (by their size neither the Earth's field nor gravity)")
        elif f"{quantity}_x" not in found:
            notes.append(f"x, y, z are taken for {quantity} by their size")
            for i, axis in plain:
                found[f"{quantity}_{axis}"] = (i, _clock_of(i, clock_columns), columns.Column(f"{quantity}_{axis}"))
    return found, unknown


def _clock_of(column: int, clock_columns: list[int]) -> int:
    """The nearest time column to the left: apps that keep one clock per sensor write it before the sensor's values.

    Of several names for one time (`time`, `seconds_elapsed`) side by side, the first counts.
    """
    before = [i for i in clock_columns if i < column] or clock_columns[:1]
    first = before[-1]
    while first - 1 in before:
        first -= 1
    return first


def _record(
    table: CsvText,
    found: dict[str, tuple[int, int, columns.Column]],
    duration_s: float,
    starts_at_s: float | None,
    notes: list[str],
) -> Sensors:
    raw = {
        i: parse_times([row[i] for row in table.rows], table.decimal_comma)
        for i in sorted({clock for _, clock, _ in found.values()})
    }
    if not any(np.isfinite(times).any() for times in raw.values()):
        first = table.rows[0][next(iter(raw))]
        raise SensorsError(f"none of its times is a number or a date: {first!r}; write seconds")
    clocks = on_common_clock(raw, duration_s, starts_at_s)
    for i in raw:
        _note_times(clocks[i][0], notes)
    values = {channel: _values(table, i, channel) * column.scale for channel, (i, _, column) in found.items()}
    _mend_acceleration(values, notes, any(column.without_gravity for _, _, column in found.values()))
    times_s, channels = {}, {}
    for channel, (_, clock, _) in found.items():
        times, series = _in_order(clocks[clock][0], values[channel])
        if len(times):
            times_s[channel], channels[channel] = times, series
    if not channels:
        raise SensorsError("none of its values is a number")
    empty = sorted(set(found) - set(channels))
    if empty:
        notes.append(f"no value in {', '.join(empty)}")
    clock = min((clock for _, clock in clocks.values()), key=lambda clock: clock.uncertainty_s)
    notes += [clock.note] if clock.note else []
    notes += units.check_units(values)
    return Sensors(times_s, channels, clock, len(table.rows), tuple(dict.fromkeys(notes)))


def _note_times(seconds: np.ndarray, notes: list[str]) -> None:
    finite = seconds[np.isfinite(seconds)]
    if len(finite) < len(seconds):
        notes.append(f"{len(seconds) - len(finite)} rows have no time")
    if len(np.unique(finite)) < len(finite):
        notes.append(f"{len(finite) - len(np.unique(finite))} rows repeat a time: their mean is used")
    if np.any(np.diff(finite) < 0):
        notes.append("the rows are not in order of time: they were sorted")


def _values(table: CsvText, column: int, channel: str) -> np.ndarray:
    """(rows,) numbers, words for yes and no as 1 and 0, NaN where a cell is neither."""
    return np.array([_number(row[column], table.decimal_comma, channel) for row in table.rows], float)


def _number(cell: str, decimal_comma: bool, channel: str) -> float:
    text = cell.replace(",", ".") if decimal_comma else cell
    try:
        value = float(text)
    except ValueError:
        word = normalize("NFC", repaired(cell)).lower()
        return 1.0 if word in _TRUE else 0.0 if word in _FALSE else float("nan")
    if channel == "humanoid_detected":
        return float(value != 0) if np.isfinite(value) else float("nan")
    return value if abs(value) < _HUGE else float("nan")


def _mend_acceleration(values: dict[str, np.ndarray], notes: list[str], said_linear: bool) -> None:
    """Bring an acceleration in g to m/s²; say where gravity is missing."""
    if units.in_standard_gravities(values) and not said_linear:
        for axis in "xyz":
            values[f"accel_{axis}"] = values[f"accel_{axis}"] * units.GRAVITY
        notes.append("the acceleration is in multiples of g: converted to m/s²")
    elif said_linear or units.lacks_gravity(values):
        notes.append("the acceleration holds no gravity")


def _in_order(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finite pairs, sorted by time, repeated times averaged."""
    good = np.isfinite(times) & np.isfinite(values)
    unique, place = np.unique(times[good], return_inverse=True)
    if not len(unique):
        return unique, unique
    return unique, np.bincount(place, values[good]) / np.bincount(place)
