"""`indextracker status --watch` on a terminal, and `indextracker monitor` until it is stopped."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import urllib.request
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from support.homes import COMMAND, Home
from support.servers import free_port
from support.waiting import eventually

from indextracker.settings import Settings
from indextracker_cli import indextracker
from indextracker_cli.watching import watch

LINES, COLUMNS = 60, 120


def test_it_shows_how_all_is_again_and_again_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    mine, of_it = pty.openpty()
    fcntl.ioctl(of_it, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    said = bytearray()

    def listen() -> None:
        while True:
            try:
                said.extend(os.read(mine, 65536))
            except OSError:  # nobody holds the other end any more
                return

    process = subprocess.Popen(
        # In a session of its own, whose terminal it is: so Ctrl-C reaches it.
        ["setsid", "--ctty", COMMAND, "status", "--watch"],
        env=Home(tmp_path).environment(TERM="xterm"),
        stdin=of_it,
        stdout=of_it,
        stderr=of_it,
    )
    os.close(of_it)
    threading.Thread(target=listen, daemon=True).start()
    try:
        eventually(lambda: said.count(b"Ctrl-C ends this") >= 2 and b"GB" in said)
        shown = said.decode()
        assert "http://127.0.0.1:9093" in shown  # no Alertmanager runs, and it says so
        assert "dagster" in shown
        os.write(mine, b"\x03")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(mine)
    # The terminal is as it was: the screen of the command is left, and the cursor is shown.
    assert b"\x1b[?1049l" in said
    assert said.rfind(b"\x1b[?25h") > said.rfind(b"\x1b[?25l")
    assert b"Traceback" not in said


def test_what_is_no_terminal_is_refused_by_a_sentence() -> None:
    with pytest.raises(click.UsageError, match="--watch shows itself on a terminal"):
        watch(Settings())
    done = CliRunner().invoke(indextracker, ["status", "taiwan", "--watch"])
    assert done.exit_code == 2
    assert "leave out subject" in done.stderr


def test_the_monitor_serves_figures_until_it_is_told_to_end(tmp_path: Path) -> None:
    port = free_port()
    process = Home(tmp_path).start("monitor", INDEXTRACKER_MONITOR_PORT=str(port))
    address = f"http://127.0.0.1:{port}"

    def told() -> str:
        try:
            with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    try:
        eventually(lambda: 'indextracker_part_up{part="disks"} 1.0' in told())
        assert 'indextracker_part_up{part="dagster"} 0.0' in told()
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            assert answer.read() == b"ok\n"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, errors
    assert f"figures are at {address}/metrics" in errors
