"""Sensor logs of the apps people use, each with its quirks, become the same channels."""

import numpy as np
import pytest

from horuslib.spectral.events.csv_text import SensorsError
from horuslib.spectral.events.sensors import read_sensors

START_S = 1737124252.0
T = np.arange(0, 5, 0.1)
FIELD = np.stack([20 + 0 * T, 5 * np.sin(T), -40 + 0 * T], 1)
ACCEL = np.stack([0.1 * np.cos(T), 0 * T, 9.81 + 0 * T], 1)


def read(tmp_path, text, encoding="utf-8", starts_at_s=START_S):
    path = tmp_path / "sensors.csv"
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return read_sensors(path, 5.0, starts_at_s)


def rows(header, *columns, join=",", form="{:.6g}"):
    lines = [
        join.join(form.format(x) if isinstance(x, float) else str(x) for x in row) for row in zip(*columns, strict=True)
    ]
    return "\n".join([header, *lines]) + "\n"


def app(times, **others):
    """The capture app's layout."""
    columns = {"timestamp": times, **{f"magnetic_{a}": FIELD[:, i] for i, a in enumerate("xyz")},
               **{f"accel_{a}": ACCEL[:, i] for i, a in enumerate("xyz")}, **others}  # fmt: skip
    return rows(",".join(columns), *columns.values())


def nanoseconds(times_s):
    return [int((START_S + t) * 1e9) for t in times_s]


def check_field(found):
    times, vector = found.vector("magnetic")
    assert times == pytest.approx(T, abs=0.002)
    assert vector == pytest.approx(FIELD, abs=0.01)


def test_the_capture_app(tmp_path):
    found = read(tmp_path, app(nanoseconds(T), humanoid_detected=["False"] * 50, bluetooth_count=[3] * 50))
    check_field(found)
    assert found.vector("accel")[1] == pytest.approx(ACCEL, abs=1e-3)
    assert found.channels["humanoid_detected"].tolist() == [0.0] * 50
    assert found.clock.origin == "wall" and found.notes == ()


@pytest.mark.parametrize("mu", ["μ", "µ"])
def test_sensor_logger_writes_z_first_and_either_letter_for_micro(tmp_path, mu):
    header = f"time,seconds_elapsed,MAGNETIC FIELD Z ({mu}T),MAGNETIC FIELD Y ({mu}T),MAGNETIC FIELD X ({mu}T)"
    check_field(read(tmp_path, rows(header, nanoseconds(T), T, *FIELD.T[::-1])))


def test_phyphox_keeps_one_clock_per_sensor_and_may_write_decimal_commas(tmp_path):
    header = ";".join(['"Time (s)"', *(f'"Magnetic field {a} (µT)"' for a in "xyz"), '"Time (s)"',
                       *(f'"Linear Acceleration {a} (m/s^2)"' for a in "xyz")])  # fmt: skip
    later = T + 0.05
    text = rows(header, T, *FIELD.T, later, *(ACCEL - [0, 0, 9.81]).T, join=";", form="{:.9E}").replace(".", ",")
    found = read(tmp_path, text.replace("m/s^2", "m/s^2"), starts_at_s=None)
    assert found.vector("magnetic")[0] == pytest.approx(T, abs=1e-3)
    assert found.vector("accel")[0] == pytest.approx(later, abs=1e-3)
    assert found.vector("magnetic")[1] == pytest.approx(FIELD, abs=1e-3)
    assert "the acceleration holds no gravity" in found.notes


@pytest.mark.parametrize("origin_s", [88452.0, 0.0])
@pytest.mark.parametrize("later_s", [0.5, 0.9])
def test_sensors_with_clocks_of_their_own_keep_their_distance(tmp_path, origin_s, later_s):
    """A sensor that begins later has felt nothing before; it is not moved to the event's start."""
    header = (
        "Time (s),Magnetic field x (µT),Magnetic field y (µT),Magnetic field z (µT),Time (s),Acceleration x (m/s^2),"
    )
    columns = [origin_s + T, *FIELD.T, origin_s + later_s + T, *ACCEL.T]
    found = read(tmp_path, rows(header + "Acceleration y (m/s^2),Acceleration z (m/s^2)", *columns, form="{:.9g}"))
    assert found.vector("magnetic")[0] == pytest.approx(T, abs=1e-3)
    assert found.vector("accel")[0] == pytest.approx(later_s + T, abs=1e-3)


