"""The progress of a scan: files, skipped files, hours of sound."""

from horuslib.core.scan_progress import ScanProgress


def files(folder, *sizes):
    for k, size in enumerate(sizes):
        (folder / f"{k}.mp4").write_bytes(bytes(size))
    return [(folder / f"{k}.mp4", f"{k}.mp4") for k in range(len(sizes))]


def test_skipped_files_are_counted_separately(tmp_path):
    shown = ScanProgress(files(tmp_path, 1000, 3000))
    shown.done("0.mp4", 3600, False)
    shown.processed(1800)
    shown.done("1.mp4", 1800, True)
    assert shown.summary().startswith("2 files (1 done before, skipped), 1.50 h of sound in ")
    assert shown.summary().endswith(" h of sound per minute)")


def test_a_file_deleted_meanwhile_does_not_stop_the_scan(tmp_path):
    ((path, name),) = files(tmp_path, 10)
    path.unlink()
    shown = ScanProgress([(path, name)])
    shown.done(name, 5, True)
    assert shown.summary().startswith("1 files, 0.00 h of sound in ")


def test_a_short_scan_logs_no_progress(tmp_path, caplog):
    caplog.set_level("INFO", "horuslib")
    shown = ScanProgress(files(tmp_path, *[1000] * 20))
    for k in range(20):
        shown.done(f"{k}.mp4", 5, True)
    assert caplog.messages == []
