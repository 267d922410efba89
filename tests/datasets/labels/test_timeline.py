"""Label tables in common dialects, labels in file names, and precedence where they disagree."""

import pytest

from horuslib.datasets.corrections import Correction, read_corrections
from horuslib.datasets.labels.names import label_of_path
from horuslib.datasets.labels.timeline import Interval, timeline
from horuslib.datasets.labels.timestamps import TimedRow, parse_time, read_timestamps

HEADER = "video_filename,t_start,t_end,class\n"


def read(text, media, task, table="timestamp.csv", encoding="utf-8"):
    return read_timestamps(text.encode(encoding), table, media, task)


def only(issues):
    (issue,) = issues
    return issue


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("01:02:03.5", 3723.5),
        ("00:00:04.14", 4.14),
        ("00:00:04,14", 4.14),
        ("02:03", 123),
        ("90:00", 5400),
        ("7", 7),
        ("75.25", 75.25),
        (" 0,5 ", 0.5),
        (".5", 0.5),
    ],
)
def test_times_are_parsed_in_every_format(text, seconds):
    assert parse_time(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "abc", "-1", "1:2:3:4", "00:61:00", "00:00:60", "nan", "inf", "1e3", "1.2.3", "٣"]
)
def test_invalid_times_are_refused(text):
    with pytest.raises(ValueError, match=r"not a time|60 or more"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("video_filename,t_start,t_end,class\nmaçã,00:00:01,00:00:02.5,eco\n", "utf-8"),
        ("video_filename,t_start,t_end,class\nmaçã.mp4,1,2.5,reverb\n", "utf-8-sig"),
        ("video_filename;t_start;t_end;class\r\nmaçã;00:00:01,0;00:00:02,5;echo\r\n", "latin-1"),
        ("\n\nVideo Filename\tT_Start\tT-End\tCLASSE\n\n maçã \t0:01\t0:02,5\t ECO_REVERB \n\n", "utf-16"),
        ("class,t_end,note,t_start,video\neco,2.5,x,1,MAÇÃ\n", "utf-8"),
        ('arquivo,início,fim,rótulo\n"maçã","1,0","2,5",eco\n', "utf-8"),
        ("maçã,1,2.5,eco\n", "utf-8"),
    ],
)
def test_table_dialects_give_the_same_row(horus, text, encoding):
    rows, issues = read(text, ["maçã.mp4"], horus, encoding=encoding)
    ((path, (row,)),) = rows.items()
    assert (path, row.start_s, row.end_s, row.label) == ("maçã.mp4", 1.0, 2.5, "eco_reverb")
    assert [f.problem for f in issues] == (["not UTF-8"] if encoding == "latin-1" else [])


@pytest.mark.parametrize(
    ("row", "problem", "action"),
    [
        ("a,soon,2,eco", "'soon' is not a time", "correct the row (HH:MM:SS.ff, MM:SS or seconds)"),
        ("a,5,2,eco", "ends at '2', not after its start '5'", "none of this video's other sound counts as normal"),
        ("a,5,5,eco", "ends at '5', not after its start '5'", "interval left out"),
        ("a,1,2,zumbido", "unknown class 'zumbido'", "use one of ausencia_audio, volume_baixo"),
        ("a,1", "'' is not a time", "interval left out"),
        ("a,00:00:01,5,00:00:02,5,eco", "a decimal comma needs quotes, or ';' between", "correct the row"),
        ("gone,1,2,eco", "no such video in the folder", "add the video or correct the name"),
        (",1,2,eco", "no video_filename", "name its video"),
        ("../a,1,2,eco", "points outside the folder", "refused"),
        ("/etc/passwd,1,2,eco", "points outside the folder", "refused"),
        ("C:\\videos\\a,1,2,eco", "points outside the folder", "refused"),
        ("sub\\..\\..\\a,1,2,eco", "points outside the folder", "refused"),
    ],
)
def test_an_unusable_row_is_reported_with_line_problem_and_remedy(horus, row, problem, action):
    rows, issues = read(f"{HEADER}b,0,1,hiss\n{row}\n", ["a.mp4", "b.mp4"], horus)
    bad = [f for f in issues if problem in f.problem]
    assert bad and action in bad[0].action and bad[0].severity == "error"
    assert bad[0].where == "timestamp.csv, line 3"
    assert rows["b.mp4"] == [TimedRow("timestamp.csv, line 2", 0.0, 1.0, "ruido_hiss")]


def test_a_duplicate_row_counts_once(horus):
    rows, issues = read(f"{HEADER}a,1,2,eco\na.mp4,00:01,00:02,echo\n", ["a.mp4"], horus)
    assert len(rows["a.mp4"]) == 1
    assert only(issues).problem == "repeats timestamp.csv, line 2"


