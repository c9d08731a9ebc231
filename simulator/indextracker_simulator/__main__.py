"""The command line: `python -m indextracker_simulator serve`.

It parses the arguments, and starts and stops the server. What an exchange can be told is in
`command` of its subject's folder: `add_options` and `exchange`. No list of subjects is kept.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from indextracker_simulator.faults import KINDS, Faults
from indextracker_simulator.randomness import DEFAULT_SEED
from indextracker_simulator.server import ExchangeServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from indextracker_simulator.answers import Publishers


def main(arguments: list[str] | None = None) -> None:
    """Serve the simulated exchanges until told to stop."""
    commands = _commands()
    parser = _parser(commands)
    options = parser.parse_args(arguments)
    try:
        exchanges, faults = _exchanges(commands, options), _faults(options)
    except ValueError as error:
        parser.error(str(error))
    with (
        suppress(KeyboardInterrupt),
        ExchangeServer(
            *exchanges, faults=faults, port=options.port, verbose=options.verbose
        ) as server,
    ):
        sys.stdout.write(f"listening on {server.url}\n")
        sys.stdout.flush()
        if options.exit_with_stdin:
            Thread(target=_stop_after_stdin, args=(server,), daemon=True).start()
        server.serve_forever()


def _commands() -> list[ModuleType]:
    found = sorted(Path(__file__).parent.glob("*/command.py"))
    return [import_module(f"indextracker_simulator.{path.parent.name}.command") for path in found]


def _exchanges(commands: Iterable[ModuleType], options: argparse.Namespace) -> list[Publishers]:
    now = options.now
    clock = (lambda: now) if now else lambda: datetime.now(UTC)
    return [command.exchange(options, clock) for command in commands]


def _faults(options: argparse.Namespace) -> Faults | None:
    if not options.fault:
        return None
    return Faults(options.seed, dict(options.fault), most=options.faults_most)


def _parser(subjects: Iterable[ModuleType]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indextracker_simulator")
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="publish the exchanges' documents on 127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="default: any free one")
    serve.add_argument("--seed", type=int, default=DEFAULT_SEED, help="chooses the world")
    serve.add_argument(
        "--now",
        type=_moment,
        metavar="TIME",
        help="stop the clock there, in UTC or with an offset: YYYY-MM-DDTHH:MM+HH:MM",
    )
    serve.add_argument(
        "--fault",
        type=_rate,
        action="append",
        metavar="KIND=RATE",
        help=f"let so many answers go wrong; may be repeated; kinds: {', '.join(KINDS)}",
    )
    serve.add_argument(
        "--faults-most", type=int, metavar="N", help="faults a document; default: no end of them"
    )
    for subject in subjects:
        subject.add_options(serve)
    serve.add_argument("--verbose", action="store_true", help="log requests on standard error")
    serve.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input does"
    )
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rate(text: str) -> tuple[str, float]:
    kind, _, rate = text.partition("=")
    return kind, float(rate)


def _stop_after_stdin(server: ExchangeServer) -> None:
    # The file descriptor and not sys.stdin: a thread that waits in a buffered reader holds its
    # lock, and the interpreter cannot end.
    while os.read(0, 4096):
        pass
    server.shutdown()


if __name__ == "__main__":
    main()
