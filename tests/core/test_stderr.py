import os

from horuslib.core.stderr import stderr_to


def test_a_redirection_may_stand_within_another(tmp_path, capfd):
    with stderr_to(tmp_path / "outer"):
        os.write(2, b"outer ")
        with stderr_to(tmp_path / "inner"):
            os.write(2, b"inner")
        os.write(2, b"again")
    os.write(2, b"own")
    assert (tmp_path / "outer").read_text() == "outer again"
    assert (tmp_path / "inner").read_text() == "inner"
    assert capfd.readouterr().err == "own"
