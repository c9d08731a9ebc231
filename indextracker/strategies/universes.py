"""Universes: prices that a strategy is run over, and what of the lake they are made of.

A subject declares its universes in a module of its name beside this one. One has a name of its own,
such as that of an exchange, or stands for every collection that people gave a name to.
"""

from __future__ import annotations

import hashlib
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import Lake, scratch
from indextracker.reader import Lakehouse
from indextracker.reader.names import UnknownNameError, meant
from indextracker_catalogue import SUBJECTS, Table
from indextracker_catalogue.subjects import declared

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FLOOR = "indextracker.strategies"
# Beside the bars that a strategy looks back to: what it decided last, up to a month before, is what
# it wants at the first day.
DAYS_BEFORE_HISTORY = 45
# Of daily bars, seven days have five at most; where there are fewer, more days are looked at.
DAYS_PER_BAR = 1.5

BARS = ("at", "open", "high", "low", "close")

Reads = dict[str, dict[str, object]]


class NoPricesError(LookupError):
    """A universe has no prices in the days asked for; the message says what there is."""


class CompaniesError(ValueError):
    """A file of companies cannot be read; the message says what is wrong."""


@dataclass(frozen=True)
class Span:
    """Which prices of a universe are asked for.

    Attributes:
        first: First day that is accounted; None for the first there is.
        last: Last day; None for the last there is.
        history_rows: How many bars before the first day are read too.
        adjusted: Whether prices of a collection are multiplied to agree with their adjusted close.
        sectors: The sector of each ticker, where a file of companies tells it.
    """

    first: date | None
    last: date | None
    history_rows: int = 0
    adjusted: bool = False
    sectors: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Prices:
    """Prices as they are read.

    Attributes:
        reads: By path of a table its version in the lake and a digest of the contents.
        begins: First day of the history before the first day.
        first: First day that is accounted.
        last: Last day.
        frame: Gives them as a frame of a session of Spark.
    """

    reads: Reads
    begins: date
    first: date
    last: date
    frame: Callable[[SparkSession], DataFrame]


class Universe(ABC):
    """Where prices come from."""

    reads: tuple[Table, ...]

    @abstractmethod
    def names(self, lake: Lake) -> list[str]:
        """What it is called by; of collections, those that there are."""

    @abstractmethod
    def prices(self, lake: Lake, name: str, span: Span) -> Prices:
        """The prices of a name.

        Raises:
            NoPricesError: There are none in these days.
        """

    @abstractmethod
    def bars(
        self,
        lakehouse: Lakehouse,
        name: str,
        ticker: str,
        span: tuple[date, date],
        *,
        adjusted: bool,
    ) -> pa.Table:
        """The bars of a ticker, as a run up to the last day has them.

        Args:
            lakehouse: Gives them.
            name: What the universe is called.
            ticker: As a run has it.
            span: The first day, and the last one of the run.
            adjusted: As of `Span`.

        Returns:
            `at`, `open`, `high`, `low`, `close`, by time.

        Raises:
            LookupError: There is no such ticker, or none in these days.
        """


@dataclass(frozen=True, eq=False)
class OfReader(Universe):
    """Prices that the reader gives: so few that they are in memory as a whole.

    Attributes:
        name: What the universe is called.
        table: The table whose days tell which prices there are.
        reads: All that they are made of.
        rows: Gives, from the first day to the last, rows with the columns of a strategy's prices,
            of all tickers or of one.
    """

    name: str
    table: Table
    reads: tuple[Table, ...]
    rows: Callable[[Lakehouse, date, date, str | None], pa.Table]

    def names(self, lake: Lake) -> list[str]:
        """Its name, where the lake has its prices."""
        return [self.name] if lake.exists(self.table) else []

    def prices(self, lake: Lake, name: str, span: Span) -> Prices:
        """As of every universe."""
        days = self._days(lake)
        wanted = [d for d in days if (span.first or d) <= d <= (span.last or d)]
        if not wanted:
            raise none_in(name, span, days[0] if days else None, days[-1] if days else None)
        begins = _history(span, days) if span.first else wanted[0]
        lakehouse = Lakehouse(lake.root)
        with warnings.catch_warnings():
            # What is missing before the first day is no part of what is asked for.
            warnings.simplefilter("ignore")
            rows = _columns(self.rows(lakehouse, begins, wanted[-1], None), span.sectors)
        there = {table.path for table in self.reads if lake.exists(table)}
        digest = content(rows)
        return Prices(
            {
                table.path: {"version": lake.open(table).version(), "digest": digest}
                for table in self.reads
                if table.path in there
            },
            begins,
            span.first or wanted[0],
            span.last or wanted[-1],
            lambda spark: spark.createDataFrame(rows),
        )

    def bars(
        self,
        lakehouse: Lakehouse,
        name: str,
        ticker: str,
        span: tuple[date, date],
        *,
        adjusted: bool,
    ) -> pa.Table:
        """As of every universe; they are adjusted, whatever is asked."""
        del name, adjusted
        with warnings.catch_warnings():
            # What is missing the run has told.
            warnings.simplefilter("ignore")
            rows = self.rows(lakehouse, *span, ticker)
        found = rows.filter(pc.field("ticker") == ticker)
        return found.select(BARS).sort_by("at")

    def _days(self, lake: Lake) -> list[date]:
        column = self.table.key_column
        with lake.sql([self.table]) as connection:
            found = connection.execute(
                f"select distinct {column}::date from {self.table.name} order by 1"
            ).fetchall()
        return [day for (day,) in found]


