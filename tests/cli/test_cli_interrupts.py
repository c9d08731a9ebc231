"""An interrupted command says one sentence, ends with the code of its signal, and can go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import dagster as dg
import pytest
from support.homes import RANGE, WAIT_SECONDS, Home

WAITS = """
import os, signal, time
from indextracker_cli import interrupts

@interrupts.interruptible("nothing was changed")
def command():
    print("works", flush=True)
    {wait}

command()
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_is_a_sentence_and_a_code(number: signal.Signals, code: int) -> None:
    script = WAITS.format(wait="time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "works\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (code, "interrupted: nothing was changed\n")


def test_a_second_signal_ends_it_whatever_it_still_tells() -> None:
    tells = "with interrupts.farewell(lambda: os.write(1, b'tells\\n') and time.sleep(60)):"
    script = WAITS.format(wait=f"{tells} print('begun', flush=True); time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "works\n"
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "tells\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "")


def test_what_others_ignore_stays_ignored() -> None:
    script = WAITS.format(wait="input()")
    before = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    with subprocess.Popen(
        [sys.executable, "-c", before + script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "works\n"
        process.send_signal(signal.SIGHUP)
        _, said = process.communicate("\n", timeout=30)
    assert (process.returncode, said) == (0, "")


def test_an_interrupted_backfill_leaves_no_run_running(
    empty: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C goes to the children too, as on a terminal, and Sail hears it as well."""
    sign = empty.lake / "silver" / "futures_trades" / "_delta_log" / f"{1:020}.json"
    feeds = ("--feeds", "taifex_futures,twse_holidays")
    with empty.start("backfill", "taiwan", *RANGE, *feeds, alone=True) as process:
        deadline = time.monotonic() + WAIT_SECONDS
        while not sign.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, output) == (130, "")
    assert "Traceback" not in errors
    last = errors.splitlines()[-1]
    assert last.startswith("interrupted while computing 2 sessions, at silver/")
    assert "after asking for documents (2 of 2 documents)" in last
    assert "the same command continues from there" in last
    monkeypatch.setenv("DAGSTER_HOME", str(empty.dagster))
    with dg.DagsterInstance.get() as instance:
        # That of the yearly documents had ended well.
        assert {run.status for run in instance.get_runs()} == {
            dg.DagsterRunStatus.CANCELED,
            dg.DagsterRunStatus.SUCCESS,
        }
