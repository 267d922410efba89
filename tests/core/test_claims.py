"""Claims on files hold between objects and processes, and no longer than their process."""

import subprocess
import sys

from horuslib.core.claims import FOLDER, Claims


def test_a_claim_holds_until_it_is_released(tmp_path):
    one, other = Claims(tmp_path), Claims(tmp_path)
    assert one.take("a") and not other.take("a") and other.take("b")
    one.release("a")
    assert other.take("a") and not one.take("a")
    other.release_all()
    assert one.take("a")
    one.release_all()
    assert not (tmp_path / FOLDER).exists()


def test_a_claim_ends_with_its_process(tmp_path):
    program = "import sys; from pathlib import Path; from horuslib.core.claims import Claims; c = Claims(Path("
    program += "sys.argv[1])); print(c.take('a'), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"True\n"
        assert not Claims(tmp_path).take("a")
        holder.kill()
    assert Claims(tmp_path).take("a")
