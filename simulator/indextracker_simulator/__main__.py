"""The command line: `python -m indextracker_simulator serve`.

Arguments and process life alone; everything else is a library call away.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from threading import Thread

from indextracker_simulator.exchange import DEFAULT_SEED, Exchange
from indextracker_simulator.futures import ROWS
from indextracker_simulator.server import ExchangeServer


def main(arguments: list[str] | None = None) -> None:
    """Serve the simulated exchange until told to stop."""
    options = _parser().parse_args(arguments)
    exchange = Exchange(seed=options.seed, volume=options.volume)
    with (
        suppress(KeyboardInterrupt),
        ExchangeServer(exchange, port=options.port, verbose=options.verbose) as server,
    ):
        sys.stdout.write(f"listening on {server.url}\n")
        sys.stdout.flush()
        if options.exit_with_stdin:
            Thread(target=_stop_after_stdin, args=(server,), daemon=True).start()
        server.serve_forever()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indextracker_simulator")
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="publish the exchange's documents on 127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="default: any free one")
    serve.add_argument("--seed", type=int, default=DEFAULT_SEED, help="chooses the world")
    serve.add_argument("--volume", choices=list(ROWS), default="demo", help="rows a session")
    serve.add_argument("--verbose", action="store_true", help="log requests on standard error")
    serve.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input does"
    )
    return parser


def _stop_after_stdin(server: ExchangeServer) -> None:
    # The file descriptor and not sys.stdin: a thread that waits in a buffered reader holds its
    # lock, and the interpreter cannot end.
    while os.read(0, 4096):
        pass
    server.shutdown()


if __name__ == "__main__":
    main()
