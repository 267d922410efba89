"""Run the benchmarks of this folder: all of them, or those named.

    python -m bench [NAME...]

A benchmark is a module here with `TITLE` and `run() -> (table, details)`.
"""

import importlib
import pkgutil
import sys

import bench
from bench import report


def main(names: list[str]) -> int:
    modules = [
        importlib.import_module(f"bench.{m.name}") for m in pkgutil.iter_modules(bench.__path__) if m.name[0] != "_"
    ]
    benchmarks = {m.__name__.removeprefix("bench."): m for m in modules if hasattr(m, "run")}
    unknown = set(names) - set(benchmarks)
    if unknown:
        print(
            f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(benchmarks)}.", file=sys.stderr
        )
        return 2
    skipped = {}
    for name, module in benchmarks.items():
        if names and name not in names:
            continue
        print(f"\n{name}: {module.TITLE}")
        try:
            path = report.write(name, *module.run())
            print(f"written: {path}")
        except report.Skip as reason:
            skipped[name] = str(reason)
            print(f"skipped: {reason}")
    if skipped:
        print(f"\nSkipped: {'; '.join(f'{name} ({reason})' for name, reason in skipped.items())}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
