"""Generated events: their class follows from their onsets, their physics holds, one seed gives the same bytes."""

import json

import numpy as np
import pytest

from horuslib.spectral.events.event import find_events, read_signals
from horuslib.spectral.generator.examples import make_example, targets
from horuslib.spectral.generator.folder import DIALECTS, make_event, sensors_csv, write_demo
from horuslib.spectral.generator.phone import phone_log
from horuslib.spectral.generator.scenario import APART_S, ROLES, TOGETHER_S, Scenario, draw_scenario
from horuslib.spectral.generator.sounds import add_sounds, place_noise
from horuslib.spectral.timing.targets import KINDS, MODALITY_OF, TARGETS
from horuslib.tasks import load_events_task


def role_of(scenario, together_s=TOGETHER_S):
    """The class by its definition, from onsets alone."""
    onsets, person = scenario.onsets_s, scenario.person_there or "person" in scenario.onsets_s
    times = sorted(onsets.items(), key=lambda item: item[1])
    near = {kind for kind, t in times for other, s in times if other != kind and abs(t - s) <= together_s}
    modalities = {MODALITY_OF[kind] for kind in near}
    if "person" in near and len(near) > 1:
        return "form"
    if not person and near == {"field", "electronic"}:
        return "interference"
    return "anomaly" if not person and len(near) > 1 and (len(modalities) > 1 or "jolt" in near) else "ambient"


@pytest.mark.parametrize("role", ROLES)
def test_a_scenario_is_what_its_onsets_say(rng, role):
    for _ in range(60):
        scenario = draw_scenario(rng, role, 5.0)
        assert role_of(scenario) == role, scenario
        assert all(0 < t < 5 for t in scenario.onsets_s.values())
        if role == "ambient" and len(scenario.onsets_s) > 1:
            first, last = sorted(scenario.onsets_s.values())
            assert last - first >= APART_S


def test_a_dipole_is_felt_at_its_onset_and_the_earths_field_before(rng):
    late_s = []
    for _ in range(20):
        log = phone_log(rng, {"field": 2.5}, 5.0)
        length = log.channels["magnetic_magnitude"]
        before = length[log.times_s < 1.5]
        peak = np.abs(length - np.median(before)).max()
        assert 20 < np.median(before) < 75
        assert peak > 4 * before.std()
        onset_s = log.times_s[(np.abs(length - np.median(before)) > peak / 3).argmax()]
        late_s.append(abs(onset_s - 2.5) - np.diff(log.times_s).max())
    assert np.median(late_s) < 0.1, "apart from the logger's spacing"


def test_a_sound_begins_at_its_onset(rng):
    bed = place_noise(rng, 5.0, 16000)
    for kind in ("electronic", "sound"):
        made = add_sounds(rng, bed, {kind: 2.0}, 16000)
        changed = np.flatnonzero(np.abs(made - bed) > 1e-4)
        assert changed[0] / 16000 == pytest.approx(2.0, abs=0.1)
        assert (changed[-1] - changed[0]) / 16000 > (0.5 if kind == "electronic" else 0.02)


@pytest.mark.slow
def test_the_demo_corpus_is_small_repeatable_and_read_without_errors(tmp_path):
    task = load_events_task("spectral")
    truth = write_demo(tmp_path / "a", task, 4)
    write_demo(tmp_path / "b", task, 4)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)
    assert sum((tmp_path / "a" / f).stat().st_size for f in files) * 10 < 8e6
    events, issues = find_events(tmp_path / "a", task.labels, 5.0)
    issues += [issue for event in events for issue in read_signals(event).issues]
    assert [issue for issue in issues if issue.severity != "note"] == []
    assert json.loads((tmp_path / "a" / "truth.json").read_text("utf-8")).keys() == truth.keys()


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS)))
def test_every_dialect_gives_the_same_field(rng, tmp_path, dialect):
    from datetime import UTC, datetime

    from horuslib.spectral.events.sensors import read_sensors

    made = make_event(np.random.default_rng(4), "interference", 5.0)
    starts = datetime(2025, 1, 17, 14, 30, 52, 123456, tzinfo=UTC)
    (tmp_path / "sensors.csv").write_text(sensors_csv(made, starts, dialect, rng), "utf-8")
    found = read_sensors(tmp_path / "sensors.csv", 5.0, starts.timestamp())
    times, field = found.magnitude("magnetic")
    shift = made.log.times_s[0] - times[0]
    assert abs(shift) < (0.3 if dialect == "boot" else 0.01)
    assert np.interp(made.log.times_s, times + shift, field) == pytest.approx(
        made.log.channels["magnetic_magnitude"], abs=0.1
    )


def test_targets_have_a_bump_at_each_onset_and_a_persons_presence():
    times = np.arange(500) / 100
    curves = targets(Scenario("form", {"field": 1.05, "person": 3.05}), (times >= 3).astype(float), times, 5.0)
    peaks = {kind: int(curve.argmax()) for kind, curve in zip(TARGETS, curves.T, strict=True) if curve.max() > 0.5}
    assert peaks == {"field": 10, "person": 30, "there": 30}
    assert curves[:, TARGETS.index("there")].tolist() == [0.0] * 30 + [1.0] * 20
    assert curves[12, TARGETS.index("field")] == pytest.approx(np.exp(-2))


def test_an_example_shows_the_coincidences_of_its_role_in_finite_inputs(rng):
    for _ in range(4):
        inputs, curves, role = make_example(rng, 5.0, 1)
        onsets = {
            kind: (curve.argmax() + 0.5) / 10 for kind, curve in zip(KINDS, curves.T, strict=False) if curve.max() > 0.5
        }
        person_there = bool(curves[0, -1])
        assert role_of(Scenario("", onsets, {}, person_there), TOGETHER_S + 0.11) == ROLES[role]
        assert all(np.isfinite(value).all() for value in inputs.values())
    assert curves.shape == (50, len(TARGETS))
    assert inputs["present"].tolist() == [1, 1, 1]
