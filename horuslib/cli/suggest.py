"""`horus suggest`: chooses what to label next."""

import argparse
from pathlib import Path

from horuslib.cli.scan import add_model, load_detector
from horuslib.cli.status import DONE

_HELP = """Scan files and write the sounds of which a label would teach most: the least certain and most different
first, at most one of every event. Listen to them, fill in the column label of next.csv, and add its rows to the table
that is given as RAW, or put the sounds into the folders of their classes."""


def add(commands: argparse._SubParsersAction) -> None:
    suggest = commands.add_parser("suggest", help="choose what to label next", description=_HELP)
    suggest.add_argument("inputs", nargs="+", metavar="INPUT", help="as for horus scan")
    suggest.add_argument("--out", type=Path, required=True, help="folder for the sounds and next.csv")
    suggest.add_argument("--scan", type=Path, help="folder of the diagnoses, reused where they are (OUT/scan)")
    suggest.add_argument("--number", type=int, default=40, metavar="N", help="sounds at most (%(default)s)")
    add_model(suggest)
    suggest.set_defaults(command=_suggest)


def _suggest(given: argparse.Namespace) -> int:
    from horuslib.core.errors import UserError
    from horuslib.focus.suggestions import TABLE, suggest
    from horuslib.inference.inputs import find_inputs
    from horuslib.inference.scan import scan

    if given.number < 1:
        raise UserError(f"--number is {given.number}: it should be 1 or more.")
    detector, files = load_detector(given), find_inputs(given.inputs)
    diagnoses = [found for found, _ in scan(files, detector, given.scan or given.out / "scan")]
    paths = {name: path for path, name in files}
    table = suggest(diagnoses, paths, detector, given.number, given.out, _known(detector.task))
    print(f"{len(table)} sounds to label; open {given.out / TABLE}")
    return DONE


def _known(task):
    """The embedding of what the task has learnt from here; None where it has not."""
    from horuslib.core import artifacts
    from horuslib.core.paths import Paths
    from horuslib.core.workbooks import AUDIO
    from horuslib.focus.embedding import embed

    if not Paths().step(task.name, AUDIO["features"]).is_dir():
        return None
    features = artifacts.read(AUDIO["features"], task)
    index = features.table("index")
    return embed(features.array("features"), index[index["kind"] == "original"]["row"].to_numpy(), task)
