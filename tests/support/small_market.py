"""A market of three days, small enough to check by hand, and the real dbt over it.

Sessions 2022-03-02 to 04. TX has two periods of terms, a weekly contract and calendar spreads; TXO
are options and 006204 an ETF on the same index; CDF is a future on a stock and CAO an option on
one, UDF a future on an index that is not ours, ZZF a product without known terms, TE a product that
nobody trades. Of the indices one was renamed and one is not mapped.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from indextracker_catalogue import TABLES
from support import small_nse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT = Path(__file__).parents[2] / "dbt_project"
DBT = Path(sys.executable).parent / "dbt"
RAW = {table.name: table for table in TABLES.values() if table.in_warehouse}
SCALES = (1, 5, 15, 30, 60)

CALENDAR = [
    day
    for day in (dt.date(2022, 1, 3) + dt.timedelta(days=n) for n in range(150))
    if day.weekday() < 5
]

TERMS = (
    "product",
    "name",
    "underlying",
    "kind",
    "instrument",
    "expiry_rule",
    "valid_from",
    "valid_to",
)
PRODUCTS = [
    (
        "TX",
        "TAIEX Futures (臺股期貨)",
        "TAIEX",
        "index",
        "Futures",
        "third_wednesday",
        "1998-07-21",
        "2022-03-02",
    ),
    (
        "TX",
        "TAIEX Futures (臺股期貨)",
        "TAIEX",
        "index",
        "Futures",
        "third_wednesday",
        "2022-03-03",
        None,
    ),
    (
        "TE",
        "Electronics Futures (電子期貨)",
        "ELECTRONICS",
        "index",
        "Futures",
        "third_wednesday",
        "1999-07-21",
        None,
    ),
    (
        "CDF",
        "TSMC Futures (台積電期貨)",
        None,
        "stock",
        "Futures",
        "third_wednesday",
        "2010-01-25",
        None,
    ),
    (
        "UDF",
        "Dow Jones Futures (美國道瓊期貨)",
        "DJIA",
        "foreign_index",
        "Futures",
        "unknown",
        "2017-05-15",
        None,
    ),
    (
        "TXO",
        "TAIEX Options (臺指選擇權)",
        "TAIEX",
        "index",
        "Options",
        "third_wednesday",
        "2001-12-24",
        None,
    ),
    ("CAO", "Nan Ya Options", None, "stock", "Options", "third_wednesday", "2003-01-20", None),
]

INDICES = [
    ("發行量加權股價指數", "TAIEX", "TAIEX", "TWSE"),
    ("電子類指數", "ELECTRONICS", "Electronics", "TWSE"),
    ("電子工業類指數", "ELECTRONICS", "Electronics", "TWSE"),
]

CODES = [
    ("202203", "M+1", "2022-01-20", "2022-02-16"),
    ("202203", "M", "2022-02-17", "2022-03-16"),
    ("202203", "W+1", "2022-03-03", "2022-03-09"),
    ("202203", "W", "2022-03-10", "2022-03-16"),
    ("202203W2", "W+1", "2022-02-24", "2022-03-02"),
    ("202203W2", "W", "2022-03-03", "2022-03-09"),
    ("202204", "M+1", "2022-02-17", "2022-03-16"),
    ("202204", "M", "2022-03-17", "2022-04-20"),
    ("202205", "M+2", "2022-02-17", "2022-03-16"),
]

# Session, index, instant in UTC, level.
LEVELS = [
    ("2022-03-02", "TAIEX", "2022-03-02 01:00:05", "17850.00"),
    ("2022-03-03", "TAIEX", "2022-03-03 01:00:05", "17900.00"),
    ("2022-03-03", "TAIEX", "2022-03-03 01:00:10", "17904.00"),
    ("2022-03-03", "TAIEX", "2022-03-03 01:04:55", "17902.00"),
    ("2022-03-03", "TAIEX", "2022-03-03 01:05:00", "17905.00"),
    ("2022-03-04", "TAIEX", "2022-03-04 01:00:05", "17800.00"),
    ("2022-03-03", "ELECTRONICS", "2022-03-03 01:00:05", "850.00"),
    ("2022-03-03", "新指數", "2022-03-03 01:00:05", "100.00"),
]

# Session, product, expiry, part, instant in UTC, price, contracts.
TRADES = [
    ("2022-03-02", "TX", "202203W2", "day", "2022-03-02 00:45:00", "17840", 1),
    ("2022-03-03", "TX", "202203", "night", "2022-03-02 07:00:01", "17860", 4),
    ("2022-03-03", "TX", "202203", "day", "2022-03-03 00:45:00", "17900", 5),
    ("2022-03-03", "TX", "202203", "day", "2022-03-03 00:45:30", "17904", 7),
    ("2022-03-03", "TX", "202203", "day", "2022-03-03 00:46:10", "17902", 1),
    ("2022-03-03", "TX", "202203W2", "day", "2022-03-03 00:45:10", "17910", 2),
    ("2022-03-03", "CDF", "202203", "day", "2022-03-03 00:45:00", "600", 3),
    ("2022-03-03", "UDF", "202203", "day", "2022-03-03 00:45:00", "33800", 3),
    ("2022-03-04", "ZZF", "202203", "day", "2022-03-04 00:45:00", "50", 3),
]

# Session, product, near and far expiry, part, instant in UTC, price, contracts.
SPREADS = [
    ("2022-03-03", "TX", "202203", "202204", "day", "2022-03-03 00:45:20", "-20", 3),
    ("2022-03-03", "TX", "202203", "202204", "day", "2022-03-03 00:50:00", "-21", 2),
]

# Session, product, expiry, strike, type, part, instant in UTC, price, contracts.
OPTIONS = [
    ("2022-03-02", "TXO", "202203", 17800, "C", "night", "2022-03-01 07:00:01", "130", 1),
    ("2022-03-03", "TXO", "202203", 17800, "C", "day", "2022-03-03 00:45:00", "150", 2),
    ("2022-03-03", "TXO", "202203", 17800, "C", "day", "2022-03-03 00:45:20", "153", 1),
    ("2022-03-03", "TXO", "202203W2", 17500, "P", "day", "2022-03-03 00:47:00", "40", 5),
    ("2022-03-03", "CAO", "202203", 80, "P", "day", "2022-03-03 00:45:00", "1.5", 1),
]

# Session, symbol, instant in UTC, price, shares.
ETF_TRADES = [
    ("2022-03-03", "006204", "2022-03-03 01:00:10", "90.5", 3000),
    ("2022-03-03", "006204", "2022-03-03 01:00:40", "90.6", 1000),
]


@dataclass(frozen=True)
class Print:
    """A trade or a published level; a leg of a spread has no price.

    `contracts` are shares of an ETF, and what weighs the price of an option.
    """

    session: str
    instrument: tuple[Any, ...]
    part: str
    at: dt.datetime
    price: Decimal | None
    contracts: int


def _figures(prints: list[Print], *, weighted: bool) -> dict[str, Any]:
    """What bars of any kind say of some prints; a table takes what it has columns for."""
    legs = sum(p.contracts for p in prints if p.price is None)
    priced = [(p.price, p.contracts) for p in prints if p.price is not None]
    counted = {"trades": len(priced), "ticks": len(priced), "prints": len(priced)}
    volume = sum(contracts for _, contracts in priced)
    figures = {**counted, "spread_contracts": legs, "contracts": volume, "shares": volume}
    if not priced:
        return figures
    prices = [price for price, _ in priced]
    value = sum(price * contracts for price, contracts in priced)
    averaged = prices
    if weighted:
        averaged = [price for price, contracts in priced for _ in range(contracts)]
    return {
        **figures,
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "mean": statistics.mean(averaged),
        "std": statistics.stdev(averaged) if len(averaged) > 1 else None,
        "vwap": value / volume,
        "price_sum": sum(prices),
        "price_square_sum": sum(price * price for price in prices),
        "price_contracts_sum": value,
        "price_shares_sum": value,
        "price_square_contracts_sum": sum(price * price * n for price, n in priced),
    }


def _roll_up(
    prints: Iterable[Print], instrument: tuple[str, ...], *, weighted: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Bars of every scale, and the parts and the whole of the sessions."""
    bars: defaultdict[tuple[Any, ...], list[Print]] = defaultdict(list)
    sessions: defaultdict[tuple[Any, ...], list[Print]] = defaultdict(list)
    for p in sorted(prints, key=lambda p: p.at):
        for scale in SCALES:
            minute = p.at.hour * 60 + p.at.minute
            start = dt.datetime.combine(p.at, dt.time()) + dt.timedelta(
                minutes=minute - minute % scale
            )
            bars[p.session, p.instrument, p.part, scale, start].append(p)
        for part in (p.part, "whole"):
            sessions[p.session, p.instrument, part].append(p)

    def row(session: str, values: tuple[Any, ...], part: str) -> dict[str, Any]:
        names = zip(instrument, values, strict=True)
        return {"session_date": session, **dict(names), "session_part": part}

    return (
        [
            {
                **row(*key[:3]),
                "scale_minutes": key[3],
                "bar_start": key[4],
                **_figures(group, weighted=weighted),
            }
            for key, group in bars.items()
        ],
        [{**row(*key), **_figures(group, weighted=weighted)} for key, group in sessions.items()],
    )


