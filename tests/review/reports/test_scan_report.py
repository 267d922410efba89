"""The page of a scan: its content, and its use by mouse, by keyboard, on a phone and without a network."""

import json
import re

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.datasets.corrections import LEDGER, read_corrections
from horuslib.evaluation.events import Event
from horuslib.review.reports import scan_report
from horuslib.review.reports.scan_report import letters, write_hard_normals, write_scan_report
from tests.conftest import noise, syllables, tone
from tests.scanned import make_scan, write_diagnosis, write_failure

WAIT = 60_000
EVIL = "</script><img src=x onerror=alert(1)>.mp4"


@pytest.fixture
def page(horus, tmp_path, rng):
    """Three videos with sound, one without any fault, one that could not be read."""
    out, sound = tmp_path / "out", tmp_path / "sound"
    pieces = {"tone.wav": tone(10), "hiss.wav": noise(rng, 10)}
    for name, fault in pieces.items():
        path = write_wav(sound / name, np.concatenate([syllables(rng, 12), fault, syllables(rng, 8)]), 16000)
        label = {"tone.wav": "sinal_teste", "hiss.wav": "ruido_hiss"}[name]
        events = [Event(label, 12.0, 22.0, 0.95), Event("eco_reverb", 25.0, 30.0, 0.61)]
        made = write_diagnosis(out, name, 30.0, horus, events, size_bytes=path.stat().st_size)
        found = json.loads(made.read_text("utf-8"))
        found["events"][1] |= {"kind": "echo", "delay_s": 0.4}
        made.write_text(json.dumps(found))
    write_diagnosis(out, "sub/clean.mp4", 7300.0, horus)
    write_diagnosis(out, "absent.mp4", 60.0, horus, [Event("volume_baixo", 0.0, 60.0, 0.8)])
    write_failure(out, "torn.mp4", "cannot be opened <at all>")
    return write_scan_report(out, sound)[0]


def test_alarms_on_known_good_programme_are_listed_as_normal(page, horus, tmp_path):
    sound, out = tmp_path / "sound", tmp_path / "out"
    assert "False alarms by source" not in page.read_text("utf-8")
    assert "False alarms by source" in write_scan_report(out, good=True)[0].read_text("utf-8")
    listed, alarms = write_hard_normals(out, sound)
    assert alarms == 4, "two of each file that is there"
    labels = tmp_path / "labels"
    labels.mkdir()
    listed.rename(labels / listed.name)
    said, issues = read_corrections(labels / LEDGER, horus)
    assert not issues
    of_tone = said[sha256_file(sound / "tone.wav")]
    assert [(c.start_s, c.end_s, c.label) for c in of_tone] == [(12.0, 22.0, "normal"), (25.0, 30.0, "normal")]


def rows(tab, list_id):
    return [row.strip() for row in tab.locator(f"#{list_id} tbody tr").all_inner_texts()]


def test_the_page_shows_the_totals_without_javascript(page):
    text = page.read_text("utf-8")
    assert "5 events in 3 of 5 videos" in text
    row = re.search(r"eco_reverb</th>(.*?)</tr>", text, re.DOTALL)[1]
    assert re.findall(r"<td>([^<]*)</td>", row)[:3] == ["2", "2", "10 s"]
    assert "4 of 5 events can be played" in text and "1 video is not in the folder of sound" in text
    assert "Minutes of fault in each hour" in text, "a recording is longer than an hour"
    assert page.stat().st_size < 12e6


def test_no_file_name_can_close_the_script_element(horus, tmp_path):
    (tmp_path / "x").mkdir()
    path = write_diagnosis(tmp_path, "x.mp4", 30.0, horus, [Event("eco_reverb", 0, 9, 0.9)], message="<b>")
    found = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**found, "file": EVIL}))
    text = write_scan_report(tmp_path)[0].read_text("utf-8")
    assert "<img" not in text and text.count("</script>") == 2
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert data["videos"][0][0] == EVIL


def test_letters_distinguish_the_classes(horus):
    assert letters(horus.faults) == dict(zip(horus.faults, "AVERS", strict=True))
    assert letters(["aa", "ab", "ba"]) == {"aa": "A", "ab": "B", "ba": "C"}


def test_a_page_that_would_be_too_large_is_refused(horus, tmp_path, monkeypatch):
    make_scan(horus, tmp_path, 5, longest_s=100)
    monkeypatch.setattr(scan_report, "LARGEST", 100_000)
    with pytest.raises(UserError, match="report its sub-folders"):
        write_scan_report(tmp_path)
    with pytest.raises(UserError, match="--sound names the folder"):
        write_scan_report(tmp_path, tmp_path / "nowhere")


