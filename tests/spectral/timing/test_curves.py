"""Curves answer from physics: a field that steps, a sound that begins, a light that is switched."""

import numpy as np
import pytest

from horuslib.spectral.events.clocks import Clock
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.events.sensors import Sensors
from horuslib.spectral.timing.clock import contrast, onto_steps, peaks_onto_steps, step_times
from horuslib.spectral.timing.picture_curves import PICTURE_CURVES, picture_change
from horuslib.spectral.timing.sensor_curves import SENSOR_CURVES, sensor_curves
from horuslib.spectral.timing.sound_curves import SOUND_CURVES, sound_curves

RATE = 22050
AT = step_times(5.0)


def sensors(rate_hz=10, field=None, accel=None):
    t = np.arange(0, 5, 1 / rate_hz)
    channels = {f"magnetic_{a}": v * np.ones(len(t)) for a, v in zip("xyz", (20.0, 5.0, -35.0), strict=True)}
    if field:
        channels["magnetic_x"] = channels["magnetic_x"] + field(t)
    channels |= {"accel_x": 0 * t, "accel_y": 0 * t, "accel_z": 9.81 + (accel(t) if accel else 0 * t)}
    return Sensors(dict.fromkeys(channels, t), channels, Clock("s", "wall", 0.0), len(t))


def curve(found, name, names):
    return found[:, names.index(name)]


@pytest.mark.parametrize("rate_hz", [5, 10, 50])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_field_that_steps_is_seen_when_it_steps(rate_hz, sign):
    found = sensor_curves(sensors(rate_hz, field=lambda t: sign * 25.0 * (t >= 2.5)), 5.0)
    change = np.abs(curve(found, "field_change", SENSOR_CURVES))
    assert AT[change.argmax()] == pytest.approx(2.5, abs=0.25)
    assert curve(found, "field_surprise", SENSOR_CURVES).max() > 2
    assert curve(found, "jolt_surprise", SENSOR_CURVES).max() < 0.1


def test_a_quiet_log_shows_nothing_and_a_turning_phone_no_field():
    assert np.abs(sensor_curves(sensors(), 5.0)[:, :6]).max() < 0.01
    t = np.arange(0, 5, 0.1)
    turned = {"magnetic_x": 40 * np.cos(t), "magnetic_y": 40 * np.sin(t), "magnetic_z": 0 * t - 20}
    found = sensor_curves(Sensors(dict.fromkeys(turned, t), turned, Clock("s", "wall", 0.0), 50), 5.0)
    assert np.abs(curve(found, "field_change", SENSOR_CURVES)).max() < 0.05
    assert curve(found, "has_accel", SENSOR_CURVES).max() == 0 and curve(found, "has_field", SENSOR_CURVES).min() == 1


def test_a_jolt_is_seen_when_it_happens():
    found = sensor_curves(sensors(50, accel=lambda t: 20.0 * ((t >= 1.7) & (t < 1.8))), 5.0)
    assert AT[curve(found, "jerk", SENSOR_CURVES).argmax()] == pytest.approx(1.75, abs=0.15)


def test_one_row_gives_finite_curves():
    one = Sensors(
        {"magnetic_magnitude": np.array([1.0])}, {"magnetic_magnitude": np.array([48.5])}, Clock("s", "wall", 0), 1
    )
    found = sensor_curves(one, 5.0)
    assert found.shape == (50, len(SENSOR_CURVES)) and np.isfinite(found).all()