def _contracts(prints: Iterable[Print]) -> Iterator[dict[str, Any]]:
    """The contracts of each session and the codes that they bear there."""
    rules = {row[0]: row[TERMS.index("expiry_rule")] for row in PRODUCTS}
    for session, (product, expiry) in sorted({(p.session, p.instrument[:2]) for p in prints}):
        by_rule = rules.get(product, "third_wednesday") == "third_wednesday"
        codes = [
            code
            for coded, code, valid_from, valid_to in CODES
            if by_rule and coded == expiry and valid_from <= session <= valid_to
        ]
        for code in codes or (None,):
            yield {
                "session_date": session,
                "product": product,
                "expiry": expiry,
                "expire_code": code,
                "product_assumed": product not in rules,
            }


def _reconciliation(sessions: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A report that agrees with every part of the sessions."""
    for row in sessions:
        if row["session_part"] == "whole":
            continue
        contracts = row["contracts"] + row["spread_contracts"]
        expiry = row["expiry"] if "expiry" in row else f"{row['near_expiry']}/{row['far_expiry']}"
        yield {
            **{name: row.get(name) for name in ("session_date", "session_part", "product")},
            **{name: row.get(name) for name in ("strike", "option_type")},
            **{
                f"{side}_{name}": row.get(name)
                for side in ("official", "computed")
                for name in ("open", "high", "low", "close")
            },
            "expiry": expiry,
            "official_contracts": contracts,
            "computed_contracts": contracts,
            "contracts_difference": 0,
            "class": "equal",
            "instrument": "Options" if "strike" in row else "Futures",
        }


def _reported(row: dict[str, Any]) -> dict[str, Any]:
    """What the daily report has of a contract: it settles at the close of the day."""
    prices = {name: row[f"official_{name}"] for name in ("open", "high", "low", "close")}
    contracts = row["official_contracts"]
    settled = {}
    if row["session_part"] == "day" and "/" not in row["expiry"]:
        settled = {"settlement_price": prices["close"], "open_interest": 100 + contracts}
    return {**row, **prices, "contracts": contracts, **settled}


def _rows() -> dict[str, list[dict[str, Any]]]:
    """Every raw table's rows, from the lists above."""
    stamp = dt.datetime.fromisoformat
    levels = [Print(s, (i,), "day", stamp(at), Decimal(v), 1) for s, i, at, v in LEVELS]
    trades = [
        Print(s, (product, expiry), part, stamp(at), Decimal(price), n)
        for s, product, expiry, part, at, price, n in TRADES
    ]
    spreads = [
        Print(s, (product, near, far), part, stamp(at), Decimal(price), n)
        for s, product, near, far, part, at, price, n in SPREADS
    ]
    options = [
        Print(s, (product, expiry, strike, kind), part, stamp(at), Decimal(price), n)
        for s, product, expiry, strike, kind, part, at, price, n in OPTIONS
    ]
    etf = [Print(s, (i,), "day", stamp(at), Decimal(v), n) for s, i, at, v, n in ETF_TRADES]
    legs = [
        Print(p.session, (p.instrument[0], expiry), p.part, p.at, None, p.contracts)
        for p in spreads
        for expiry in p.instrument[1:]
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "sessions": [{"exchange": "XTAI", "session_date": day} for day in CALENDAR],
        "indices": [
            dict(zip(("index_name", "index_id", "name", "market"), row, strict=True))
            for row in INDICES
        ],
        "products": [dict(zip(TERMS, row, strict=True)) for row in PRODUCTS],
        "expire_codes": [
            {
                "expiry_rule": "third_wednesday",
                **dict(zip(("expiry", "expire_code", "valid_from", "valid_to"), row, strict=True)),
            }
            for row in CODES
        ],
        "contracts": list(_contracts([*trades, *legs, *options])),
        "etfs": [{"symbol": "006204", "name": "An ETF (永豐臺灣加權)", "underlying": "TAIEX"}],
    }
    for subject, prints, instrument in (
        ("index", levels, ("index_id",)),
        ("etf", etf, ("symbol",)),
        ("futures", [*trades, *legs], ("product", "expiry")),
        ("spread", spreads, ("product", "near_expiry", "far_expiry")),
        ("option", options, ("product", "expiry", "strike", "option_type")),
    ):
        rows[f"{subject}_bars"], rows[f"{subject}_sessions"] = _roll_up(
            prints, instrument, weighted=subject == "option"
        )
    reported = ("futures_sessions", "spread_sessions", "option_sessions")
    rows["reconciliation"] = [
        row for sessions in reported for row in _reconciliation(rows[sessions])
    ]
    rows["daily_report"] = [_reported(row) for row in rows["reconciliation"]]
    return rows


def load_raw(database: Path) -> None:
    """Create schema `raw` as the catalogue declares it and put the small market into it."""
    rows = _rows() | small_nse.rows()
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.loads (subject varchar(64), key varchar(16), load_id varchar(36))"
        )
        connection.executemany(
            "insert into raw.loads values (?, ?, 'a')",
            [[subject, f"2022-03-0{day}"] for subject in ("taiwan", "india") for day in (2, 3, 4)],
        )
        for name, table in RAW.items():
            columns = ", ".join(f"{c.name} {c.warehouse_type}" for c in table.columns)
            connection.execute(f"create table raw.{name} ({columns})")
            values = [[row.get(c) for c in table.column_names] for row in rows.get(name, [])]
            if values:
                marks = ", ".join("?" for _ in table.columns)
                connection.executemany(f"insert into raw.{name} values ({marks})", values)


