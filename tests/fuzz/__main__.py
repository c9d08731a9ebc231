"""Fuzzes for so many minutes: `make fuzz MINUTES=60`. Writes a report, and what it found beside it.

Each target has its turn in a process of its own, again and again with other seeds, so that what
kills a process, or takes all of its memory, is found too and ends nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.child import MEMORY_BYTES, SECONDS_A_DOCUMENT
from fuzz.targets import targets

EXAMPLES = 200
# Of the clock, for what neither takes the processor nor ends.
STUCK_SECONDS = 1200


@dataclass
class Came:
    """What came of a target so far."""

    tried: int = 0
    accepted: int = 0
    peak_mb: int = 0
    found: list[str] = field(default_factory=list)


def main() -> int:
    """Fuzzes, writes the report, and says whether anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path("data/fuzz"))
    parser.add_argument("targets", nargs="*")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    came = {name: Came() for name in given.targets or targets()}
    began, seed = time.monotonic(), given.seed
    while time.monotonic() < began + given.minutes * 60:
        for name, one in came.items():
            turn(name, seed, given.into, one)
            if time.monotonic() >= began + given.minutes * 60:
                break
        seed += 1
    text = report(came, (time.monotonic() - began) / 60, given.seed, seed)
    (given.into / "report.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(any(one.found for one in came.values()))


def turn(name: str, seed: int, into: Path, came: Came) -> None:
    """A turn of a target."""
    child = Path(__file__).with_name("child.py")
    command = [sys.executable, str(child), name, str(seed), str(EXAMPLES), "--into", str(into)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=STUCK_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        came.found.append(f"seed {seed}: it did not end")
        return
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        came.found.append(f"seed {seed}: it ended with {done.returncode}: {done.stderr[-500:]}")
        return
    told = json.loads(lines[-1])
    came.tried += told["tried"]
    came.accepted += told["accepted"]
    came.peak_mb = max(came.peak_mb, told["peak_mb"])
    if told["found"]:
        came.found.append(f"seed {seed}: {' '.join(told['found'].split())}")


def report(came: dict[str, Came], minutes: float, first: int, last: int) -> str:
    """What was found, as Markdown."""
    lines = [
        f"# Fuzzing: {minutes:.0f} minutes, seeds {first} to {last}",
        "",
        f"At most {MEMORY_BYTES >> 30} GB and {SECONDS_A_DOCUMENT} s of the processor a document.",
        "",
        "| target | documents | accepted | peak MB | found |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {one.tried:,} | {one.accepted:,} | {one.peak_mb:,} | {len(one.found)} |"
        for name, one in came.items()
    ]
    lines += ["", f"{sum(one.tried for one in came.values()):,} documents in all.", ""]
    lines += [f"- {name}: {each}" for name, one in came.items() for each in one.found]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
