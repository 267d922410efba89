"""`horus score`: compares diagnoses with the ground truth."""

import argparse
import json
from pathlib import Path

from horuslib.cli.status import DONE


def add(commands: argparse._SubParsersAction) -> None:
    score = commands.add_parser("score", help="compare diagnoses with the ground truth")
    score.add_argument(
        "truth",
        type=Path,
        metavar="TRUTH",
        help="JSON {video: {seconds, faults}}; of clips a folder of class folders, or CSV path,label",
    )
    score.add_argument("predictions", type=Path, metavar="PREDICTIONS", help="folder written by horus scan")
    score.add_argument("--json", action="store_true", help="print JSON instead of a table")
    score.set_defaults(command=_score)


def _score(given: argparse.Namespace) -> int:
    from horuslib.evaluation import clip_score, score

    if given.truth.is_dir() or given.truth.suffix.lower() == ".csv":
        result, text = clip_score.score_clips(given.truth, given.predictions), clip_score.as_text
    else:
        result, text = score.score_folder(given.truth, given.predictions), score.as_text
    print(json.dumps(result, indent=1, ensure_ascii=False) if given.json else text(result))
    return DONE
