"""The command line: `python -m indextracker_simulator.markets` serves quotes until told to stop."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from threading import Event, Thread

from indextracker_simulator.markets.server import QuoteServer
from indextracker_simulator.randomness import DEFAULT_SEED


def main(arguments: list[str] | None = None) -> None:
    """Serve quotes and charts on 127.0.0.1."""
    parser = argparse.ArgumentParser(prog="python -m indextracker_simulator.markets")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="chooses prices")
    parser.add_argument(
        "--rate", type=float, help="quotes a second of a connection; default: one of each symbol"
    )
    parser.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input does"
    )
    options = parser.parse_args(arguments)
    over = Event()
    with (
        suppress(KeyboardInterrupt),
        QuoteServer(options.seed, options.rate).serving(options.port) as address,
    ):
        sys.stdout.write(f"listening on {address}\n")
        sys.stdout.flush()
        if options.exit_with_stdin:
            Thread(target=_set_after_stdin, args=(over,), daemon=True).start()
        over.wait()
    # Threads of connections may still be sending.
    os._exit(0)


def _set_after_stdin(over: Event) -> None:
    # The file descriptor and not sys.stdin: see the exchanges' own command.
    while os.read(0, 4096):
        pass
    over.set()


if __name__ == "__main__":
    main()
