"""Folders of events as people have them: what is missing or damaged costs itself and nothing else."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from horuslib.audio.media import read_audio
from horuslib.core.errors import UserError
from horuslib.spectral.events.event import MODALITIES, find_events, read_signals
from horuslib.spectral.generator.film_file import write_film


def copied(made_events, tmp_path, count=2):
    folder, _ = made_events
    for source in sorted(folder.iterdir())[:count]:
        shutil.copytree(source, tmp_path / source.name)
    return tmp_path, sorted(tmp_path.iterdir())


def problems(issues):
    return [f"{issue.file}: {issue.problem}" for issue in issues]


def test_whole_events_are_read(made_events, classes):
    folder, truth = made_events
    events, issues = find_events(folder, classes, 5.0)
    assert {event.key: event.label for event in events} == {key: row["class"] for key, row in truth.items()}
    assert issues == []
    signals = read_signals(events[0])
    assert signals.present == dict.fromkeys(MODALITIES, True)
    assert signals.picture.frames.shape[1:] == (120, 160, 3) and len(signals.sound) == 5 * 22050
    assert signals.picture.times_s[-1] == pytest.approx(5, abs=0.2)


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("damage", ["missing", "zero bytes", "noise", "cut"])
def test_a_file_that_fails_is_a_row_and_the_rest_is_read(made_events, classes, tmp_path, modality, damage):
    folder, (one, _) = copied(made_events, tmp_path)
    (event, _), _ = find_events(folder, classes, 5.0)
    path = event.file(modality)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        noise = np.random.default_rng(0).bytes(3000)
        path.write_bytes({"zero bytes": b"", "noise": noise, "cut": content[: len(content) // 3]}[damage])
    signals = read_signals(event)
    others = [m for m in MODALITIES if m != modality]
    assert all(signals.present[m] for m in others)
    if damage != "cut":
        assert not signals.present[modality]
    (row, *_) = [issue for issue in signals.issues if issue.file.startswith(one.name) and path.name in issue.file]
    assert row.problem and row.action


def test_folders_that_are_no_event_and_two_events_with_one_id(made_events, classes, tmp_path):
    folder, (one, two) = copied(made_events, tmp_path)
    (folder / "event_empty").mkdir()
    (folder / "holiday").mkdir()
    (folder / "holiday" / "beach.jpg").write_bytes(b"x")
    about = json.loads((two / "metadata.json").read_text("utf-8"))
    (two / "metadata.json").write_text(json.dumps({**about, "event_id": one.name}), "utf-8")
    events, issues = find_events(folder, classes, 5.0)
    assert [event.key for event in events] == [one.name, two.name]
    first, second = problems(issues)
    assert first.startswith("event_empty: holds none of audio.wav")
    assert second == f"{two.name}/metadata.json: event_id {one.name!r} is also that of {one.name}"
    with pytest.raises(UserError, match="is no folder"):
        find_events(folder / "nowhere", classes, 5.0)


@pytest.mark.parametrize(
    ("content", "label", "told"),
    [
        ({"classification": "InterferÃªncia_EletrÃ´nica"}, "Interferência_Eletrônica", None),
        ({"classification": "Fantasma"}, None, "classification 'Fantasma' is none of"),
        ({}, None, "no classification"),
        ({"classification": None}, None, "no classification"),
        ("[1, 2]", None, "holds a list"),
        ("{", None, "not valid JSON"),
        ("", None, "it is empty"),
        ({"classification": "Ruído_Ambiente", "timestamp": "yesterday"}, "Ruído_Ambiente", "no date and time"),
        ({"classification": "Ruído_Ambiente", "duration_s": -3}, "Ruído_Ambiente", "duration_s -3"),
        ("[" * 200_000, None, "not valid JSON"),
        ('{"duration_s": ' + "9" * 5000 + "}", None, "not valid JSON"),
        ('{"classification": "\\ud800", "event_id": "\\ud800"}', None, r"classification '\\ud800' is none of"),
    ],
)
def test_metadata_is_read_as_far_as_it_goes(made_events, classes, tmp_path, content, label, told):
    folder, (one,) = copied(made_events, tmp_path, 1)
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    (one / "metadata.json").write_text(text, "utf-8")
    (event,), issues = find_events(folder, classes, 5.0)
    assert event.label == label
    assert (told is None and issues == []) or told in problems(issues)[0]


@pytest.mark.parametrize("moment", [1737124252.5, "1737124252.5", 1737124252500])
def test_a_timestamp_may_be_a_number_since_1970(made_events, classes, tmp_path, moment):
    folder, (one,) = copied(made_events, tmp_path, 1)
    about = {"classification": "Ruído_Ambiente", "timestamp": moment}
    (one / "metadata.json").write_text(json.dumps(about), "utf-8")
    (event,), issues = find_events(folder, classes, 5.0)
    assert event.about.starts_at_s == 1737124252.5 and issues == []


def test_an_id_can_be_written_whatever_it_holds(made_events, classes, tmp_path):
    folder, (one,) = copied(made_events, tmp_path, 1)
    (one / "metadata.json").write_text('{"event_id": "\\ud800", "device_id": "\\ud800"}', "utf-8")
    (event,), _ = find_events(folder, classes, 5.0)
    assert (event.about.event_id, event.about.device) == ("\\ud800", "\\ud800")


def test_what_cannot_be_looked_into_is_told(made_events, classes, tmp_path, monkeypatch):
    folder, (one, two) = copied(made_events, tmp_path)

    def refuse(original, refused):
        def look(self):
            if self == refused:
                raise PermissionError(13, "Permission denied", str(self))
            return original(self)

        return look

    monkeypatch.setattr(Path, "iterdir", refuse(Path.iterdir, one))
    monkeypatch.setattr(Path, "read_bytes", refuse(Path.read_bytes, two / "metadata.json"))
    (event,), issues = find_events(folder, classes, 5.0)
    monkeypatch.setattr(Path, "read_bytes", refuse(Path.read_bytes, two / "sensors.csv"))
    (unread,) = read_signals(event).issues
    assert unread.problem == "Permission denied"
    assert event.key == two.name and event.label is None
    assert [issue.file for issue in issues] == [one.name, f"{two.name}/metadata.json"]
    assert all("Permission denied" in issue.problem and str(tmp_path) not in issue.problem for issue in issues)


def test_folders_are_named_in_text_and_what_is_hidden_is_left_out(tmp_path, classes):
    for name in (b"event_\xff", b"event_a/.trash/event_b"):
        place = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
        place.mkdir(parents=True)
        (place / "sensors.csv").write_text("timestamp,magnetic_magnitude\n0,48\n", "utf-8")
    events, issues = find_events(tmp_path, classes, 5.0)
    assert [event.key for event in events] == [r"event_\xff"]
    for issue in [*issues, *read_signals(events[0]).issues]:
        issue.file.encode("utf-8")
    assert read_signals(events[0]).present["sensors"]


def test_a_sound_of_hours_is_not_decoded_to_its_end(made_events, classes, tmp_path, monkeypatch, rng):
    folder, (one,) = copied(made_events, tmp_path, 1)
    sound = rng.uniform(-0.5, 0.5, 20 * 16000).astype(np.float32)
    soundfile.write(one / "audio.wav", sound, 16000)
    (event,), _ = find_events(folder, classes, 5.0)
    whole = read_audio(one / "audio.wav", 22050).samples[: 5 * 22050]
    assert read_signals(event).issues == []
    monkeypatch.setattr("horuslib.spectral.events.event._MOST_SOUND_S", 6.0)
    signals = read_signals(event)
    assert np.array_equal(signals.sound, whole)
    assert problems(signals.issues) == [
        f"{one.name}/audio.wav: the sound lasts longer than 6 s: its beginning was read"
    ]


def test_a_video_that_claims_too_much_is_bounded(made_events, classes, tmp_path):
    folder, (one,) = copied(made_events, tmp_path, 1)
    frames = np.zeros((600, 16, 16, 3), np.uint8)
    write_film(one / "video.mp4", frames, 30)
    (event,), _ = find_events(folder, classes, 5.0)
    assert len(read_signals(event).picture.frames) <= 5.0 * 30 + 1
    write_film(one / "video.mp4", np.zeros((2, 16, 8208, 3), np.uint8), 5)
    assert "claims frames of 8208x16" in problems(read_signals(event).issues)[0]
