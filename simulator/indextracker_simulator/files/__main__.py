"""The command line: `python -m indextracker_simulator.files FOLDER` writes price files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from indextracker_simulator.files.writing import write
from indextracker_simulator.randomness import DEFAULT_SEED

_MB = 1_000_000


def main(arguments: list[str] | None = None) -> None:
    """Writes price files of simulated companies, and says of each that it is there."""
    parser = argparse.ArgumentParser(prog="python -m indextracker_simulator.files")
    parser.add_argument("folder", type=Path, help="where SIM_1.csv and those after it go")
    parser.add_argument("--megabytes", type=int, default=100, help="of all of them; default: 100")
    parser.add_argument("--file-megabytes", type=int, default=100, help="of one; default: 100")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="chooses prices")
    options = parser.parse_args(arguments)
    if options.megabytes < 1 or options.file_megabytes < 1:
        parser.error("--megabytes and --file-megabytes are 1 or more")
    sizes = options.megabytes * _MB, options.file_megabytes * _MB
    for written in write(options.folder, options.seed, *sizes):
        companies = "1 company" if written.companies == 1 else f"{written.companies:,} companies"
        sys.stdout.write(f"{written.path}: {companies}, {written.size / _MB:,.0f} MB\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