def test_clocks_that_have_nothing_in_common_are_placed_alone(tmp_path):
    text = rows("t,magnetic_magnitude,gyro_timestamp,gyro_x", T, 48 + 0 * T, nanoseconds(T + 0.3), 0.1 * T)
    found = read(tmp_path, text)
    assert found.times_s["magnetic_magnitude"] == pytest.approx(T, abs=1e-3)
    assert found.times_s["gyro_x"] == pytest.approx(0.3 + T, abs=1e-3)
    assert found.clock.origin == "wall"


def test_columns_called_only_x_y_z_are_told_by_their_size(tmp_path):
    found = read(tmp_path, rows("timestamps,x,y,z", T, *FIELD.T, form="{:.2E}"), starts_at_s=None)
    assert "magnetic_x" in found.channels and "taken for magnetic" in found.notes[0]
    found = read(tmp_path, rows("Timestamp,X,Y,Z", T, *ACCEL.T), starts_at_s=None)
    assert "accel_z" in found.channels
    with pytest.raises(SensorsError, match="known quantity: x, y, z"):
        read(tmp_path, "Timestamp,X,Y,Z\n0.002\n0.023\n0.043\n")


@pytest.mark.parametrize("order", [("gravity", "accelerometer"), ("accelerometer", "gravity")])
def test_of_two_columns_for_one_quantity_the_one_left_out_is_told(tmp_path, order):
    """Sensor Logger writes gravity beside the acceleration: it holds no jolt."""
    columns = {"gravity": 0 * ACCEL + [0, 0, 9.81], "accelerometer": ACCEL - [0, 0, 9.81]}
    header = ",".join(["time", *(f"{name}_{axis}" for name in order for axis in "xyz")])
    found = read(tmp_path, rows(header, T, *(column for name in order for column in columns[name].T)))
    assert found.vector("accel")[1] == pytest.approx(columns["accelerometer"], abs=1e-3)
    assert "columns left out: gravity_x, gravity_y, gravity_z" in found.notes
    alone = read(tmp_path, rows("time,gravity_x,gravity_y,gravity_z", T, *columns["gravity"].T))
    assert alone.vector("accel")[1][:, 2] == pytest.approx(9.81)


def test_repeated_and_unordered_times_are_sorted_and_averaged(tmp_path):
    order = np.random.default_rng(0).permutation(50)
    lines = app(nanoseconds(T)).splitlines()
    shuffled = [lines[0], *(lines[1 + i] for i in order), lines[1]]
    found = read(tmp_path, "\n".join(shuffled))
    check_field(found)
    assert len(found.notes) == 2 and "repeat a time" in found.notes[0] and "not in order" in found.notes[1]


def test_units_are_converted_and_impossible_sizes_are_told(tmp_path):
    names = [f"{what} {axis}" for what in ("Magnetic Field {} (mT)", "Accelerometer {} (g)") for axis in "XYZ"]
    header = ",".join(["time", *(name[:-2].format(name[-1]) for name in names)])
    found = read(tmp_path, rows(header, nanoseconds(T), *(FIELD.T / 1000), *(ACCEL.T / 9.80665)))
    assert found.vector("magnetic")[1] == pytest.approx(FIELD, abs=0.01)
    assert found.vector("accel")[1][:, 2] == pytest.approx(9.81, abs=0.01)
    plain = app(nanoseconds(T)).replace("accel_", "gyro_")
    assert "multiples of g" in read(tmp_path, rows("t,accel_x,accel_y,accel_z", T, *(ACCEL.T / 9.80665))).notes[0]
    assert any("steel" in note for note in read(tmp_path, rows("t,mag x,mag y,mag z", T, *(10 * FIELD.T))).notes)
    assert any(
        "outdoors it is 25" in note for note in read(tmp_path, rows("t,mag x,mag y,mag z", T, *(FIELD.T / 50))).notes
    )
    assert not any("gyroscope" in note for note in read(tmp_path, plain).notes)
    fast = rows("t,gyro x,gyro y,gyro z", T, *(ACCEL.T * 20))
    assert any("gyroscope typically shows 196 rad/s" in note for note in read(tmp_path, fast).notes)
    degrees = fast.replace("gyro x,gyro y,gyro z", "gyro x (deg/s),gyro y (deg/s),gyro z (deg/s)")
    assert read(tmp_path, degrees).vector("gyro")[1][0, 2] == pytest.approx(np.deg2rad(196.2))
    assert not any("gyroscope" in note for note in read(tmp_path, degrees).notes)