@pytest.mark.parametrize("at_s", [0.9, 2.35, 4.2])
def test_a_sound_is_heard_when_it_begins_and_only_then(rng, at_s):
    x = 0.003 * rng.standard_normal(5 * RATE)
    begins = round(at_s * RATE)
    x[begins : begins + RATE // 2] += 0.2 * rng.standard_normal(RATE // 2)
    bands, found = sound_curves(x.astype(np.float32), 5.0)
    onset = curve(found, "onset", SOUND_CURVES)
    first = int((onset > 0.5 * onset.max()).argmax())
    assert AT[first] == pytest.approx(at_s, abs=0.11)
    assert onset[: first - 1].max() < 0.1 * onset.max()
    assert bands.shape == (50, 40) and np.isfinite(bands).all()


@pytest.mark.parametrize(("period_hz", "buzzes"), [(217.0, True), (100.0, True), (None, False)])
def test_a_buzz_repeats_and_noise_does_not(rng, period_hz, buzzes):
    t = np.arange(5 * RATE) / RATE
    x = (np.mod(t * period_hz, 1) < 0.15).astype(float) if period_hz else rng.standard_normal(len(t))
    buzz = curve(sound_curves(0.1 * x.astype(np.float32), 5.0)[1], "buzz", SOUND_CURVES)
    assert (np.median(buzz) > 0.6) == buzzes


def test_silence_and_a_sound_that_ends_early_are_no_onset(rng):
    x = (0.05 * rng.standard_normal(2 * RATE)).astype(np.float32)
    for sound in (np.zeros(5 * RATE, np.float32), x):
        bands, found = sound_curves(sound, 5.0)
        assert np.isfinite(bands).all() and curve(found, "onset", SOUND_CURVES).max() < 0.25


def film(change, fps=15, size=(96, 128)):
    rng = np.random.default_rng(5)
    scene = np.kron(rng.uniform(60, 180, (12, 16)), np.ones((8, 8)))
    t = np.arange(round(5 * fps)) / fps
    frames = np.stack([change(scene.copy(), s) for s in t])
    return Picture(np.repeat(np.clip(frames, 0, 255)[..., None], 3, 3).astype(np.uint8), t, size[1], size[0])


def box_from(at_s):
    def change(scene, s):
        if s >= at_s:
            scene[20:70, 30:60] = 250
        return scene

    return change


@pytest.mark.parametrize("fps", [10, 15, 30])
def test_a_light_that_is_switched_is_light_and_an_object_is_not(fps):
    light = picture_change(film(lambda scene, s: scene * (0.6 if s >= 2 else 1.0), fps), 5.0).curves
    assert AT[curve(light, "light", PICTURE_CURVES).argmax()] == pytest.approx(2, abs=0.25)
    thing = picture_change(film(box_from(3.0), fps), 5.0).curves
    assert AT[curve(thing, "novel", PICTURE_CURVES).argmax()] == pytest.approx(3, abs=0.25)
    assert curve(thing, "light", PICTURE_CURVES).max() < 0.2 < curve(light, "light", PICTURE_CURVES).max()


def test_what_comes_again_is_movement_and_not_novel():
    def pendulum(scene, s):
        x = 60 + int(30 * np.sin(2 * np.pi * s))
        scene[40:52, x : x + 12] = 250
        return scene

    found = picture_change(film(pendulum), 5.0).curves
    late = AT > 1.5
    assert curve(found, "movement", PICTURE_CURVES)[late].max() > 0.1
    assert curve(found, "novel", PICTURE_CURVES)[late].max() < 0.03


def test_the_changed_region_is_found_and_nothing_is_the_whole_picture():
    picture = film(box_from(3.0))
    late, early = picture_change(picture, 5.0, [70, 5]).boxes
    left, top, right, bottom = late
    assert left < 30 / 128 and right > 60 / 128 and top < 20 / 96 and bottom > 70 / 96
    assert (right - left) * (bottom - top) < 0.8
    assert early.tolist() == [0, 0, 1, 1]


def test_one_frame_shows_no_change():
    picture = Picture(np.full((1, 60, 80, 3), 90, np.uint8), np.zeros(1), 80, 60)
    assert not picture_change(picture, 5.0).curves.any()


def test_steps_keep_peaks_and_ends():
    times = np.array([0.02, 0.05, 0.33])
    assert peaks_onto_steps(times, np.array([1.0, 5.0, 2.0]), 0.5).tolist()[0] == 5
    assert onto_steps(times, np.array([1.0, 1.0, 2.0]), 0.5)[-1] == 2
    assert contrast(np.array([0.0, 0, 0, 4, 4]), 2, 2)[3] == 4


@pytest.mark.parametrize("size", [(2, 256), (256, 2), (2, 2), (4, 255)])
def test_a_picture_of_any_shape_gives_finite_curves(rng, size):
    frames = rng.integers(0, 255, (10, *size, 3)).astype(np.uint8)
    change = picture_change(Picture(frames, np.arange(10) / 2, size[1], size[0]), 5.0, range(10))
    assert np.isfinite(change.curves).all() and np.isfinite(change.boxes).all()
    assert change.curves[:, PICTURE_CURVES.index("movement")].max() > 0.3
