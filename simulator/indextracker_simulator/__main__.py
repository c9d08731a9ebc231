"""The command line: `python -m indextracker_simulator serve`.

It parses the arguments, and starts and stops the server.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from datetime import UTC, date, datetime
from threading import Thread

from indextracker_simulator.faults import KINDS, Faults
from indextracker_simulator.server import ExchangeServer
from indextracker_simulator.taiwan.exchange import DEFAULT_SEED, Exchange
from indextracker_simulator.taiwan.futures import ROWS
from indextracker_simulator.taiwan.publication import TAIPEI


def main(arguments: list[str] | None = None) -> None:
    """Serve the simulated exchange until told to stop."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        exchange, faults = _exchange(options), _faults(options)
    except ValueError as error:
        parser.error(str(error))
    with (
        suppress(KeyboardInterrupt),
        ExchangeServer(
            exchange, faults=faults, port=options.port, verbose=options.verbose
        ) as server,
    ):
        sys.stdout.write(f"listening on {server.url}\n")
        sys.stdout.flush()
        if options.exit_with_stdin:
            Thread(target=_stop_after_stdin, args=(server,), daemon=True).start()
        server.serve_forever()


def _exchange(options: argparse.Namespace) -> Exchange:
    now = options.now
    return Exchange(
        seed=options.seed,
        volume=options.volume,
        clock=(lambda: now) if now else lambda: datetime.now(UTC),
        typhoons=options.typhoon,
        window=options.window,
        etf_token=options.etf_token,
        enforce_rates=options.enforce_rates,
    )


def _faults(options: argparse.Namespace) -> Faults | None:
    if not options.fault:
        return None
    return Faults(options.seed, dict(options.fault), most=options.faults_most)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indextracker_simulator")
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="publish the exchange's documents on 127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="default: any free one")
    serve.add_argument("--seed", type=int, default=DEFAULT_SEED, help="chooses the world")
    serve.add_argument("--volume", choices=list(ROWS), default="demo", help="rows a session")
    serve.add_argument(
        "--now",
        type=_moment,
        metavar="TIME",
        help="stop the clock there, in Taipei: YYYY-MM-DDTHH:MM",
    )
    serve.add_argument(
        "--window",
        type=int,
        metavar="N",
        help="list and keep N sessions of tick files; default: all",
    )
    serve.add_argument(
        "--typhoon",
        type=date.fromisoformat,
        action="append",
        default=[],
        metavar="DATE",
        help="call this session off; may be repeated",
    )
    etf = serve.add_mutually_exclusive_group()
    etf.add_argument("--etf-token", metavar="TOKEN", help="grant ETF trades to its bearer alone")
    etf.add_argument(
        "--no-etf",
        action="store_const",
        dest="etf_token",
        const="",
        help="grant ETF trades to nobody; default: to everybody",
    )
    serve.add_argument(
        "--enforce-rates", action="store_true", help="keep out those who ask too fast or too much"
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
    serve.add_argument("--verbose", action="store_true", help="log requests on standard error")
    serve.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input does"
    )
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=TAIPEI)


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
