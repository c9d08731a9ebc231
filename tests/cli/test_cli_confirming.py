"""`indextracker files confirm` in a terminal: it asks, takes no wrong answer, and can be left."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from support.homes import COMMAND, WAIT_SECONDS, Home

# The third of April, or the fourth of March: the data cannot decide.
BARS = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"0{month}/0{day}/2021,10.5,12.5,9.5,11.{day},{day}00\n"
    for month in range(3, 6)
    for day in range(3, 6)
)
CTRL_C = "\x03"


@pytest.fixture
def layout(empty: Home, tmp_path: Path) -> Path:
    """A layout with a question, of a file in the folder above it."""
    folder = tmp_path / "prices"
    folder.mkdir()
    (folder / "AAA.csv").write_text(BARS)
    done = empty.run("files", "detect", str(folder))
    assert "? " in done.stdout
    [written] = (folder / "layouts").iterdir()
    return written


class Terminal:
    """A command whose input and output are a terminal."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self._process, self._screen = process, screen
        self.said = ""

    def answer(self, asked: str, said: str) -> None:
        """Waits until something is asked, and types."""
        while not re.search(asked, self.said, re.DOTALL):
            self._read()
        self.said = ""
        os.write(self._screen, said.encode())

    def end(self) -> int:
        """Waits for the end, and gives the exit code."""
        try:
            while True:
                self._read()
        except OSError:  # the terminal is closed
            return self._process.wait(WAIT_SECONDS)

    def _read(self) -> None:
        if not (read := os.read(self._screen, 4096)):
            raise OSError(f"the command ended: {self.said}")
        self.said += read.decode()


@contextmanager
def confirming(home: Home, layout: Path) -> Iterator[Terminal]:
    screen, keyboard = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "files", "confirm", str(layout.parent.parent)],
        env=home.environment(TERM="xterm"),
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        # Its terminal is the one from which Ctrl-C comes.
        preexec_fn=lambda: os.login_tty(keyboard),  # noqa: PLW1509 - it makes system calls alone
    ) as process:
        os.close(keyboard)
        try:
            yield Terminal(process, screen)
        finally:
            process.kill()
            os.close(screen)


def test_what_cannot_be_decided_is_asked_until_it_is_answered(empty: Home, layout: Path) -> None:
    before = layout.read_bytes()
    with confirming(empty, layout) as terminal:
        terminal.answer(r"\(%d/%m/%Y, %m/%d/%Y, yes\): ", "\n")
        terminal.answer(r"\): ", "%Y-%m-%d\n")
        terminal.answer(r"'%Y-%m-%d' is not one of .*\): ", "%d/%m/%Y\n")
        terminal.answer(r"2021-05-04 00:00:00 UTC.*Is it right so\? \[Y/n\]: ", "n\n")
        assert terminal.end() == 2
        assert "not confirmed; " in terminal.said
    assert layout.read_bytes() == before
    with confirming(empty, layout) as terminal:
        terminal.answer(r"\): ", "%d/%m/%Y\n")
        terminal.answer(r"\[Y/n\]: ", "\n")
        assert terminal.end() == 0
        assert f"{layout.stem}: confirmed" in terminal.said
    written = yaml.safe_load(layout.read_text())
    assert (written["confirmed"], written["date_format"]) == (True, "%d/%m/%Y")


@pytest.mark.parametrize("asked", [r"\): ", r"\[Y/n\]: "])
def test_ctrl_c_leaves_a_layout_as_it_was(empty: Home, layout: Path, asked: str) -> None:
    before = layout.read_bytes()
    with confirming(empty, layout) as terminal:
        if "Y/n" in asked:
            terminal.answer(r"\): ", "%d/%m/%Y\n")
        terminal.answer(asked, CTRL_C)
        assert terminal.end() == 130
        assert "interrupted: " in terminal.said
    assert layout.read_bytes() == before
    assert [*layout.parent.iterdir()] == [layout]
