from pkgutil import resolve_name

import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO, WORKBOOKS


def test_steps_are_found_by_name_and_by_word():
    assert AUDIO["evaluate"] == "06_evaluate" == AUDIO["06_evaluate"]
    with pytest.raises(UserError, match=r"no step '9_x'. Steps, in order: 01_ingest, 02_explore"):
        AUDIO.index("9_x")


@pytest.mark.parametrize("workbook", WORKBOOKS.values(), ids=WORKBOOKS)
def test_every_step_has_its_notebook_and_every_dotted_path_a_function(workbook):
    for step in workbook.steps:
        assert (Paths().notebooks / workbook.folder / f"{step.name}.ipynb").is_file()
        assert all(callable(resolve_name(path)) for path in step.inputs)
    for name in ("task_page", "headline", "keep"):
        assert callable(resolve_name(f"{workbook.pages}:{name}"))
    assert not workbook.mend or callable(resolve_name(workbook.mend))
