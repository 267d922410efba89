"""A step is due when something that it read has changed by content, and only then."""

import json

import pytest

from horuslib.core import artifacts, recorder
from horuslib.core.paths import Paths
from horuslib.workflow import staleness
from tests.conftest import write_tree


def write_notebook(folder, name, *cells, prose="What this asks"):
    folder.mkdir(parents=True, exist_ok=True)
    content = [{"cell_type": "markdown", "source": [prose]}]
    content += [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    (folder / f"{name}.ipynb").write_text(json.dumps({"cells": content}))


@pytest.fixture
def paths(tmp_path):
    paths = Paths(root=tmp_path / "root", project=tmp_path / "project")
    write_notebook(paths.notebooks, "05_train", "from horuslib.audio import levels")
    return paths


def known(paths, inputs=None, step="05_train"):
    return staleness.dependencies(paths.notebooks / f"{step}.ipynb", inputs or {})


def run(task, paths, read=lambda task: None, step="05_train", content=1):
    """A step that ran and read some things; what was known of it before."""
    recorder.reset()
    with_lock = artifacts.begin(step, task, paths=paths)
    read(task)
    with_lock.write_json("result", content)
    with_lock.finish()
    return known(paths) if step == "05_train" else None


def reason(before, task, paths, inputs=None):
    return staleness.due_because(before, known(paths, inputs), "05_train", task, paths)


def changed(task, section, **values):
    return task.model_copy(update={section: getattr(task, section).model_copy(update=values)})


def test_a_step_that_never_ran_is_due(horus, paths):
    assert reason({}, horus, paths) == "it has not run yet"


def test_code_makes_it_due_and_prose_does_not(horus, paths):
    before = run(horus, paths)
    write_notebook(paths.notebooks, "05_train", "from horuslib.audio import levels", prose="Other words")
    assert reason(before, horus, paths) == ""
    write_notebook(paths.notebooks, "05_train", "from horuslib.audio import levels\nx = 1")
    assert reason(before, horus, paths) == "the notebook's code changed"


FIELDS = [
    ("training", {"patience": 6}),
    ("decision", {"measures": ["echo"]}),
    ("decision", {"target_lufs": -24.0}),
    ("augmentation", {"copies": 7}),
    ("front_end", {"hop_s": 1.0}),
    ("ingest", {"guard_s": 3.0}),
    ("splits", {"folds": 9}),
]


@pytest.mark.parametrize(("section", "value"), FIELDS)
def test_a_field_that_was_read_makes_it_due_and_its_neighbours_do_not(horus, paths, section, value):
    (name,) = value
    before = run(horus, paths, lambda task: getattr(getattr(task, section), name))
    assert reason(before, changed(horus, section, **value), paths) == f"{section}.{name} changed"
    for other, unread in FIELDS:
        if (other, unread) != (section, value):
            assert reason(before, changed(horus, other, **unread), paths) == "", (other, unread)


def test_a_bound_of_a_class_makes_due_who_read_it(horus, paths):
    def with_bound(**bound):
        return changed(horus, "decision", definitions=horus.decision.definitions.model_copy(update=bound))

    before = run(horus, paths, lambda task: task.decision.definitions.low_volume_db)
    assert reason(before, with_bound(silence_below_dbfs=-50.0, muted_s=2.0), paths) == ""
    assert reason(before, with_bound(low_volume_db=12.0), paths) == "decision.definitions.low_volume_db changed"
    before = run(horus, paths, lambda task: task.decision.model_dump())
    assert reason(before, with_bound(muted_s=2.0), paths) == "decision.definitions.muted_s changed"


@pytest.mark.parametrize("read", [lambda t: t.model_dump(), lambda t: t.decision.model_dump_json()])
def test_who_reads_all_depends_on_all(horus, paths, read):
    before = run(horus, paths, read)
    assert reason(before, changed(horus, "decision", target_lufs=-24.0), paths) == "decision.target_lufs changed"


def test_a_changed_copy_of_the_task_is_no_dependency(horus, paths):
    def read(task):
        assert task.decision.gap_tolerance_segments != 7
        return task.decision.model_copy(update={"gap_tolerance_segments": 7}).gap_tolerance_segments

    assert reason(run(horus, paths, read), horus, paths) == ""


def test_a_task_that_travels_to_another_process_is_read_whole(horus, paths):
    import pickle

    before = run(horus, paths, pickle.dumps)
    assert reason(before, changed(horus, "training", patience=6), paths) == "training.patience changed"


def test_labels_are_read_by_whoever_asks_for_a_kind(horus, paths):
    before = run(horus, paths, lambda task: task.faults)
    other = horus.model_copy(update={"labels": [*horus.labels, "sirene"]})
    assert reason(before, other, paths) == "labels changed"
    assert reason(before, horus.model_copy(update={"title": "Another title"}), paths) == ""


def test_a_new_seed_makes_it_due(horus, paths):
    before = run(horus, paths)
    assert reason(before, horus.model_copy(update={"seed": 1}), paths) == "seed changed"


def test_artifacts_that_were_read_make_it_due_by_content(horus, paths):
    def features(content):
        run(horus, paths, step="04_features", content=content)

    features(1)
    before = run(horus, paths, lambda task: artifacts.read("04_features", task, paths))
    features(1)
    assert reason(before, horus, paths) == "", "made again with equal content"
    features(2)
    assert reason(before, horus, paths) == "04_features changed"


def test_a_file_that_was_read_makes_it_due(horus, paths, tmp_path):
    weights = tmp_path / "mine.weights.h5"
    weights.write_bytes(b"first")
    before = run(horus, paths, lambda task: recorder.record_file(weights, artifacts.sha256_file(weights)))
    assert reason(before, horus, paths) == ""
    weights.write_bytes(b"second")
    assert reason(before, horus, paths) == f"{weights} changed"
    weights.unlink()
    assert reason(before, horus, paths) == f"{weights} changed"


def test_inputs_from_outside_make_it_due(horus, paths):
    run(horus, paths)
    before = known(paths, {"a.mp4": "1"})
    assert reason(before, horus, paths, {"a.mp4": "1"}) == ""
    assert reason(before, horus, paths, {"a.mp4": "2"}) == "input a.mp4 changed"
    assert reason(before, horus, paths, {}) == "input a.mp4 changed"


def test_the_first_three_of_many_changes_are_named(horus, paths):
    before = run(horus, paths)
    names = [f"{k}.mp4" for k in range(5)]
    three, four = (reason(before, horus, paths, dict.fromkeys(names[:count], "1")) for count in (3, 4))
    assert three == "input 0.mp4, input 1.mp4, input 2.mp4 changed"
    assert four == "input 0.mp4, input 1.mp4, input 2.mp4, ... changed"


def test_a_result_that_is_gone_is_made_again(horus, paths):
    before = run(horus, paths)
    (paths.step("horus", "05_train") / artifacts.PROVENANCE).unlink()
    assert reason(before, horus, paths) == "it has not run yet"


def test_a_result_without_recorded_dependencies_is_made_again(horus, paths):
    before = run(horus, paths)
    provenance = paths.step("horus", "05_train") / artifacts.PROVENANCE
    content = json.loads(provenance.read_text())
    del content["read"]
    provenance.write_text(json.dumps(content))
    assert reason(before, horus, paths) == "its last run recorded no dependencies"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of this project's shape: module `one` needs `two`; `apart`, and the package `weights`, stand alone."""
    package = tmp_path / "horuslib"
    files = {
        "__init__.py": "",
        "audio/__init__.py": "",
        "audio/README.md": "",
        "audio/one.py": "def f():\n    from horuslib.audio.two import g\n",
        "audio/two.py": "import numpy\n",
        "audio/apart.py": "from horuslib.audio import weights\n",
        "audio/words.yaml": "",
        "audio/tables/sizes.csv": "",
        "audio/weights/__init__.py": "",
        "audio/weights/trained.h5": "",
        "audio/weights/more/card.md": "",
    }
    write_tree(package, files)
    monkeypatch.setattr(staleness, "PACKAGE", package)
    staleness._imports.cache_clear()
    yield package
    staleness._imports.cache_clear()


def names_read(*code):
    return {path.name for path in staleness._modules_read(list(code))}


def test_modules_are_found_through_one_another(package):
    found = names_read("from horuslib.audio import one")
    assert {"one.py", "two.py"} <= found
    assert "apart.py" not in found


def test_data_files_belong_to_the_package_they_lie_in(package):
    """New weights are for the steps that use them: those that only use a neighbour of theirs stay as they are."""
    assert {"words.yaml", "sizes.csv"} <= names_read("from horuslib.audio import one")
    assert not {"trained.h5", "card.md"} & names_read("from horuslib.audio import one")
    assert {"words.yaml", "trained.h5", "card.md"} <= names_read("from horuslib.audio import apart")


def test_a_readme_makes_nothing_due(package):
    assert "README.md" not in names_read("from horuslib.audio import one")


def test_new_weights_make_training_due_and_not_ingest():
    folder = Paths().notebooks
    for step, due in {"01_ingest": False, "03_augment": False, "04_features": False, "05_train": True}.items():
        read = staleness._modules_read(staleness.notebook_code(folder / f"{step}.ipynb"))
        assert ("backbone.weights.h5" in {path.name for path in read}) == due, step