@pytest.mark.parametrize(
    ("yes", "no"),
    [("sim", "não"), ("True", "False"), ("1", "0"), ("verdadeiro", "falso"), ("SIM", "nÃ£o"), ("Sim", "na\u0303o")],
)
def test_booleans_in_any_words(tmp_path, yes, no):
    found = read(tmp_path, app(nanoseconds(T), humanoid_detected=[no] * 49 + [yes]))
    assert found.channels["humanoid_detected"].tolist() == [0.0] * 49 + [1.0]


def test_the_number_of_bluetooth_devices_has_two_names_and_semicolons_decimal_commas(tmp_path):
    text = app(nanoseconds(T), bluetooth_devices_count=[4] * 50)
    assert read(tmp_path, text).channels["bluetooth_count"].mean() == 4
    check_field(read(tmp_path, "\ufeff" + text.replace(",", ";").replace(".", ",")))
    check_field(read(tmp_path, text, "utf-16"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"), ("\n\n", "it is empty"), (b"\x00" * 40, "it is empty"),
        ("timestamp,magnetic_x\n", "a header and no rows"),
        ("magnetic_x,magnetic_y\n1,2\n", "none of its columns is a time"),
        ("timestamp,colour\n1,red\n2,blue\n", "known quantity: colour"),
        ("timestamp,magnetic_magnitude\n1,nan\n2,NaN\n3,inf\n", "none of its values is a number"),
        ("hello", "is no header"),
        ("timestamp,magnetic_magnitude\n14:30:52,48\n14:30:53,48\n", "none of its times is .* date: '14:30:52'"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path, text, told):
    with pytest.raises(SensorsError, match=told):
        read(tmp_path, text)


def test_one_row_missing_cells_and_ragged_rows_are_read(tmp_path):
    one = read(tmp_path, "timestamp,magnetic_magnitude,accel_x\n1737124252100000000,48.5,\n")
    assert one.rows == 1 and one.magnitude("magnetic")[1].tolist() == [48.5] and "accel_x" not in one.channels
    ragged = read(tmp_path, "timestamp,magnetic_magnitude,extra\n0.0,40\n0.1,41,7,9\n0.2,,1\n")
    assert ragged.channels["magnetic_magnitude"].tolist() == [40, 41]
    assert any("another number of cells" in note for note in ragged.notes)


@pytest.mark.parametrize("cell", ['"48', '"' + "x" * 200_000])
def test_a_quote_that_is_never_closed_costs_its_row_alone(tmp_path, cell):
    found = read(tmp_path, "timestamp,magnetic_magnitude\n0.0,40\n0.1," + cell + "\n0.2,42\n0.3,43\n")
    times = found.times_s["magnetic_magnitude"].tolist()
    assert found.rows == 4 and {0.0, 0.2, 0.3} <= {round(t, 6) for t in times}


def test_a_header_too_long_for_one_is_told(tmp_path):
    with pytest.raises(SensorsError, match="is no header"):
        read(tmp_path, 'timestamp,"' + "x" * 200_000 + "\n1,2\n")


def test_decimal_commas_are_known_between_quotes_and_far_down(tmp_path):
    quoted = "timestamp,magnetic_magnitude\n" + "".join(f'"{k},5","48,25"\n' for k in range(5))
    assert read(tmp_path, quoted).channels["magnetic_magnitude"].tolist() == [48.25] * 5
    late = "timestamp;magnetic_magnitude\n" + "".join(f"{k};48\n" for k in range(30)) + "30,5;48,5\n"
    assert read(tmp_path, late).channels["magnetic_magnitude"][-1] == 48.5


def test_a_line_that_names_the_separator_is_no_header(tmp_path):
    found = read(tmp_path, "sep=;\ntimestamp;magnetic_magnitude\n0,0;48,5\n0,1;48,5\n")
    assert found.channels["magnetic_magnitude"].tolist() == [48.5, 48.5]


def test_what_cannot_be_told_says_what_to_write_in_the_header(tmp_path):
    linear = rows("time,seconds_elapsed,z,y,x", nanoseconds(T), T, *(ACCEL - [0, 0, 9.81]).T[::-1])
    with pytest.raises(SensorsError, match=r"x, y, z.*neither.*call them .*accel_x"):
        read(tmp_path, linear)
    named = linear.replace("z,y,x", "accel_z,accel_y,accel_x")
    assert "the acceleration holds no gravity" in read(tmp_path, named).notes
    with pytest.raises(SensorsError, match="is a time: magnetic_x, magnetic_y; call one `timestamp`"):
        read(tmp_path, "magnetic_x,magnetic_y\n1,2\n")