def _history(span: Span, days: list[date]) -> date:
    """The day from which the bars before the first day are read."""
    before = [day for day in days if span.first and day < span.first]
    if not before or not span.history_rows:
        return span.first or days[0]
    counted = before[-min(span.history_rows, len(before))]
    return max(before[0], counted - timedelta(days=DAYS_BEFORE_HISTORY))


def _columns(rows: pa.Table, sectors: Mapping[str, str] | None) -> pa.Table:
    """The rows with the sectors of a file of companies, where there is one."""
    if sectors is None:
        return rows
    place = rows.column_names.index("sector")
    told = pa.array([sectors.get(ticker) for ticker in rows["ticker"].to_pylist()], pa.string())
    return rows.set_column(place, "sector", told)


def content(rows: pa.Table) -> str:
    """A digest of rows that does not depend on their order."""
    with scratch.catalog() as connection:
        connection.register("found", rows)
        counted = connection.execute(
            "select count(*), coalesce(sum(hash(found)::hugeint), 0)::varchar from found"
        ).fetchall()
    return hashlib.sha256(str(counted).encode()).hexdigest()[:16]


def none_in(name: str, span: Span, first: date | None, last: date | None) -> NoPricesError:
    """The error of a universe without prices in some days."""
    if first is None:
        return NoPricesError(f"{name} has no prices at all")
    asked = f"{span.first or 'the beginning'} to {span.last or 'the end'}"
    return NoPricesError(f"{name} has no prices from {asked}: there are those of {first} to {last}")


def universes() -> list[Universe]:
    """The universes that subjects declare."""
    # mypy wants a class that can be made; `declared` only asks what is one of it.
    found = (declared(FLOOR, subject, Universe) for subject in SUBJECTS)  # type: ignore[type-abstract]
    return [universe for of_subject in found for universe in of_subject]


def find(lake: Lake, name: str) -> Universe:
    """The universe of a name.

    Raises:
        UnknownNameError: There is none; it says which may be meant.
    """
    named = {one: universe for universe in universes() for one in universe.names(lake)}
    if name not in named:
        raise UnknownNameError(
            f"there are no prices called {name!r}{meant(name, named)}; `indextracker files load` "
            "makes a collection of price files, `indextracker backfill` gets those of exchanges"
        )
    return named[name]


def of_name(name: str) -> Universe:
    """The universe that a name is one of, whether it has any prices yet or not."""
    every = universes()
    named = next((one for one in every if isinstance(one, OfReader) and one.name == name), None)
    return named or next(one for one in every if not isinstance(one, OfReader))


def sectors_of(companies: Path) -> dict[str, str]:
    """The sector of each ticker, from a CSV file with these two columns among others.

    Lines that repeat the header, and sectors written as N/A, are known to be in such files.

    Raises:
        CompaniesError: It cannot be read, or has no such columns.
    """
    with scratch.catalog() as connection:
        try:
            connection.execute(
                "create temp table companies as select * from read_csv(?, all_varchar = true,"
                " header = true)",
                [str(companies)],
            )
            found = connection.execute(
                "select ticker, min(trim(sector)) from companies"
                " where lower(trim(sector)) not in ('', 'n/a', 'sector') group by ticker"
            ).fetchall()
        except duckdb.BinderException as error:
            raise CompaniesError(
                f"{companies} has no columns `ticker` and `sector`: a line is a company"
            ) from error
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise CompaniesError(f"{companies} cannot be read as CSV: {first}") from error
    return dict(found)
