"""What jobs make of the simulated NSE, and where that is not what happened there.

Lines of documents are read by the readings, facts of some months are computed upon by Spark. No
lake is written: a job is a function of the tables that it reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker.building.jobs import JOBS, writers
from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds import FEEDS
from indextracker.lake.arrow import arrow_schema
from indextracker.readings import Filling
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue import india as t
from indextracker_catalogue.india.terms import (
    ACTION_WITHOUT_MOVE,
    BESIDE_SERIES,
    FACTOR_UNKNOWN,
    MOVE_BEYOND_ACTION,
    MOVE_WITHOUT_ACTION,
)
from indextracker_simulator.india.exchange import DocumentKind, Exchange
from indextracker_simulator.india.truth import adjusted, instrument_spells, truth
from indextracker_spark.job import SparkJob, conform
from support import nse_months
from support.documents import accepted

# Before ISINs; with a split to come; a resaved file and wrong shares; without a full bhavcopy; a
# Saturday; with shares that are settled that day; the first session without legacy.
SESSIONS = (
    *(date(2011, 6, 21), date(2020, 1, 3), date(2020, 7, 13), date(2022, 8, 8)),
    *(date(2024, 1, 20), date(2024, 3, 28), date(2024, 7, 8)),
)
# With a split, bonuses, a rights issue, new symbols, series and ISINs.
MONTHS = date(2016, 11, 1), date(2017, 12, 31)
KINDS: dict[str, DocumentKind] = {
    "nse_udiff_bhavcopy": "udiff",
    "nse_legacy_bhavcopy": "legacy",
    "nse_full_bhavcopy": "full",
    "nse_corporate_actions": "report",
    "nse_market_caps": "report",
    "nse_index_closes": "index_closes",
}
# What the simulator calls the slip in a line, and how the lakehouse's reason for it begins.
REASONS = {
    "cells": "the line does not split",
    "price": "unreadable open",
    "shares": "unreadable shares",
}
RETURNS = (1, 5, 20, 60, 252)
NEAR = 1e-9

Row = dict[str, Any]


class NseMarket:
    """The simulated exchange, and tables of it."""

    def __init__(self, frames: Frames) -> None:
        self.exchange = Exchange(
            clock=lambda: datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
        )
        self._frames = frames
        self.lines = cache(self._lines)
        self.truth = cache(lambda session: truth(self.exchange, session))

    def differs(self, path: str) -> bool:
        """Whether a table is not what happened."""
        compare = getattr(self, f"_{TABLES[path].name}_differ", None)
        if compare:
            return bool(compare(self.rows(path)))
        return any(self._facts_differ(path, session) for session in SESSIONS)

    def rows(self, path: str) -> pa.Table:
        """The rows of a table of Spark's, of the months."""
        job = JOBS[path]
        assert isinstance(job, SparkJob)
        found = conform(job.transform(*map(self._frame, job.reads)), job.writes)
        return found.select(*job.writes.column_names).toArrow()

    def _facts_differ(self, path: str, session: date) -> bool:
        """Of a table of facts that documents give."""
        jobs = [job for job in writers(TABLES[path]) if isinstance(job, Filling)]
        found = pa.concat_tables(
            job.of([self.lines(reading.table, session) for reading in job.readings], session)
            for job in jobs
        )
        if path == t.NSE_REJECTS.path:
            return self._rejects_differ(found, session)
        true = self.truth(session)[TABLES[path].name]
        return _in_order(found.select(true.column_names)) != _in_order(true)

    def _rejects_differ(self, found: pa.Table, session: date) -> bool:
        slips = {
            (row["feed"], row["line"]): REASONS[row["reason"]]
            for row in self.truth(session)["rejects"].to_pylist()
        }
        rejects = {(row["feed"], row["line"]): row["reason"] for row in found.to_pylist()}
        return rejects.keys() != slips.keys() or any(
            not rejects[place].startswith(reason) for place, reason in slips.items()
        )

    def _lines(self, table: Table, session: date) -> pa.Table:
        kind = KINDS.get(table.name)  # none of lists of the day
        published = self.exchange.published(kind, session) if kind else None
        if published is None:
            return arrow_schema(table).empty_table()
        return accepted(FEEDS[table.name], published.body, session)

    # what Spark makes of some months

    @cached_property
    def months(self) -> nse_months.Months:
        return nse_months.months(self._frames, *MONTHS)

    @cache  # noqa: B019 - one market lives as long as the tests
    def _frame(self, table: Table) -> DataFrame:
        """A table that a job reads, as it should be."""
        known = {
            t.EQUITIES_DAILY: "equities",
            t.CORPORATE_ACTIONS: "announced",
            t.MARKET_CAPS: "caps",
            t.INSTRUMENTS: "instruments",
            t.EQUITIES_ADJUSTED: "adjusted",
        }
        make = self._frames.spark.createDataFrame
        if table in known:
            rows = getattr(self.months, known[table])
            priced = table in (t.EQUITIES_DAILY, t.EQUITIES_ADJUSTED)
            return make(self._with_blocks(rows) if priced else rows)
        if table in REFERENCES:
            return make(REFERENCES[table].made(date(2026, 8, 21)))
        if table is t.EQUITY_RETURNS:
            return make(self.rows(table.path))
        return self._frames.of(table, [])  # lists of the day

    def _with_blocks(self, rows: pa.Table) -> pa.Table:
        """Prices, and block deals of every fifth session: the exchange had none in these months."""
        days = {*self.months.sessions[::-5]}
        shares = [r for r in rows.to_pylist() if r["series"] == "EQ" and r["session_date"] in days]
        prices = ("previous_close", "open", "high", "low", "close")
        blocks = [
            row
            | {name: row[name] * 0.9 for name in prices}
            | {"series": "BL", "shares": 100 * row["shares"]}
            for row in shares
            if row["previous_close"]
        ]
        return pa.concat_tables([rows, pa.Table.from_pylist(blocks, rows.schema)])

    @cached_property
    def _prices(self) -> dict[tuple[date, str], Row]:
        """What the exchange knows of each share and session of the months, as of the last."""
        sessions = self.months.sessions
        rows = adjusted(self.exchange, sessions, sessions[-1]).to_pylist()
        return {(row["session_date"], row["symbol"]): row for row in rows if row["series"] != "N1"}

    def _instruments_differ(self, found: pa.Table) -> bool:
        called = ("symbol", "series", "isin")
        ours = {
            (*(row[name] for name in called), row["valid_from"], row["valid_to"]): row
            for row in found.to_pylist()
            if row["series"] not in BESIDE_SERIES
        }
        spells = instrument_spells(self.exchange, self.months.sessions).to_pylist()
        true = {
            (*(row[name] for name in called), row["first_session"], row["last_session"]): row
            for row in spells
        }
        if ours.keys() != true.keys():
            return True
        pairs = {(true[spell]["number"], ours[spell]["instrument_id"]) for spell in true}
        return not len(pairs) == len({n for n, _ in pairs}) == len({i for _, i in pairs})

    def _equities_adjusted_differ(self, found: pa.Table) -> bool:
        """Closes that are put together of the factors are those of the exchange."""
        rows = [row for row in found.to_pylist() if row["series"] not in BESIDE_SERIES]
        steps: dict[str, list[tuple[date, float]]] = {}
        for row in rows:
            if row["factor"] != 1:
                steps.setdefault(row["instrument_id"], []).append(
                    (row["session_date"], row["factor"] or 0.0)
                )

        def factor(row: Row) -> float:
            product = 1.0
            for day, step in steps.get(row["instrument_id"], []):
                product *= step if day > row["session_date"] else 1.0
            return product

        return self._closes_differ((row, row["close"] * factor(row)) for row in rows)

    def _equity_factors_differ(self, found: pa.Table) -> bool:
        times: dict[str, list[Row]] = {}
        for row in found.to_pylist():
            times.setdefault(row["instrument_id"], []).append(row)

        def factor(row: Row) -> float:
            day = row["session_date"]
            some = [
                time["factor"] or 0.0
                for time in times.get(row["instrument_id"], [])
                if time["valid_from"] <= day <= time["valid_to"]
            ]
            return some[0] if len(some) == 1 else 0.0

        rows = self.months.adjusted.to_pylist()
        own = (row for row in rows if row["series"] not in BESIDE_SERIES)
        return self._closes_differ((row, row["close"] * factor(row)) for row in own)

    def _closes_differ(self, closes: Iterable[tuple[Row, float]]) -> bool:
        shares = {place: row["adjusted_close"] for place, row in self._prices.items()}
        ours = {
            (row["session_date"], row["symbol"]): close
            for row, close in closes
            if row["series"] != "N1"
        }
        return ours.keys() != shares.keys() or any(
            abs(ours[place] / shares[place] - 1) > NEAR for place in shares
        )

    def _equity_returns_differ(self, found: pa.Table) -> bool:
        """Returns of the last sessions, and the range of 52 weeks up to them."""
        sessions = self.months.sessions
        numbers = {place: row["number"] for place, row in self._prices.items()}
        closes = {
            (row["number"], row["session_date"]): row["adjusted_close"]
            for row in self._prices.values()
        }
        place_of = {session: place for place, session in enumerate(sessions)}
        last = sessions[-1]
        rows = [row for row in found.to_pylist() if row["session_date"] == last]
        rows = [row for row in rows if row["series"] != "N1"]
        if {row["symbol"] for row in rows} != {s for day, s in numbers if day == last}:
            return True
        for row in rows:
            number = numbers[last, row["symbol"]]
            for count in RETURNS:
                before = closes.get((number, sessions[place_of[last] - count]))
                expected = closes[number, last] / before - 1 if before else None
                if not _near(row[f"return_{count}"], expected):
                    return True
            if not _near(row["high_52_weeks"], self._highest(number, last)):
                return True
        return len(rows) == 0 or found.num_rows != len(
            {(row["session_date"], row["instrument_id"]) for row in found.to_pylist()}
        )

    @cached_property
    def _highs(self) -> dict[int, list[tuple[date, float]]]:
        factors = {place: (row["number"], row["factor"]) for place, row in self._prices.items()}
        found: dict[int, list[tuple[date, float]]] = {}
        for row in self.months.equities.to_pylist():
            place = row["session_date"], row["symbol"]
            if place in factors and row["series"] not in (*BESIDE_SERIES, "N1"):
                number, factor = factors[place]
                found.setdefault(number, []).append((place[0], row["high"] * factor))
        return found

    def _highest(self, number: int, last: date) -> float:
        year = last - timedelta(days=7 * 52 - 1)
        return max(high for day, high in self._highs[number] if day >= year)

    def _equity_breadth_differ(self, found: pa.Table) -> bool:
        """What rises and falls in the second of the sessions and later, but for funds."""
        sessions = self.months.sessions
        before_of = dict(zip(sessions[1:], sessions, strict=False))
        closes = {
            (row["number"], row["session_date"]): row["adjusted_close"]
            for row in self._prices.values()
        }
        funds = {one.number for one in self.exchange.instruments if one.form == "etf"}
        counts: dict[tuple[date, str], list[int]] = {}
        for row in self._prices.values():
            number, day = row["number"], row["session_date"]
            if number in funds or day not in before_of:
                continue
            before = closes.get((number, before_of[day]))
            change = 0.0 if not before else row["adjusted_close"] / before - 1
            change = 0.0 if abs(change) < NEAR else change
            some = counts.setdefault((day, row["series"]), [0, 0, 0])
            some[0] += 1
            some[1] += change > 0
            some[2] += change < 0
        ours = {
            (row["session_date"], row["series"]): [
                row["securities"],
                row["advances"],
                row["declines"],
            ]
            for row in found.to_pylist()
            if row["series"] != "N1" and row["session_date"] in before_of
        }
        return ours != counts

    # moves that do not fit, which the exchange has none of

    def _corporate_action_suspects_differ(self, _: pa.Table) -> bool:
        job = JOBS[t.CORPORATE_ACTION_SUSPECTS.path]
        assert isinstance(job, SparkJob)
        listed, session = date(2024, 10, 1), date(2024, 10, 28)
        adjusted_rows, spells = [], []
        for number, (opened, factor, actions, _) in enumerate(SUSPECTS):
            security = {"symbol": f"S{number}", "series": "EQ", "instrument_id": f"S{number}"}
            row = {"previous_close": 100.0, "open": opened, "shares": 1}
            told = security | row | {"factor": factor, "actions": actions}
            adjusted_rows += [told | {"session_date": day} for day in (listed, session)]
            spells.append(security | {"valid_from": listed, "valid_to": session})
        found = job.transform(
            self._frames.of(t.EQUITIES_ADJUSTED, adjusted_rows),
            self._frames.of(t.INSTRUMENTS, spells),
        )
        rows = conform(found, t.CORPORATE_ACTION_SUSPECTS).toArrow().to_pylist()
        ours = {(row["symbol"], row["session_date"]): row["class"] for row in rows}
        return ours != {
            (f"S{number}", session): expected
            for number, (*_, expected) in enumerate(SUSPECTS)
            if expected
        }


# Open over a previous close of 100, factor, actions, and what does not fit.
SUSPECTS = (
    (99.0, 1.0, None, None),
    (50.3, 1.0, None, MOVE_WITHOUT_ACTION),
    (150.0, 1.0, None, MOVE_WITHOUT_ACTION),
    (79.0, 1.0, None, None),
    (50.3, 1.0, "demerger", None),
    (50.3, 0.5, "bonus", None),
    (99.0, 0.5, "bonus", ACTION_WITHOUT_MOVE),
    (25.0, 0.5, "bonus", MOVE_BEYOND_ACTION),
    (99.0, 0.97, "rights", None),
    (99.0, None, "rights", FACTOR_UNKNOWN),
)


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= NEAR * max(1.0, abs(other))


def _in_order(rows: pa.Table) -> list[Row]:
    return sorted(rows.to_pylist(), key=lambda row: str(sorted(row.items())))