def test_an_ambiguous_file_name_needs_its_path(horus):
    media = ["x/a.mp4", "y/a.mp4", "a b.v2.mov"]
    rows, issues = read(f"{HEADER}a,1,2,eco\nx/a,1,2,eco\na b.v2,1,2,eco\n", media, horus)
    assert only(issues).problem == "names 2 videos: x/a.mp4, y/a.mp4"
    assert set(rows) == {"x/a.mp4", "a b.v2.mov"}


def test_a_table_applies_to_videos_of_its_own_folder(horus):
    rows, issues = read(
        f"{HEADER}a,1,2,eco\nb,1,2,eco\n", ["one/a.mp4", "two/a.mp4", "b.mp4"], horus, "one/timestamp.csv"
    )
    assert set(rows) == {"one/a.mp4"}
    assert only(issues).file == "b"


@pytest.mark.parametrize(
    ("text", "problem"), [("", "the table is empty"), ("a,b\n1,2\n", "no column video_filename, t_start")]
)
def test_an_empty_or_headerless_table_is_reported(horus, text, problem):
    rows, issues = read(text, ["a.mp4"], horus)
    assert rows == {} and problem in only(issues).problem


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("falha_audio_eco_02.mp4", "eco_reverb"),
        ("hiss1.mp4", "ruido_hiss"),
        ("sinalerro1.mp4", "sinal_teste"),
        ("sinal_1khz-3.mov", "sinal_teste"),
        ("falha_audio_volume_baixo_03.mp4", "volume_baixo"),
        ("VolumeBaixo3.mp4", "volume_baixo"),
        ("falha_audio_ausência_áudio_01.mp4", "ausencia_audio"),
        ("ruido_chiado.mp4", "ruido_hiss"),
        ("normal_clips/clip_1.mp4", "normal"),
        ("normal_clips/eco da serra.mp4", "normal"),
        ("eco/2024/take 1.mp4", "eco_reverb"),
        ("ecologia.mp4", None),
        ("entrevista.mp4", None),
        ("eco_hiss.mp4", None),
    ],
)
def test_labels_are_found_in_file_and_folder_names(horus, path, label):
    assert label_of_path(path, horus)[0] == label


def test_of_overlapping_matches_the_longest_counts(horus):
    task = horus.model_copy(update={"aliases": {**horus.aliases, "sem_eco": "normal"}})
    assert label_of_path("sem_eco_02.mp4", task)[0] == "normal"
    assert label_of_path("eco_02.mp4", task)[0] == "eco_reverb"


def spans(intervals):
    return [(round(i.start_s, 3), round(i.end_s, 3), i.label, i.origin) for i in intervals]


def row(start_s, end_s, label, line=2):
    return TimedRow(f"timestamp.csv, line {line}", start_s, end_s, label)


def test_outside_its_intervals_a_listed_video_is_normal_beyond_the_guard(horus):
    labelled, issues = timeline("a.mp4", 20.0, [row(5, 10, "eco_reverb")], [], horus)
    assert spans(labelled) == [
        (0, 4, "normal", "outside"),
        (4, 5, None, "guard"),
        (5, 10, "eco_reverb", "timestamp.csv"),
        (10, 11, None, "guard"),
        (11, 20, "normal", "outside"),
    ]
    assert issues == []


def test_a_name_labels_the_whole_file_unless_the_table_lists_it(horus):
    assert spans(timeline("hiss1.mp4", 9.0, [], [], horus)[0]) == [(0, 9, "ruido_hiss", "name")]
    labelled, _ = timeline("hiss1.mp4", 9.0, [row(0, 9, "eco_reverb")], [], horus)
    assert spans(labelled) == [(0, 9, "eco_reverb", "timestamp.csv")]


def test_without_any_label_a_file_is_unlabelled(horus):
    labelled, issues = timeline("entrevista.mp4", 9.0, [], [], horus)
    assert spans(labelled) == [(0, 9, None, "unlabelled")] and issues == []
    labelled, issues = timeline("eco_hiss.mp4", 9.0, [], [], horus)
    assert spans(labelled) == [(0, 9, None, "unlabelled")]
    assert "'eco_hiss' has more than one class" in only(issues).problem


def test_corrections_override_rows_and_later_ones_override_earlier_ones(horus):
    corrections = [Correction(0, 6, "volume_baixo"), Correction(4, 8, None), Correction(5, 6, "normal")]
    labelled, _ = timeline("a.mp4", 10.0, [row(0, 10, "eco_reverb")], corrections, horus)
    assert spans(labelled) == [
        (0, 4, "volume_baixo", "correction"),
        (4, 5, None, "quarantined"),
        (5, 6, "normal", "correction"),
        (6, 8, None, "quarantined"),
        (8, 10, "eco_reverb", "timestamp.csv"),
    ]


