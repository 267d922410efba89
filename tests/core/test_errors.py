"""What a message says to install is an extra of this project, and no package of the index that has its name."""

import re
import tomllib

from tests.conftest import PROJECT

INDEX = "horuslib" + "["


def test_no_message_names_the_package_of_the_index():
    files = [*(PROJECT / "horuslib").rglob("*.*"), *PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]
    text = {path: path.read_text("utf-8") for path in files if path.suffix in (".py", ".md", ".j2", ".html")}
    assert [path.name for path, content in text.items() if INDEX in content] == []


def test_every_extra_that_a_message_names_exists():
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    asked = {
        extra
        for path in (PROJECT / "horuslib").rglob("*.py")
        for extra in re.findall(r"""\binstall\(["'](\w+)["']\)""", path.read_text("utf-8"))
    }
    assert {"dask", "service", "speakers"} <= asked <= set(extras)
