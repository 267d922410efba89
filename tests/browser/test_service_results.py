"""Results of speech on the page of the service: a transcript that follows the sound, lanes of speakers, the variety."""

import pytest
import soundfile

from tests.browser.accessibility import serious
from tests.conftest import tone
from tests.speech.conftest import words_of

pytest.importorskip("fastapi", reason="fastapi is not installed: the page of the service is not opened")
from horuslib.service.jobs import Job, State, new_id
from horuslib.service.store import Store
from horuslib.service.workers.work import write_result
from horuslib.speech.transcript import Segment, Transcript
from tests.service.server import server

pytestmark = pytest.mark.slow
WAIT = 90_000
MARKUP = "<img src=x onerror=alert(1)>"
NAME, TURNS = f"talk {MARKUP}.wav", f"turns {MARKUP}.wav"
ANA, RUI = f"Ana {MARKUP}", "Rui"


def transcript():
    """Ana speaks from 1.0 to 3.0 s, Rui from 5.0 to 6.0 s; the words last half a second each."""
    lines = [
        words_of(f"bom {MARKUP.replace(' ', '')} dia <b>todos</b>", 1.0, 0.5, ANA),
        words_of("até logo", 5.0, 0.5, RUI),
    ]
    return Transcript(
        file=NAME, duration_s=10.0, language="pt", variety="pt-BR", model=f"base {MARKUP}",
        segments=tuple(Segment.of(words) for words in lines), notes=(f"1.0 s: {MARKUP}",),
    ).model_dump(mode="json")  # fmt: skip


def turns():
    found = [(0.0, 4.0, ANA), (5.0, 10.0, RUI)]
    times = [{"start_s": s, "end_s": e, "speaker": who, "confidence": 0.9, "channel": 1} for s, e, who in found]
    return {"file": TURNS, "duration_s": 10.0, "variety": "pt-BR", "turns": times, "notes": [MARKUP]}


@pytest.fixture(scope="module")
def running(tmp_path_factory, export):
    """A server that was given two finished jobs."""
    data = tmp_path_factory.mktemp("results") / "data"
    store = Store(data)
    for name, task, result in ((NAME, "both", transcript()), (TURNS, "diarize", turns())):
        job = Job(new_id(), "", task, name, {"task": task}, "", 10.0)
        store.job_folder(job.id).mkdir()
        store.add(job)
        write_result(store.job_folder(job.id), result)
        store.update(job, state=State.DONE)
    store.close()
    with server(data, PACKAGE_DIR=str(export)) as found:
        yield found


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / NAME
    soundfile.write(path, tone(10), 16000)
    return path


@pytest.fixture
def opened(running, page):
    """Opens the result of a job by its name."""

    def open_result(name):
        page.goto(running.url)
        page.get_by_label(f"Show {name}").press("Enter", timeout=WAIT)
        page.locator(f"#result-title:text-is('{name}')").wait_for(timeout=WAIT)
        return page

    yield open_result
    assert page.locator("img, #content b, #result script").count() == 0
    assert page.errors == []


def seek(page, seconds):
    page.locator("#player").evaluate("(player, s) => { player.pause(); player.currentTime = s; }", seconds)


def test_a_transcript_follows_the_sound(opened, talk):
    page = opened(NAME)
    assert [line.inner_text() for line in page.locator(".line .who").all()] == [f"{ANA}: ", f"{RUI}: "]
    assert "<b>todos</b>" in page.locator("#content").inner_text()
    assert MARKUP in page.locator("#about").inner_text()
    assert "pt-BR" in page.locator("#about").inner_text()
    assert [lane.inner_text() for lane in page.locator(".lane > span").all()] == [ANA, RUI]
    assert page.locator("#no-sound").is_visible()
    page.locator("#file").set_input_files(str(talk))
    page.locator("#player").wait_for(timeout=WAIT)
    for second, said in ((1.2, "bom"), (2.7, "<b>todos</b>"), (5.7, "logo")):
        seek(page, second)
        page.locator(f".line.now .word.now:text-is('{said}')").wait_for(timeout=WAIT)
        assert page.locator(".word.now").count() == 1
    seek(page, 4.0)
    page.wait_for_function("!document.querySelector('.line.now')", timeout=WAIT)
    mark = page.locator(".track .now").first.evaluate("mark => parseFloat(mark.style.left)")
    assert mark == pytest.approx(40, abs=2)
    page.locator(".line button").nth(1).press("Enter")
    page.locator(".line.now .who", has_text=RUI).wait_for(timeout=WAIT)
    assert serious(page) == []


def test_turns_are_lanes_of_speakers(opened):
    page = opened(TURNS)
    assert [lane.inner_text() for lane in page.locator(".lane > span").all()] == [ANA, RUI]
    rui = page.get_by_label("Rui, 00:05 to 00:10")
    assert rui.evaluate("span => [parseFloat(span.style.left), parseFloat(span.style.width)]") == [50, 50]
    about = page.locator("#about").inner_text()
    assert "2 speakers" in about and MARKUP in about
    assert page.locator("#content").inner_text() == ""
    assert page.locator("#downloads button").all_inner_texts() == ["Download JSON", "Download RTTM"]
    assert serious(page) == []


def test_the_variety_is_sent(running, talk, page):
    page.goto(running.url)
    page.locator("input[value=diarize]:not([disabled])").check(timeout=WAIT)
    page.locator("#file").set_input_files(str(talk))
    page.get_by_label("Variety").fill("Brazil")
    page.locator("#send").press("Enter")
    assert page.locator("#variety:invalid").count() == 1
    page.get_by_label("Variety").fill("pt-PT")
    page.locator("#send").press("Enter")
    page.locator("#about", has_text="0 speakers").wait_for(timeout=WAIT)
    job = running.client.get("/v1/jobs").json()[-1]
    assert running.client.get(job["results"]["json"]).json()["variety"] == "pt-PT"
