"""What an expert would write for the figures of these pages alone: polars over the Delta files.

Tables are opened once, files are chosen by their partitions, rows by what Parquet says of them, and
the answer is JSON. There is no page around it, nothing says what is missing and why, no name is
looked up, and no volatility is implied.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable

Tables = Callable[..., pl.LazyFrame]
_FRONT = (pl.col("product") == "TX") & (pl.col("expire_code") == "M")


def answering(asked: Connection, lake: Path) -> None:
    """Answers names of views and days with the CPU milliseconds that they took, until None."""
    opened = cache(lambda path: DeltaTable(str(lake / path)))

    def table(path: str, *days: date) -> pl.LazyFrame:
        delta = opened(path)
        names = delta.metadata().partition_columns
        keys = {"session_date": days, "year": {day.year for day in days}}
        chosen = [(name, "in", [str(key) for key in keys[name]]) for name in names if name in keys]
        found = pl.scan_parquet(delta.file_uris(chosen or None), hive_partitioning=False)
        if "session_date" in names:
            # A day is a folder: its column is not in the files.
            found = pl.concat(
                pl.scan_parquet(
                    delta.file_uris([("session_date", "=", str(day))]), hive_partitioning=False
                ).with_columns(session_date=pl.lit(day))
                for day in days
            )
        return found

    while (question := asked.recv()) is not None:
        name, day = question
        used = time.process_time()
        json.dumps(BY_HAND[name](table, day), default=str)
        asked.send(1000 * (time.process_time() - used))


def _today(table: Tables, day: date) -> list[dict[str, Any]]:
    levels = (
        table("gold/index_sessions", day - timedelta(days=10), day)
        .filter(pl.col("session_date") <= day, pl.col("session_part") == "whole")
        .sort("session_date")
        .tail(2)
    )
    front = table("gold/futures_sessions", day).join(
        table("silver/contracts", day).filter(_FRONT), on=["session_date", "product", "expiry"]
    )
    front = front.filter(pl.col("session_date") == day, pl.col("session_part") == "whole")
    options = table("gold/option_sessions", day).filter(
        pl.col("session_date") == day, pl.col("product") == "TXO", pl.col("session_part") == "whole"
    )
    interest = table("silver/daily_report", day).filter(
        pl.col("product") == "TXO", pl.col("session_part") == "day"
    )
    index = table("gold/index_bars", day).filter(
        pl.col("index_id") == "TAIEX", pl.col("scale_minutes") == 1
    )
    return _collected(
        levels,
        front,
        options.group_by("option_type").agg(pl.col("contracts").sum()),
        interest.group_by("option_type").agg(pl.col("open_interest").sum()),
        index.select("bar_start", "close"),
        _bars(table, [day], 1).select("bar_start", "close"),
    )


def _bars(table: Tables, days: list[date], scale: int) -> pl.LazyFrame:
    fronts = table("silver/contracts", *days).filter(_FRONT)
    return (
        table("gold/futures_bars", *days)
        .filter(pl.col("product") == "TX", pl.col("scale_minutes") == scale)
        .join(fronts, on=["session_date", "product", "expiry"])
        .sort("bar_start")
    )


def _candles(
    count: int, scale: int, *, with_index: bool
) -> Callable[[Tables, date], list[dict[str, Any]]]:
    def asked(table: Tables, day: date) -> list[dict[str, Any]]:
        sessions = (
            table("gold/futures_sessions", day - timedelta(days=20), day)
            .filter(pl.col("session_date") <= day)
            .select(pl.col("session_date").unique().sort())
            .collect()["session_date"]
        )
        days = sessions.to_list()[-count:]
        turnover = (pl.col("vwap") * pl.col("contracts")).cum_sum().over("session_date")
        so_far = turnover / pl.col("contracts").cum_sum().over("session_date")
        found = [_bars(table, days, scale).with_columns(vwap=so_far)]
        if with_index:
            index = table("gold/index_bars", *days).sort("bar_start")
            found.append(index.filter(pl.col("index_id") == "TAIEX", scale_minutes=scale))
        names = ("bar_start", "open", "high", "low", "close", "vwap", "contracts")
        return _collected(
            *(one.select([n for n in names if n in one.collect_schema()]) for one in found)
        )

    return asked


def _chain(table: Tables, day: date) -> list[dict[str, Any]]:
    contracts = table("silver/contracts", day).filter(pl.col("session_date") == day)
    report = table("silver/daily_report", day).filter(pl.col("session_part") == "day")
    of = ["session_date", "product", "expiry"]
    whole = (pl.col("session_date") == day) & (pl.col("session_part") == "whole")
    futures = (
        table("gold/futures_sessions", day)
        .filter(whole, pl.col("product") == "TX")
        .join(report.filter(pl.col("product") == "TX"), on=of, how="full", coalesce=True)
        .join(contracts.group_by(of).agg(pl.col("last_trading_date").max()), on=of, how="left")
    )
    front = contracts.filter(pl.col("product") == "TXO", pl.col("expire_code") == "M")
    series = [*of, "strike", "option_type"]
    options = (
        table("gold/option_sessions", day)
        .filter(whole, pl.col("product") == "TXO")
        .join(report.filter(pl.col("product") == "TXO"), on=series, how="full", coalesce=True)
        .join(front.select(of), on=of)
        .sort("strike")
    )
    spreads = table("gold/spread_sessions", day).filter(whole, pl.col("product") == "TX")
    closes = table("gold/index_sessions", day).filter(whole)
    prints = (
        table("gold/futures_bars", day)
        .filter(pl.col("product") == "TX", pl.col("scale_minutes") == 1)
        .filter(pl.col("session_part") == "day")
        .group_by("expiry")
        .agg(pl.col("close").sort_by("bar_start").last())
    )
    return _collected(futures, options, spreads, closes, prints)


def _collected(*found: pl.LazyFrame) -> list[dict[str, Any]]:
    return [one.to_dict(as_series=False) for one in pl.collect_all(found)]


BY_HAND: dict[str, Callable[[Tables, date], list[dict[str, Any]]]] = {
    "Today": _today,
    "Candles, 3 sessions of 5 minutes and the index": _candles(3, 5, with_index=True),
    "Candles, a session of minutes": _candles(1, 1, with_index=False),
    "Chain": _chain,
}
