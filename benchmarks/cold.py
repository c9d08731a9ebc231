"""One session of real size to stored bars, as a whole process: the pipeline against a script.

python benchmarks/cold.py [--rounds 5]
"""

from __future__ import annotations

import sys

from measuring import arguments, conclude, documents, process, scratch, script, show, spread


def main() -> None:
    """Prints a line per round and the median ratio."""
    chosen = arguments(__doc__, rounds=5)
    archive, [session] = documents(1)
    rows, ratios = [], []
    with scratch() as folder:
        for number in range(1, chosen.rounds + 1):
            ours, theirs = (
                process(script(name, archive, folder / f"{name}{number}", session, session))
                for name in ("pipeline.py", "by_hand.py")
            )
            if ours.said != theirs.said:
                sys.exit(f"the pipeline found {ours.said}, the script {theirs.said}")
            ratios.append(ours.seconds / theirs.seconds)
            row = (ours.seconds, theirs.seconds, ratios[-1])
            rows.append((str(number), *(f"{figure:.2f}" for figure in row)))
    show("one session, cold", ("round", "pipeline s", "by hand s", "ratio"), rows)
    conclude(f"ratio {spread(ratios)}")


if __name__ == "__main__":
    main()
