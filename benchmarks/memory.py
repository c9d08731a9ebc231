"""The most memory that sessions of real size take on their way to stored bars.

python benchmarks/memory.py [--sessions 30] [--rounds 3]
"""

from __future__ import annotations

import shutil
from statistics import median

from measuring import arguments, conclude, documents, process, scratch, script, show, spread


def main() -> None:
    """Prints the peaks of the pipeline and of the script by hand, a process each."""
    chosen = arguments(__doc__, sessions=30, rounds=3)
    archive, sessions = documents(chosen.sessions)
    peaks: dict[str, list[float]] = {"pipeline.py": [], "by_hand.py": []}
    with scratch() as folder:
        for _ in range(chosen.rounds):
            for name, held in peaks.items():
                words = script(name, archive, folder / name, sessions[0], sessions[-1])
                held.append(process(words).peak_gib)
                shutil.rmtree(folder / name)
    rows = [(name, spread(held)) for name, held in peaks.items()]
    show(f"{len(sessions)} sessions", ("process", "peak GiB"), rows)
    ours, theirs = map(median, peaks.values())
    conclude(f"{ours:.2f} GiB, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