@dataclass(frozen=True)
class Build:
    """What a dbt command left behind: how each node ended, and the SQL of the data tests."""

    exit_code: int
    output: str
    statuses: dict[str, str]
    data_tests: dict[str, str]

    def named(self, status: str) -> set[str]:
        """Names of the nodes that ended so."""
        return {name for name, ended in self.statuses.items() if ended == status}

    def seen_by(self, violation: str, database: Path, folder: Path) -> set[str]:
        """The data tests that find something in a copy of the database with a violation."""
        broken = shutil.copy(database, folder)
        with duckdb.connect(broken) as connection:
            connection.execute(violation)
            return {
                name for name, sql in self.data_tests.items() if connection.execute(sql).fetchall()
            }


def run_dbt(database: Path | None, target: Path, *arguments: str) -> Build:
    """Run dbt as people do: as a command, from a directory that is not the project's.

    It runs in the zone of the exchange, which must not show in any time.
    """
    target.mkdir(exist_ok=True)
    setting = {"INDEXTRACKER_DBT_DATABASE": str(database)} if database else {}
    where = ("--project-dir", PROJECT, "--profiles-dir", PROJECT)
    paths = ("--target-path", target, "--log-path", target)
    command = [DBT, "--no-use-colors", *arguments, *where, *paths]
    done = subprocess.run(
        [str(word) for word in command],
        cwd=target,
        env={**os.environ, "TZ": "Asia/Taipei", **setting},
        capture_output=True,
        text=True,
        check=False,
    )
    results = target / "run_results.json"
    statuses: dict[str, str] = {}
    data_tests: dict[str, str] = {}
    if results.exists():
        for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
            kind, _, name, *_ = result["unique_id"].split(".")
            statuses[result["unique_id"] if kind == "unit_test" else name] = result["status"]
            if kind == "test":
                data_tests[name] = result["compiled_code"]
    return Build(done.returncode, done.stdout + done.stderr, statuses, data_tests)