def test_an_overlap_of_two_classes_is_left_out(horus):
    labelled, issues = timeline("a.mp4", 10.0, [row(0, 6, "eco_reverb"), row(4, 10, "ruido_hiss", 3)], [], horus)
    assert spans(labelled) == [
        (0, 4, "eco_reverb", "timestamp.csv"),
        (4, 6, None, "two classes"),
        (6, 10, "ruido_hiss", "timestamp.csv"),
    ]
    assert only(issues)[1:] == (
        "timestamp.csv, line 3",
        "eco_reverb and ruido_hiss overlap (4.00-6.00 s; timestamp.csv, line 2)",
        "the overlap is left out; correct the intervals, one class at a time",
        "warning",
    )


def test_times_past_the_end_are_cut_and_reported(horus):
    labelled, issues = timeline("a.mp4", 10.0, [row(5, 30, "eco_reverb"), row(12, 14, "ruido_hiss", 3)], [], horus)
    assert spans(labelled)[-1] == (5, 10, "eco_reverb", "timestamp.csv")
    assert {f.where: f.problem for f in issues} == {
        "timestamp.csv, line 2": "ends at 30.00 s, past the end (10.00 s)",
        "timestamp.csv, line 3": "starts at 12.00 s, past the end (10.00 s)",
    }
    assert {f.severity for f in issues} == {"warning"}
    assert timeline("a.mp4", 10.0, [row(5, 10.05, "eco_reverb")], [], horus)[1] == []


def test_the_sound_of_an_unusable_row_is_never_normal(horus):
    labelled, _ = timeline("a.mp4", 10.0, [row(None, None, "eco_reverb"), row(2, 4, "ruido_hiss")], [], horus)
    assert {i.label for i in labelled} == {None, "ruido_hiss"}
    labelled, _ = timeline("a.mp4", 10.0, [row(0, 5, None)], [], horus)
    assert spans(labelled)[0] == (0, 5, None, "unknown class") and spans(labelled)[-1][2] == "normal"


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nvideo_filename;t_start;t_end;class\na;0:10;0:25,5;chiado\n",
        '"sep=;"\r\nvideo_filename;t_start;t_end;class\r\n\r\na;10;25,5;chiado\r\n',
        "Falhas de áudio, março de 2026\n\nvideo_filename,t_start,t_end,class\na,10,25.5,hiss\n",
        "Falhas de áudio;;;\nCanal 3, noite;;;\narquivo;início (s);fim (s);rótulo\na;10;25,5;hiss\n",
        "video_filename,t_start,duration,class\na,00:00:10,15.5,hiss\n",
        "arquivo;duração (s);classe;início\na;15,5;hiss;10\n",
        "\n\n\nvideo_filename|t_start|t_end|class\n\n\na|10|25.5|hiss\n\n",
        "a,00:00:10,00:00:25.5,hiss\n",
    ],
)
def test_lines_around_the_header_and_other_columns_are_read(horus, text):
    rows, issues = read(text, ["a.mp4"], horus)
    (row,) = rows["a.mp4"]
    assert (row.start_s, row.end_s, row.label) == (10.0, 25.5, "ruido_hiss") and issues == []
    line = next(k for k, words in enumerate(text.splitlines(), 1) if words.startswith(("a,", "a;", "a|")))
    assert row.where == f"timestamp.csv, line {line}"


@pytest.mark.parametrize(
    "rows",
    [
        "a,0.000347,0.000694,hiss",
        "a,3.47222E-04,6.94444E-04,hiss",
        '"a","0,000347222","0,000694444",hiss',
        "a,0.000347222222222222,00:01:00,hiss",
    ],
)
def test_fractions_of_a_day_are_times_of_excel(horus, rows):
    found, issues = read(f"{HEADER}{rows}\n", ["a.mp4"], horus)
    (row,) = found["a.mp4"]
    assert (row.start_s, row.end_s) == (pytest.approx(30, abs=0.05), pytest.approx(60, abs=0.05))
    assert "fractions of a day" in only(issues).problem and only(issues).severity == "warning"


def test_a_duration_may_be_a_fraction_of_a_day(horus):
    text = "video_filename,t_start,duration,class\na,0.000347222,0.000347222,hiss\n"
    (row,) = read(text, ["a.mp4"], horus)[0]["a.mp4"]
    assert (row.start_s, row.end_s) == (pytest.approx(30, abs=0.01), pytest.approx(60, abs=0.01))


