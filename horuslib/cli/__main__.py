"""`python -m horuslib.cli` is `horus`."""

import sys

from horuslib.cli import main

if __name__ == "__main__":
    sys.exit(main())
