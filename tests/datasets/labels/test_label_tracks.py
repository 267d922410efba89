"""Label tracks of Audacity beside the videos."""

import numpy as np
import soundfile

from horuslib.core.paths import Paths
from horuslib.datasets.dataset import ingest
from horuslib.datasets.labels.label_tracks import find_label_tracks, read_label_track
from horuslib.datasets.sources import fingerprint_raw
from tests.conftest import syllables

TRACK = "5.000000\t11.500000\thiss\n\\\t100.0\t4000.0\n\n20,5\t26,0\techo\n"


def test_a_label_track_is_rows_of_its_video(horus):
    rows, issues = read_label_track(TRACK.encode(), "x/a.txt", "x/a.mp4", horus)
    assert [(r.start_s, r.end_s, r.label) for r in rows] == [(5.0, 11.5, "ruido_hiss"), (20.5, 26.0, "eco_reverb")]
    assert issues == [] and rows[1].where == "x/a.txt, line 4"


def test_a_mark_or_an_unknown_class_is_an_error_and_makes_nothing_normal(horus):
    rows, issues = read_label_track(b"5.0\t5.0\thiss\n7.0\t9.0\tok?\n", "a.txt", "a.mp4", horus)
    assert [issue.severity for issue in issues] == ["error", "error"]
    assert rows[0].start_s is None and rows[1].label is None


def test_only_text_in_that_form_beside_a_video_is_one(tmp_path):
    for name, text in {"a.txt": TRACK, "b.txt": "Notes on b\n1\t2\n", "c.txt": TRACK}.items():
        (tmp_path / name).write_text(text)
    media = [tmp_path / name for name in ("a.mp4", "a.wav", "b.mp4", "d.mp4")]
    assert find_label_tracks(media) == {tmp_path / "a.txt": tmp_path / "a.mp4"}


def test_ingest_reads_it_and_depends_on_it(horus, tmp_path, rng):
    raw = tmp_path / "raw"
    raw.mkdir()
    soundfile.write(raw / "a.wav", syllables(rng, 30), 16000)
    (raw / "a.txt").write_text(TRACK)
    found = ingest(raw, horus, tmp_path / "cache")
    labelled = {(round(x.start_s, 1), round(x.end_s, 1)): x.label for x in found.intervals.itertuples()}
    assert labelled[5.0, 11.5] == "ruido_hiss" and labelled[20.5, 26.0] == "eco_reverb"
    assert set(fingerprint_raw(raw, Paths(tmp_path))) == {"a.wav", "a.txt"}
    assert np.isfinite(found.recordings["duration_s"]).all()
