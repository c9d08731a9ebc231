"""Programs of a few lines that run in processes of their own, several beginning at one moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

TESTS = Path(__file__).parents[1]


def waiting(program: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of a program, which may import `support`, and waits for a line of its input."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    # The folder that a program of the command line starts in is the first that it imports from.
    return subprocess.Popen(command, cwd=TESTS, stdin=subprocess.PIPE, text=True)


def begin(programs: Iterable[subprocess.Popen[str]]) -> None:
    """Gives each the line that it waits for."""
    for program in programs:
        assert program.stdin
        program.stdin.write("\n")
        program.stdin.flush()
