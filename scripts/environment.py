"""Write environment.yml from requirements.lock: python scripts/environment.py > environment.yml"""

from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"


def pins(lock: str) -> list[str]:
    """The lock's requirements, one a line, with their markers and without their hashes."""
    return [line.rstrip("\\ ") for line in lock.splitlines() if "==" in line and line[0].isalnum()]


def environment(lock: str) -> str:
    """The conda environment that installs what the lock installs."""
    lines = [f'      - "{pin}"' for pin in pins(lock)]
    return "\n".join(
        [
            "# Written by `make lock` from requirements.lock; a test keeps them equal.",
            "#   conda env create -f environment.yml && conda activate horus-workbook && make all ENV=active",
            "name: horus-workbook",
            "channels: [conda-forge]",
            "dependencies:",
            "  - python=3.12",
            "  - pip",
            "  - make",
            "  - pip:",
            *lines,
            '      - "--editable ."',
            "",
        ]
    )


if __name__ == "__main__":
    print(environment(LOCK.read_text("utf-8")), end="")
