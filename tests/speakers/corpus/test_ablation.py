"""What statistics change: nothing where later scaling undoes them."""

import numpy as np
import pytest

from horuslib.speakers.corpus.ablation import PLAIN, UNDONE, ablate, uses
from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.corpus.collect import collect
from horuslib.speakers.corpus.statistics import FEATURES, compute
from tests.speakers.conftest import needs_metrics, needs_voices
from tests.speakers.corpus.conftest import draw


@pytest.mark.slow
def test_standardising_after_a_fixed_normalisation_undoes_it(drawn, rng):
    rows = 5 + 3 * rng.standard_normal((50, FEATURES))
    found = {use: scaling(rows) for use, scaling in uses(compute(drawn, rng)).items()}
    np.testing.assert_allclose(found[UNDONE], found[PLAIN], atol=1e-9)
    assert not np.allclose(found["whitening within speakers"][:, :5], found[PLAIN][:, :5], atol=0.1)


@pytest.mark.slow
@needs_voices
@needs_metrics
def test_the_table_has_every_use_and_no_change_where_undone(talk, drawn, rng):
    one = collect(Entry(talk[0], "talk.wav", talk[2]))
    table = ablate([one, *drawn], {"talk.wav": talk[2]}, True, rng).set_index("use")
    assert len(table) == 5
    assert table.change[UNDONE] == 0.0
    assert table.der[PLAIN] < 0.2


@needs_voices
def test_statistics_of_the_same_people_are_left_out(talk, rng, monkeypatch):
    from horuslib.speakers.corpus import ablation

    one = collect(Entry(talk[0], "talk.wav", talk[2]))
    again, other = draw(rng, "again", list(one.seconds)), draw(rng, "other", ["x", "y"])
    given = []
    monkeypatch.setattr(ablation, "compute", lambda rest, rng: given.extend(rest) or pytest.skip("seen"))
    with pytest.raises(pytest.skip.Exception):
        ablate([one, again, other], {"talk.wav": talk[2]}, True, rng)
    assert [x.entry.name for x in given] == ["other"]