@pytest.mark.parametrize("times", ["0.000347,0.000694", "0.0003,0.0007", "3.5E-04,7E-04", "0.0208,0.0417"])
def test_times_that_cannot_be_meant_never_make_sound_normal(horus, times):
    """Fractions of a day beside seconds, or too coarse ones."""
    rows, issues = read(f"{HEADER}a,{times},hiss\na,20,25,hiss\n", ["a.mp4"], horus)
    issue = only(issues)
    assert issue.severity == "error" and issue.where == "timestamp.csv, line 2"
    labelled, _ = timeline("a.mp4", 40.0, rows["a.mp4"], [], horus)
    assert "normal" not in {span.label for span in labelled}


@pytest.mark.parametrize(
    ("times", "duration_s"),
    [
        ("0.0003,0.0625", 7200.0),  # 26 s to 90 min
        ("0.02,0.09", 3600.0),  # past the end as a fraction of a day, too
        ("0,0.2", 60.0),
        ("0.000347,0.3", 36000.0),  # 7.2 h
    ],
)
def test_coarse_fractions_of_a_day_never_make_sound_normal(horus, times, duration_s):
    rows, _ = read(f"{HEADER}a,{times},hiss\n", ["a.mp4"], horus)
    labelled, issues = timeline("a.mp4", duration_s, rows["a.mp4"], [], horus)
    assert {span.label for span in labelled} == {None}
    issue = only(issues)
    assert (issue.severity, issue.where) == ("error", "timestamp.csv, line 2")
    assert "fractions of a day" in issue.problem and "none of this video's other sound" in issue.action


@pytest.mark.parametrize(("times", "duration_s"), [("0.05,0.2", 10.0), ("0.25,0.75", 7200.0), ("0,0.5", 30.0)])
def test_a_short_row_at_the_beginning_can_be_meant(horus, times, duration_s):
    rows, _ = read(f"{HEADER}a,{times},hiss\n", ["a.mp4"], horus)
    labelled, issues = timeline("a.mp4", duration_s, rows["a.mp4"], [], horus)
    assert {span.label for span in labelled} >= {"ruido_hiss", "normal"} and issues == []


def test_seconds_below_one_stay_seconds(horus):
    rows, issues = read(f"{HEADER}a,0.250000,0.750000,hiss\na,2.5,7.125000,hiss\n", ["a.mp4"], horus)
    assert [(row.start_s, row.end_s) for row in rows["a.mp4"]] == [(0.25, 0.75), (2.5, 7.125)] and issues == []
    assert read(f"{HEADER}a,0,0.5,hiss\n", ["a.mp4"], horus)[0]["a.mp4"][0].end_s == 0.5


def test_a_row_past_the_end_makes_nothing_normal(horus):
    """Minutes that a spreadsheet took for hours."""
    labelled, issues = timeline("a.mp4", 60.0, [row(600, 1800, "ruido_hiss")], [], horus)
    assert spans(labelled) == [(0, 60, None, "beside an unusable row")]
    assert "none of this video's other sound counts as normal" in only(issues).action


def test_a_label_track_without_names_of_videos_is_explained(horus):
    rows, issues = read("1.5\t7.25\thiss\n9.0\t15.0\teco\n", ["a.mp4"], horus)
    assert rows == {} and "label track of Audacity" in only(issues).problem
    assert "NAME.txt beside its video" in only(issues).action and only(issues).severity == "error"


def test_a_class_outside_the_task_is_left_out_and_never_normal(heimdall):
    reason = "volume_baixo is not a class of heimdall"
    labelled, issues = timeline("a.mp4", 10.0, [row(0, 5, "volume_baixo")], [], heimdall)
    assert Interval(0, 5, None, reason) in labelled and issues == []
    labelled, _ = timeline("falha_audio_volume_baixo_01.mp4", 10.0, [], [], heimdall)
    assert spans(labelled) == [(0, 10, None, reason)]


def test_the_ledger_may_have_more_columns_and_its_unusable_rows_are_reported(horus, tmp_path):
    ledger = tmp_path / "corrections.csv"
    assert read_corrections(ledger, horus) == ({}, [])
    ledger.write_text(
        "when,recording_sha256,start_s,end_s,label,action\n"
        "mon,AB,0,2.5,hiss,relabel\nmon,ab,3,4,,quarantine\nmon,ab,4,3,eco,relabel\nmon,ab,3,4,zumbido,relabel\nmon,ab,3,4,eco,x\n"
    )
    corrections, issues = read_corrections(ledger, horus)
    assert corrections == {"ab": [Correction(0, 2.5, "ruido_hiss"), Correction(3, 4, None)]}
    assert [(f.where, f.problem) for f in issues] == [
        ("line 4", "ends at 3 s, not after its start 4 s"),
        ("line 5", "unknown class 'zumbido'"),
        ("line 6", "unknown action 'x': relabel, quarantine or undo"),
    ]
    ledger.write_text("sha,from\n")
    assert "no column recording_sha256" in only(read_corrections(ledger, horus)[1]).problem
