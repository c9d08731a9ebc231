"""How time grows with sessions of real size, engine warm.

python benchmarks/growth.py [--rounds 2]
"""

from __future__ import annotations

import time

import pipeline
from measuring import arguments, conclude, documents, scratch, show

from indextracker import settings as environment
from indextracker.engines import engine

NUMBERS = (5, 10, 20, 30)


def main() -> None:
    """Prints the least seconds of each number of sessions, and those of one of them."""
    chosen = arguments(__doc__, rounds=2)
    archive, sessions = documents(NUMBERS[-1])
    settings = environment.load()
    environment.export(settings)
    spark = engine(settings)
    least: dict[int, float] = {}
    with scratch() as folder:
        pipeline.run(archive, sessions[:1], folder / "warm", spark)
        for turn in range(chosen.rounds):
            for number in NUMBERS:
                started = time.perf_counter()
                pipeline.run(archive, sessions[:number], folder / f"{number}-{turn}", spark)
                seconds = time.perf_counter() - started
                least[number] = min(seconds, least.get(number, seconds))
    spark.close()
    each = {number: seconds / number for number, seconds in least.items()}
    first = each[NUMBERS[0]]
    rows = [
        (f"{number}", f"{least[number]:.2f}", f"{each[number]:.3f}", f"{each[number] / first:.2f}")
        for number in NUMBERS
    ]
    show("growth", ("sessions", "seconds", "a session", "against the first"), rows)
    conclude(f"a session of {NUMBERS[-1]} takes {each[NUMBERS[-1]] / first:.2f} of one of 5")


if __name__ == "__main__":
    main()
