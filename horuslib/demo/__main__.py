"""`python -m horuslib.demo FOLDER` writes the demo corpus; with `--street`, that of street sound."""

import argparse
import sys
from pathlib import Path

from horuslib.core.errors import UserError
from horuslib.demo import street
from horuslib.demo.corpus import SEED, write_corpus


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m horuslib.demo", description="Write the demo corpus.")
    parser.add_argument("folder", type=Path, help="where to; files of earlier runs there are replaced")
    parser.add_argument("--street", action="store_true", help="clips of street sound instead of television")
    parser.add_argument("--seed", type=int, help="another seed gives another corpus")
    arguments = parser.parse_args()
    write, seed = (street.write_street_corpus, street.SEED) if arguments.street else (write_corpus, SEED)
    try:
        written = write(arguments.folder, seed if arguments.seed is None else arguments.seed)
    except UserError as e:
        print(e, file=sys.stderr)
        return 2
    size_mb = sum(p.stat().st_size for p in arguments.folder.rglob("*") if p.is_file()) / 1e6
    print(f"{len(written)} recordings, {size_mb:.1f} MB, in {arguments.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
