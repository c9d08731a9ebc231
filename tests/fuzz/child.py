"""Tries one target on so many documents: `python tests/fuzz/child.py TARGET SEED EXAMPLES`.

It may take no more memory and no more of the processor for one document than is set here. It prints
one line of JSON; where something is found, the document that shows it is written to `--into`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[1]))

import hypothesis
from fuzz.mutations import WAYS, documents
from fuzz.targets import Target, targets
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

# What libraries set aside counts too: 1.4 GB of it is hardly used.
MEMORY_BYTES = 4 << 30
_WAY = st.sampled_from((*["bare"] * 5, *WAYS))
# Of the processor, not of the clock: the largest documents take a tenth of a second.
SECONDS_A_DOCUMENT = 20


class HangError(AssertionError):
    """A document took too much of the processor."""


class Trial:
    """A target on documents.

    Attributes:
        tried: How many documents it has read.
        accepted: How many of them it took.
        last: The last one.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.tried = self.accepted = 0
        self.last = b""

    def run(self, seed: int, examples: int) -> None:
        """Tries so many documents, the same for equal seeds."""
        bodies = documents(self.target.seeds())
        if self.target.packs:
            bodies = st.builds(lambda body, way: WAYS[way](body), bodies, _WAY)

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(bodies)
        def check(body: bytes) -> None:
            self.last = body
            self.tried += 1
            self.accepted += self.target.check(body)

        check()


def limited() -> None:
    """Bounds this process."""

    def hang(*_: object) -> NoReturn:
        raise HangError(f"a document took more than {SECONDS_A_DOCUMENT} s of the processor")

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, hang)


def main() -> None:
    """Tries, and says what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(targets()))
    parser.add_argument("seed", type=int)
    parser.add_argument("examples", type=int)
    parser.add_argument("--into", type=Path)
    given_ = parser.parse_args()
    trial = Trial(_timed(targets()[given_.target]))
    # Everything is loaded, so that the bound is of documents.
    for body in trial.target.seeds():
        trial.target.check(body)
    limited()
    found = ""
    try:
        trial.run(given_.seed, given_.examples)
    except BaseException as error:  # noqa: BLE001 - what it was is what is looked for
        found = f"{type(error).__name__}: {error}"[:300]
        trace = "".join(traceback.format_exception(error))[-6000:]
        if given_.into:
            name = hashlib.sha256(trial.last).hexdigest()[:12]
            place = given_.into / f"{given_.target}-{name}"
            place.with_suffix(".bin").write_bytes(trial.last)
            place.with_suffix(".txt").write_text(trace, encoding="utf-8")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    told = {"tried": trial.tried, "accepted": trial.accepted, "peak_mb": peak, "found": found}
    sys.stdout.write(json.dumps(told) + "\n")


def _timed(target: Target) -> Target:
    def check(body: bytes) -> bool:
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_A_DOCUMENT)
        try:
            return target.check(body)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    return Target(target.name, check, target.packs)


if __name__ == "__main__":
    main()