@pytest.mark.slow
def test_a_browser_lists_sorts_and_filters(opened, page, screenshots):
    tab, requests, console = opened(page, viewport={"width": 1400, "height": 1000})
    assert len(rows(tab, "video-list")) == 5 and len(rows(tab, "event-list")) == 5
    assert rows(tab, "video-list")[0].startswith("absent.mp4"), "the longest fault time first"
    tab.locator("#video-list [data-sort=name]").click()
    assert [x.split("\t")[0].split("\n")[0] for x in rows(tab, "video-list")] == [
        "absent.mp4", "hiss.wav", "sub/clean.mp4", "tone.wav", "torn.mp4",
    ]  # fmt: skip
    assert tab.locator("#video-list th[aria-sort=ascending]").inner_text() == "video"
    tab.locator("#event-list [data-sort=sure]").click()
    assert "0.61" in rows(tab, "event-list")[0] and "echo, delay 0.40 s" in rows(tab, "event-list")[0]
    tab.get_by_role("button", name="eco_reverb", exact=True).click()
    assert len(rows(tab, "event-list")) == 3
    tab.get_by_role("searchbox").fill("HISS")
    tab.wait_for_function("document.querySelectorAll('#event-list tbody tr').length == 1")
    assert [x.split("\t")[0] for x in rows(tab, "video-list")] == ["hiss.wav"]
    tab.get_by_role("searchbox").fill("")
    tab.get_by_role("button", name="eco_reverb", exact=True).click()
    tab.locator("#part").select_option("unreadable")
    tab.wait_for_function("document.querySelectorAll('#video-list tbody tr').length == 1")
    assert "cannot be opened <at all>" in rows(tab, "video-list")[0]
    tab.locator("#part").select_option("")
    tab.screenshot(path=screenshots / "scan_report.png", full_page=True)
    assert requests == [] and console == []


@pytest.mark.slow
def test_an_event_is_opened_played_and_closed_by_keyboard(opened, page, screenshots):
    tab, _, console = opened(page, viewport={"width": 1400, "height": 1000})
    tab.get_by_role("button", name=re.compile("Play sinal_teste in tone.wav")).focus()
    tab.keyboard.press("Enter")
    dialog = tab.get_by_role("dialog")
    assert "sinal_teste in tone.wav" in dialog.inner_text() and "of 5" in dialog.inner_text()
    dialog.locator("h2").click()
    tab.keyboard.press(" ")
    tab.wait_for_function("document.querySelector('dialog audio').currentTime > 0.2", timeout=WAIT)
    tab.screenshot(path=screenshots / "scan_report_event.png")
    before = dialog.locator("#event-at").inner_text()
    tab.keyboard.press("ArrowRight")
    assert dialog.locator("#event-at").inner_text() != before
    tab.keyboard.press("ArrowLeft")
    assert dialog.locator("#event-at").inner_text() == before
    tab.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert tab.evaluate("document.activeElement.textContent") == "▶ play", "the focus is restored"
    tab.locator("#video-list .ev").first.click()
    assert "The sound of this event is not on this page." in dialog.inner_text()
    assert console == []


def test_a_timeline_shows_and_describes_the_event_at_its_time(opened, page):
    tab, _, _ = opened(page, viewport={"width": 1400, "height": 1000})
    row = tab.locator("#video-list tr", has_text="tone.wav")
    strip, event = row.locator(".strip").bounding_box(), row.locator(".ev").first.bounding_box()
    assert (event["x"] - strip["x"]) / strip["width"] == pytest.approx(12 / 30, abs=0.01)
    assert event["width"] / strip["width"] == pytest.approx(10 / 30, abs=0.01)
    assert row.locator(".strip").get_attribute("aria-label") == (
        "sinal_teste 12.0 s to 22.0 s, eco_reverb 25.0 s to 30.0 s"
    )
    assert row.locator(".ev").first.inner_text() == "S"


def test_it_fits_a_phone_and_has_a_dark_mode(opened, page, screenshots):
    tab, _, _ = opened(page, viewport={"width": 360, "height": 740}, color_scheme="dark")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    colour = tab.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", colour)[:3])) < 200
    tab.screenshot(path=screenshots / "scan_report_phone.png", full_page=True)


@pytest.mark.slow
def test_print_shows_the_whole_list_and_states_what_it_omits(opened, page, horus, tmp_path):
    many, _ = write_scan_report(make_scan(horus, tmp_path / "many", 500, longest_s=600))
    tab, _, console = opened(many, viewport={"width": 1400, "height": 1000})
    tab.evaluate("""addEventListener("beforeprint", () => {
        window.rows = ["video", "event"].map((x) => document.getElementById(`${x}-list`).tBodies[0].rows.length);
    })""")
    tab.get_by_role("button", name="Next page of videos").click()
    events = int(tab.locator("#event-pager").inner_text().split(" of ")[1].split()[0])
    assert events > 1000, "so that not all of them are printed"
    paper = tab.pdf(format="A4")
    assert tab.evaluate("window.rows") == [500, 1000]
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > 1500 / 60
    assert tab.locator("#video-printed").text_content() == "All 500 videos; sorted by fault time, descending."
    assert "Only the first 1,000 are printed" in tab.locator("#event-printed").text_content()
    assert len(rows(tab, "video-list")) == 50 and "51 to 100" in tab.locator("#video-pager").inner_text()
    assert console == []

    tab, _, _ = opened(page)
    tab.get_by_role("button", name="sinal_teste", exact=True).click()
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert "4 of 5 events, filtered" in tab.locator("#event-printed").inner_text()
    assert tab.locator("audio:visible, form:visible, .pager:visible").count() == 0


@pytest.mark.slow
def test_1000_videos_stay_usable(opened, horus, tmp_path):
    page, _ = write_scan_report(make_scan(horus, tmp_path, 1000, longest_s=300))
    assert page.stat().st_size < 2e6
    tab, _, console = opened(page)
    tab.wait_for_selector("#event-list tbody tr")
    assert len(rows(tab, "video-list")) == 50
    tab.locator("#video-list [data-sort=name]").click()
    tab.locator("[data-kind='0']").first.click()
    tab.get_by_role("button", name="Next page of videos").click()
    assert "51 to 100" in tab.locator("#video-pager").inner_text()
    assert console == []
