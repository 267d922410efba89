"""A step is due when what it depends on changed by content, and only then."""

import json

import pytest

from horuslib.core.artifacts import begin
from horuslib.core.paths import Paths
from horuslib.workflow import staleness


def write_notebook(folder, name, *cells, prose="What this asks"):
    folder.mkdir(parents=True, exist_ok=True)
    content = [{"cell_type": "markdown", "source": [prose]}]
    content += [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    (folder / f"{name}.ipynb").write_text(json.dumps({"cells": content}))


@pytest.fixture
def paths(tmp_path):
    paths = Paths(root=tmp_path / "root", project=tmp_path / "project")
    write_notebook(paths.notebooks, "01_ingest", "from horuslib.audio import levels")
    write_notebook(paths.notebooks, "05_train", 'x = artifacts.read("04_features", spec)')
    return paths


def key(step, task, paths, inputs=None):
    return staleness.step_key(step, task, inputs or {}, paths)


def test_the_key_follows_code_and_ignores_prose(horus, paths):
    before = key("01_ingest", horus, paths)
    write_notebook(paths.notebooks, "01_ingest", "from horuslib.audio import levels", prose="Other words")
    assert key("01_ingest", horus, paths) == before
    write_notebook(paths.notebooks, "01_ingest", "from horuslib.audio import levels\nx = 1")
    assert key("01_ingest", horus, paths) != before


def test_a_training_parameter_makes_training_due_and_not_ingest(horus, paths):
    other = horus.model_copy(update={"training": horus.training.model_copy(update={"patience": 6})})
    assert key("01_ingest", other, paths) == key("01_ingest", horus, paths)
    assert key("05_train", other, paths) != key("05_train", horus, paths)


def test_every_step_is_due_after_a_new_seed_or_label(horus, paths):
    for change in ({"seed": 1}, {"labels": [*horus.labels, "sirene"]}):
        assert key("01_ingest", horus.model_copy(update=change), paths) != key("01_ingest", horus, paths)


def test_the_key_follows_the_files_of_the_steps_it_reads(horus, paths):
    def features(content):
        step = begin("04_features", horus, paths=paths)
        step.write_json("anything", content)
        step.finish()

    features(1)
    before = key("05_train", horus, paths)
    features(1)
    assert key("05_train", horus, paths) == before, "made again with equal content"
    features(2)
    assert key("05_train", horus, paths) != before


def test_the_key_follows_the_input_files(horus, paths):
    assert key("01_ingest", horus, paths, {"a.mp4": "1"}) != key("01_ingest", horus, paths, {"a.mp4": "2"})


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of this project's shape: module `one` needs `two`; `apart`, and the package `weights`, stand alone."""
    package = tmp_path / "horuslib"
    for name, content in {
        "__init__.py": "",
        "audio/__init__.py": "",
        "audio/one.py": "def f():\n    from horuslib.audio.two import g\n",
        "audio/two.py": "import numpy\n",
        "audio/apart.py": "from horuslib.audio import weights\n",
        "audio/said.yaml": "",
        "audio/tables/sizes.csv": "",
        "audio/weights/__init__.py": "",
        "audio/weights/learnt.h5": "",
        "audio/weights/more/card.md": "",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(content)
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
    assert {"said.yaml", "sizes.csv"} <= names_read("from horuslib.audio import one")
    assert not {"learnt.h5", "card.md"} & names_read("from horuslib.audio import one")
    assert {"said.yaml", "learnt.h5", "card.md"} <= names_read("from horuslib.audio import apart")


def test_new_weights_make_training_due_and_not_ingest():
    folder = Paths().notebooks
    for step, due in {"01_ingest": False, "03_augment": False, "04_features": False, "05_train": True}.items():
        read = staleness._modules_read(staleness.notebook_code(folder / f"{step}.ipynb"))
        assert ("backbone.weights.h5" in {path.name for path in read}) == due, step
