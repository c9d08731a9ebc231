"""Signals that end a command, such as Ctrl-C: one sentence that says what was done, and the exit.

A command works in a thread while the main thread waits for it and for signals. So a signal takes
effect at once, whatever the work is waiting for, and no library prints messages of its own: Dagster
handles signals in the main thread alone. The process then ends as if it were killed, which is safe
in every layer (tests/resilience); what has to be reported to others before is a farewell.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import NoReturn, ParamSpec, TextIO, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# What is said of a command without a farewell of its own.
NOTHING_CHANGED = "nothing was changed"
GOES_ON = "what was done is kept, and the same command continues from there"
# What shells add to the number of a signal that ended a command: 130 for Ctrl-C, 143 for SIGTERM.
ENDED_BY_SIGNAL = 128
STANDARD_ERROR = 2
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Dagster's records are written in less than a second, unless their disk hangs.
FAREWELL_SECONDS = 10.0

# Sail (0.7) sets a handler of its own, which calls Python's and has waits begin again instead of
# ending: one without an end would never see that a signal came.
LOOK_SECONDS = 0.1

_farewells: list[Callable[[], str]] = []


class _SignalError(BaseException):
    """Raised in the main thread by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def interruptible(remains: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a command be interrupted.

    Args:
        remains: What is said after "interrupted: ", in a command that sets no farewell.
    """

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            done: Future[R] = Future()

            def work() -> None:
                try:
                    done.set_result(command(*args, **kwargs))
                except BaseException as error:  # noqa: BLE001 - raised again in the main thread
                    done.set_exception(error)

            said = standard_error()
            try:
                with _signals_raise():
                    threading.Thread(target=work, name="command", daemon=True).start()
                    while not done.done():
                        wait([done], LOOK_SECONDS)
                    return done.result()
            except _SignalError as heard:
                leave(heard.number, remains, said)
            finally:
                said.close()

        return run

    return decorate


@contextmanager
def farewell(say: Callable[[], str]) -> Iterator[None]:
    """Has `say`, and none set before, called once a signal came.

    Args:
        say: Tells others that this process ends, and returns the whole sentence for people.
    """
    _farewells.append(say)
    try:
        yield
    finally:
        _farewells.remove(say)


def leave(number: int, remains: str, said: TextIO) -> NoReturn:
    """Says the sentence and ends the process; a second signal ends it at once.

    Args:
        number: Of the signal.
        remains: What is said after "interrupted: " where there is no farewell.
        said: Where to say it.
    """
    for one in NUMBERS:
        signal.signal(one, lambda number, _: os._exit(ENDED_BY_SIGNAL + number))
    # What the work that is being left has to say now is of no interest: Sail, say, hears the signal
    # too and stops, so that a job fails.
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    told: list[str] = []

    def tell() -> None:
        if _farewells:
            told.append(_farewells[-1]())

    # A thread, since the records may be held by the work that is being left.
    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    telling.join(FAREWELL_SECONDS)
    said.write(f"{told[0] if told else f'interrupted: {remains}'}\n")
    said.flush()
    os._exit(ENDED_BY_SIGNAL + number)


def standard_error() -> TextIO:
    """Standard error as it is now: steps of Dagster's put a file in its place while they run."""
    sys.stderr.flush()
    return os.fdopen(os.dup(STANDARD_ERROR), "w", buffering=1, encoding="utf-8", errors="replace")


@contextmanager
def _signals_raise() -> Iterator[None]:
    def heard(number: int, _: object) -> None:
        raise _SignalError(number)

    before = {}
    for number in NUMBERS:
        # What nohup and shells have a job in the background ignore stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
