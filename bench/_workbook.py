"""A workbook run as a command, with its time and memory."""

import os
import subprocess
import sys
import time
from pathlib import Path

_WITH_PEAK = """
import resource, sys
from horuslib.cli import main
status = main(sys.argv[1:])
peak_kb = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(f"peak {peak_kb}", file=sys.stderr)
sys.exit(status)
"""


def run_workbook(arguments: list[str], root: Path) -> tuple[float, float]:
    """Minutes of `horus run ARGUMENTS` whose artifacts go below `root`, and gigabytes of its largest process.

    Raises
    ------
    RuntimeError
        With the end of what it printed, when it fails.
    """
    root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", _WITH_PEAK, "run", *arguments]
    began = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, "HORUS_ROOT": str(root)}, capture_output=True, text=True)
    minutes = (time.perf_counter() - began) / 60
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return minutes, int(done.stderr.rsplit("peak ", 1)[1].split()[0]) / 1e6
