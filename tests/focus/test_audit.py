"""Clips come with out-of-fold probabilities; what cannot be audited is said; the extreme-off rule is the plan's."""

import numpy as np
import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.core.errors import UserError
from horuslib.core.workbooks import AUDIO
from horuslib.focus import audit
from horuslib.focus.settings import load_settings
from tests.focused import FOCUS


def test_clips_know_their_source_and_hash(focused):
    task, paths = focused
    clips = audit.read_clips(*(artifacts.read(AUDIO[word], task, paths) for word in ("ingest", "evaluate")), task)
    assert clips.sha256.str.len().eq(64).all() and clips.source.str.endswith(".wav").all()
    np.testing.assert_allclose(clips[[f"p_{label}" for label in task.labels]].sum(axis=1), 1)
    settings = load_settings(task)
    extreme = clips[audit.extreme_off(clips, settings, task)]
    assert set(extreme.label) == {"alert_sounds"}
    assert audit.concerns(extreme, FOCUS, task).all()
    assert not audit.concerns(extreme, "human_scream", task).any()


def test_a_class_without_files_or_of_one_recording_is_a_sentence():
    clips = pd.DataFrame({"label": ["a", "a", "b"], "group_id": ["x", "x", "y"], "split": "train", "source": "a/1.wav"})
    with pytest.raises(UserError, match="No training file is filed under c"):
        audit.require_auditable(clips, "c")
    with pytest.raises(UserError, match="All 2 files of a are of one recording"):
        audit.require_auditable(clips, "a")


def test_only_variations_that_keep_their_class_teach():
    index = pd.DataFrame({"segment_id": ["a", "a", "a", "b"], "label": ["x", "x", "y", "x"], "source_label": "x"})
    index = index.assign(split=["train", "train", "train", "holdout"], row=range(4))
    assert audit.learnable(index, pd.DataFrame({"segment_id": ["a"]})).row.tolist() == [0, 1]
