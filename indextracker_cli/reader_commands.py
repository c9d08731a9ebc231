"""The commands `export` and `chart`: what the reader gives, as files.

They need neither Spark nor Dagster nor dbt.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from indextracker_cli.arguments import ENDINGS, EXPORTED, ZONE, Day, OutputFile, Zone
from indextracker_cli.interrupts import GOES_ON, NOTHING_CHANGED, interruptible


@click.command()
@click.argument("what", type=click.Choice(EXPORTED))
@click.argument("names", nargs=-1)
@click.option("--from", "first", type=Day(), help="First day; the newest session by default.")
@click.option("--to", "last", type=Day(), help="Last day; today by default.")
@click.option("--minutes", type=int, help="Length of bars; 1 by default.")
@click.option("--per", help="Bars of a session, week, month, quarter or year instead.")
@click.option("--part", help="night or day of a session; both by default.")
@click.option("--strike", help="Strike of options.")
@click.option("--type", "option_type", help="C or P.")
@click.option("--roll", type=int, help="Sessions before its last one that a contract rolls.")
@click.option("--adjust", help="Earlier contracts fit to the last one by difference or ratio.")
@click.option("--within", type=int, help="Minutes for which a price counts in a smile.")
@click.option("--rate", type=float, help="Interest a year of a smile, such as 0.015.")
@click.option("--series", help="Series of securities, such as EQ.")
@click.option("--adjusted", type=Day(), help="Prices of securities as of this day.")
@click.option("--ticker", help="Articles about a ticker, such as INFY.")
@click.option("--symbol", help="Articles about a company, by the symbol of its share.")
@click.option("--topic", help="Articles about a topic, such as Earnings.")
@click.option("--tz", "zone", type=Zone(), help=f"Convert times to this zone, such as {ZONE}.")
@click.option(
    "--output", type=OutputFile(), required=True, help=f"The file: its ending is {ENDINGS}."
)
@interruptible(GOES_ON)
def export(
    *,
    what: str,
    names: tuple[str, ...],
    first: date | None,
    last: date | None,
    zone: ZoneInfo | None,
    output: Path,
    **options: Any,
) -> int:
    """Write what the reader gives as a file.

    \b
    indextracker export bars TX M --minutes 5 --from 2024-12-02 --to 2024-12-16 --output tx.xlsx
    indextracker export trades TXO W --type C --output calls.parquet
    indextracker export chain TXO --to 2024-12-16 --output chain.csv
    indextracker export continuous TX --per session --adjust ratio --from 2020-01-02 --output tx.csv
    indextracker export smile TXO W --to 2024-12-16 --output smile.csv
    indextracker export equities INFY TCS --from 2015-01-01 --adjusted 2026-08-20 --output in.csv
    indextracker export table silver/daily_report --from 2024-12-02 --output report.parquet

    NAMES are an instrument and its contract, symbols, or a table. A long span is read month by
    month, and the same command goes on where it was interrupted. Exits with 2 if sessions are
    missing, and says why.
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker_cli import exporting  # noqa: PLC0415 - Arrow takes a second

    given = {name: value for name, value in options.items() if value is not None}
    zone_name = zone.key if zone else None
    return exporting.export(exporting.Wish(what, names, given, first, last, zone_name), output)


@click.command()
@click.argument("instrument")
@click.argument("contract", required=False)
@click.option("--on", type=Day(), help="The session; the newest by default.")
@click.option("--minutes", type=int, default=5, show_default=True, help="Length of a bar.")
@click.option(
    "--tz", "zone", type=Zone(), default=ZONE, show_default=True, help="Zone of the time axis."
)
@click.option("--png", is_flag=True, help="Draw a picture instead of a page; Chromium takes it.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="The file, which ends in .html, .png or .svg."
)
@interruptible(NOTHING_CHANGED)
def chart(
    *,
    instrument: str,
    contract: str | None,
    on: date | None,
    minutes: int,
    zone: ZoneInfo,
    png: bool,
    output: Path | None,
) -> None:
    """Draw a session of an INSTRUMENT as a page, or a picture, of candles and volume.

    \b
    indextracker chart TX --on 2024-12-16
    indextracker chart TAIEX --minutes 1 --output taiex.html
    indextracker chart TX M+1 --png

    The CONTRACT is an expiry or an expire code; of futures the front month by default. The page
    needs no network.
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker_cli import charting  # noqa: PLC0415 - Arrow takes a second

    ending = output.suffix.lower() if output else ".png" if png else ".html"
    if ending not in charting.ENDINGS or (png and ending != ".png"):
        raise click.BadParameter(f"{output}: a chart ends in .html, .png or .svg, by --png in .png")
    charting.chart(instrument, contract, on, minutes, zone.key, output, ending)
