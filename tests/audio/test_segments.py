import numpy as np
import pytest

from horuslib.audio.segments import cut, starts


@pytest.mark.parametrize("block", [1600, 77_777, 1_000_000])
def test_segments_hold_the_sound_of_their_time_however_it_arrives(horus, block):
    samples = np.arange(round(24.03 * 16000), dtype=np.float32)
    found = list(cut((samples[k : k + block] for k in range(0, len(samples), block)), horus.front_end))
    assert [s.start_s for s in found] == [0, 2.5, 5, 7.5, 10, 12.5, 15, 17.5, pytest.approx(19.03)]
    for s in found:
        assert len(s.samples) == 80000
        assert np.array_equal(s.samples, samples[round(s.start_s * 16000) : round(s.end_s * 16000)])


@pytest.mark.parametrize(("seconds", "ends"), [(7.5, [5, 7.5]), (7.51, [5, 7.5, 7.51]), (9.99, [5, 7.5, 9.99])])
def test_a_remainder_gets_a_segment_that_ends_with_the_file(horus, seconds, ends):
    assert [s.end_s for s in cut([np.zeros(round(seconds * 16000))], horus.front_end)] == ends


@pytest.mark.parametrize("task", ["horus", "heimdall"])
@pytest.mark.parametrize("samples", [0, 1, 47_999, 80_000, 80_001, 119_999, 120_000, 120_001, 1_234_567])
def test_training_and_scanning_cut_at_the_same_places(request, task, samples):
    front_end = request.getfixturevalue(task).front_end
    blocks = (np.zeros(min(50_000, samples - k), np.float32) for k in range(0, samples, 50_000))
    scanned = [round(s.start_s * front_end.sample_rate_hz) for s in cut(blocks, front_end)]
    assert list(starts(samples, front_end)) == scanned


def test_a_short_file_is_one_short_segment(horus):
    (only,) = cut([np.ones(8000)], horus.front_end)
    assert (only.start_s, only.end_s, len(only.samples)) == (0, 0.5, 8000)


def test_an_empty_stream_has_no_segments(heimdall):
    assert list(cut([], heimdall.front_end)) == []


def test_a_segment_that_is_mostly_lost_is_silence(horus):
    """Lost from 7 to 16 s: of the segment from 5 s a share of 3 in 5 is lost, of that from 15 s 1 in 5."""
    silent = {s.start_s: not s.samples.any() for s in cut([np.ones(25 * 16000)], horus.front_end, [(7.0, 16.0)])}
    assert [start_s for start_s, is_silent in silent.items() if is_silent] == [5, 7.5, 10, 12.5]
