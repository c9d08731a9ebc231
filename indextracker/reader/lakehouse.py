"""The front door for researchers: what is in the lake, as frames, by the names of the field.

It writes nothing, and works while a run writes: each call reads one version of each table. Which
instruments there are is declared by the subjects in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from indextracker import calendars
from indextracker.reader import asking
from indextracker.reader.bars_and_trades import Markets
from indextracker.reader.closures import Closures
from indextracker.reader.derived import Derived
from indextracker.reader.frames import Frame, all_gaps
from indextracker.reader.gaps import gaps
from indextracker.reader.instruments import Instruments
from indextracker.reader.model import Articles, Chains, Collections, Equities, Figures, Kind
from indextracker.reader.moments import Moment
from indextracker.reader.names import known
from indextracker.reader.opening import opened
from indextracker.reader.provenance import Provenance
from indextracker.reader.spans import Day, Span, day_of, instant_of
from indextracker.reader.tables import Tables, having, keys_in
from indextracker_catalogue import SUBJECTS, TABLES, Sessions, Table
from indextracker_catalogue.subjects import declared

FLOOR = "indextracker.reader"

D = TypeVar("D")


def _now() -> datetime:
    return datetime.now(UTC)


def _ordered(rows: pa.Table, table: Table) -> pa.Table:
    return rows.sort_by([(column, "ascending") for column in table.key])


def _declared(kind: type[D]) -> list[D]:
    return [found for subject in SUBJECTS for found in declared(FLOOR, subject, kind)]


class Lakehouse(Instruments, Derived, Provenance):
    """The data of one world, simulated or real, to be read.

    Sessions are named by `first` and `last`, both inclusive, each a `date` or text as `2024-12-16`;
    or by `sessions`, a number of them up to `last`, or a list of days. With aware datetimes, or
    text with an offset (`2024-12-16T09:00+08:00`), they are instants, and rows count from the first
    to before the last. A span without an end reaches up to today; without anything, it is the
    newest session that is there. A session that is asked for and has no rows is told by a
    `MissingSessionsWarning`, and with its reason in the frame's `missing`.

    Args:
        place: Folder or `s3://bucket/prefix` of the lake; by default what the settings name.
        warehouse: DuckDB file of the warehouse, for `sql(..., of="warehouse")`; by default what
            the settings name, or `warehouse.duckdb` beside the lake.
        clock: The present.
        as_of: The instant at which all is read, as of the method of that name.

    Raises:
        LakehouseMissingError: There is no lakehouse at the place.
        SettingsError: The settings cannot be used.
    """

    def __init__(
        self,
        place: str | Path | None = None,
        *,
        warehouse: str | Path | None = None,
        clock: Callable[[], datetime] = _now,
        as_of: datetime | str | None = None,
    ) -> None:
        self._opened = opened(place, warehouse)
        self._clock = clock
        then = None if as_of is None else instant_of(as_of)
        self._tables = Tables(self._opened.lake, then)
        self._closures = Closures(self._tables)
        self._markets = Markets(self._tables, _declared(Kind), _declared(Chains), clock)

    def __repr__(self) -> str:
        as_of = self._tables.as_of
        then = f" as of {as_of:%Y-%m-%d %H:%M:%S} UTC" if as_of else ""
        return f"<Lakehouse {self.place}, {self.world} data{then}>"

    @property
    def place(self) -> str:
        """Folder or s3 prefix of the lake."""
        return self._opened.lake.root

    @property
    def world(self) -> str:
        """`simulated` or `real`."""
        return self._opened.lake.world

    def as_of(self, moment: datetime | str) -> Lakehouse:
        """The same lakehouse as it was at an instant.

        Every call of it reads the version of a table that was current then. States and reasons of
        what is missing are those of today.

        Args:
            moment: An aware datetime, or text with an offset.

        Raises:
            ValueError: It is no instant.
        """
        return Lakehouse(self.place, clock=self._clock, as_of=moment)

    def edition(self) -> str:
        """What tells apart the lake before and after a run, or a restore, at the cost of a look.

        Returns:
            A text that is another one once anything was acquired, built or taken back.
        """
        return self._tables.edition()

    def sessions(
        self, exchange: str | None = None, *, first: Day | None = None, last: Day | None = None
    ) -> Frame:
        """The trading sessions of an exchange, without days that were found to be closed.

        Args:
            exchange: Its code by ISO 10383, such as `XTAI`; by default that of the first subject.
            first: First day; by default the beginning of the calendar.
            last: Last day; by default today.

        Returns:
            A frame with exchange, session_date, opened_at and closed_at of the cash market
            (timestamps in UTC) and previous_session_date, as `silver/sessions` has them.

        Raises:
            UnknownNameError: There is no such exchange.
            ValueError: A day is outside of the calendar.
        """
        default = next(
            s.timeline.exchange for s in SUBJECTS.values() if isinstance(s.timeline, Sessions)
        )
        code = known(exchange or default, tuple(calendars.EXCHANGES), "exchange")
        days = calendars.trading_days(code)
        gone = {date.fromisoformat(key) for key in self._closures.of(Sessions(code))}
        begin = days.start if first is None else day_of(first)
        end = self._clock().astimezone(days.timezone).date() if last is None else day_of(last)
        every = [day for day in days.sessions(days.start, end) if day not in gone]
        before = dict(zip(every[1:], every, strict=False))
        found = [day for day in every if day >= begin]
        return Frame(
            pa.table(
                {
                    "exchange": pa.array([code] * len(found), pa.string()),
                    "session_date": pa.array(found, pa.date32()),
                    "opened_at": pa.array(map(days.opening, found), pa.timestamp("us", "UTC")),
                    "closed_at": pa.array(map(days.closing, found), pa.timestamp("us", "UTC")),
                    "previous_session_date": pa.array(map(before.get, found), pa.date32()),
                }
            )
        )

    def equities(
        self,
        symbols: str | Iterable[str] = (),
        *,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
        series: str | None = None,
        adjusted: Day | None = None,
    ) -> Frame:
        """The end of day of securities, as published or adjusted for corporate actions.

        Args:
            symbols: Symbols, of today or earlier: an instrument comes with all that it ever had.
                By default all securities.
            first: First session.
            last: Last session.
            sessions: So many sessions up to `last`, or a list of days.
            series: A series, such as `EQ`; by default all.
            adjusted: The date as of which prices are adjusted: by the splits, bonuses and rights
                issues up to it, and by none after it. By default prices are as published.

        Returns:
            A frame with the columns of `silver/equities_daily` (prices in INR), `instrument_id` and
            `adjustment`: what prices were multiplied by; null as published, and with null prices
            where a factor is not known. Shares and turnover are as published in any case. Sessions
            up to the date of the adjustment whose actions are not known are missing too.

        Raises:
            UnknownNameError: No instrument ever had a symbol; it says which may be meant.
            NoSessionError: The span holds no session.
            ValueError: The span reaches beyond the date of the adjustment.
        """
        from indextracker.reader.equities import end_of_day  # noqa: PLC0415

        [declared_of] = _declared(Equities)
        asked = [symbols] if isinstance(symbols, str) else list(symbols)
        table = declared_of.daily
        chosen = self._markets.span(table, first, last, sessions)
        as_of = None if adjusted is None else day_of(adjusted)
        if as_of is not None and table.timeline.day_of(chosen.keys[-1]) > as_of:
            raise ValueError(
                f"prices as of {as_of} end there, and the span with {chosen.keys[-1]}: "
                "give an earlier `last` or a later `adjusted`"
            )
        rows = end_of_day(self._tables, declared_of, chosen.keys, asked, series, as_of)
        frame = self._frame(rows, table, chosen, ", ".join(asked) or "any security")
        if as_of is None:
            return frame
        # A factor that is missing of any session up to the date would leave prices unadjusted.
        factors = declared_of.factors
        through = self._markets.span(factors, table.timeline.day_of(chosen.keys[0]), as_of, None)
        there = self._tables.read(factors, through.keys, None, [factors.key_column])
        untold = self._frame(there, factors, through, "any factor").gaps
        return Frame(frame.rows, all_gaps((frame.gaps, untold)))

    def news(
        self,
        *,
        first: Day | None = None,
        last: Day | None = None,
        ticker: str | None = None,
        symbol: str | None = None,
        topic: str | None = None,
    ) -> Frame:
        """Articles with their sentiment.

        Args:
            first: First day in UTC, or first instant.
            last: Last day in UTC, or the instant after the last.
            ticker: The vendor's ticker, such as `INFY` of New York or `CRYPTO:BTC`.
            symbol: NSE's symbol of a company.
            topic: The vendor's topic, such as `Earnings`.

        Returns:
            A frame with the columns of `silver/news_articles`, a row an article, by the time of
            publication. With a ticker or a symbol also `ticker`, `symbol`, and how much the article
            is about it: `ticker_relevance_score`, `ticker_sentiment_score`,
            `ticker_sentiment_label`; with a topic `topic` and `topic_relevance_score`. `missing`
            counts hours.

        Raises:
            UnknownNameError: No article ever had it; it says which may be meant.
        """
        from indextracker.reader.articles import articles  # noqa: PLC0415

        [declared_of] = _declared(Articles)
        chosen = self._markets.span(declared_of.articles, first, last, None)
        rows = articles(self._tables, declared_of, chosen, ticker, symbol, topic)
        what = " ".join(filter(None, (ticker, symbol, topic))) or "any article"
        return self._frame(rows, declared_of.articles, chosen, what)

    def prices(
        self,
        collection: str,
        tickers: str | Iterable[str] = (),
        *,
        first: Day | None = None,
        last: Day | None = None,
    ) -> Frame:
        """Prices of a collection of price files, as the files have them.

        Args:
            collection: Its name.
            tickers: Tickers, as the files write them; by default all.
            first: First day in UTC; by default the first there is.
            last: Last day in UTC; by default the last there is.

        Returns:
            A frame with the columns of `silver/file_prices`, by ticker and time.

        Raises:
            UnknownNameError: There is no such collection, or no such ticker in it.
            ValueError: It is no day.
        """
        from indextracker.reader.collections import prices  # noqa: PLC0415

        [declared_of] = _declared(Collections)
        asked = [tickers] if isinstance(tickers, str) else list(tickers)
        days = tuple(None if day is None else day_of(day) for day in (first, last))
        return Frame(prices(self._tables, declared_of, collection, asked, *days))

    def table(
        self,
        path: str,
        *,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
        columns: Iterable[str] | None = None,
        where: Mapping[str, object] | None = None,
    ) -> Frame:
        """Rows of any table of the lake, in no order.

        Args:
            path: Layer and name, such as `gold/futures_bars`.
            first: First day; of a table in one piece, or of collections and runs, there is none.
            last: Last day.
            sessions: So many sessions up to `last`, or a list of days.
            columns: Which columns; by default all.
            where: Which rows: a value, or a list of values, by column.

        Returns:
            A frame as the data dictionary describes the table.

        Raises:
            UnknownNameError: There is no such table or column.
            ValueError: A value is none of its column.
            NoSessionError: The span holds no session.
            LookupError: The lake does not have the table, or did not at that instant.
        """
        table = TABLES[known(path.replace(".", "/"), tuple(TABLES), "table")]
        chosen = list(table.column_names if columns is None else columns)
        chosen = [known(name, table.column_names, "column", table.path) for name in chosen]
        rows_of = having(table, where or {})
        if table.is_whole or not table.timeline.is_dated:
            named = (where or {}).get(table.key_column)
            keys = [named] if isinstance(named, str) else None
            return Frame(self._tables.read(table, keys, rows_of, chosen))
        s = self._markets.span(table, first, last, sessions)
        needed = dict.fromkeys((*chosen, table.key_column))
        rows = self._tables.read(table, s.keys, rows_of, needed)
        what = ", ".join(f"{name} {value}" for name, value in (where or {}).items())
        frame = self._frame(rows, table, s, what or "this table")
        return Frame(frame.rows.select(chosen), frame.gaps)

    def analytic(
        self,
        name: str,
        *,
        at: datetime | str | None = None,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
        **of: object,
    ) -> Frame:
        """What is computed of markets: basis, flow, volatilities, smiles, leads, forecasts.

        Each is a table of gold with its own page under `docs/analytics`: `basis`, `etf_deviation`,
        `continuous_futures`, `futures_rolls`, `option_flow`, `option_flow_expiries`,
        `implied_volatility`, `volatility_smiles`, `volatility_index`, `realised_volatility`,
        `volatility_forecasts`, `lead_lag`, `lead_lag_correlations`, `forecasts`, `forecast_values`,
        `forecast_features`, `market_days`, `market_correlations`.

        Args:
            name: One of these.
            at: An instant: the newest row of each series that was known then, in its session. A
                bar is known at its end.
            first: First session.
            last: Last session.
            sessions: So many sessions up to `last`, or a list of days.
            **of: Values of columns of its key, such as `product="TX"`, each one or a list.

        Returns:
            A frame as the data dictionary describes the table, with rows in the order of its key.

        Raises:
            UnknownNameError: There is none of that name, or no such column in its key.
            ValueError: A value is none of its column, `at` is no instant, its rows are of no
                instants, or a span is given with it.
            NoSessionError: The span holds no session.
            LookupError: The lake does not have the table, or did not at that instant.
        """
        tables = {key: one for each in _declared(Figures) for key, one in each.tables.items()}
        table = tables[known(name, tuple(tables), "analytic")]
        where = {known(key, table.key, "column", f"the key of {name}"): of[key] for key in of}
        if at is None:
            frame = self.table(table.path, first=first, last=last, sessions=sessions, where=where)
            return Frame(_ordered(frame.rows, table), frame.gaps)
        if (first, last, sessions) != (None, None, None):
            raise ValueError("`at` names its session: give no span with it")
        moment = Moment(table, instant_of(at))
        keys = moment.keys()
        rows = moment.newest(self._tables.read(table, keys, having(table, where)))
        key = next(iter(keys_in(rows, table)), keys[0])
        return self._frame(_ordered(rows, table), table, Span([key], [key]), f"{name} by then")

    def sql(
        self,
        statement: str,
        values: Mapping[str, str] | None = None,
        *,
        of: str = "lake",
        rows: int | None = None,
    ) -> Frame:
        """The answer of one statement that only reads.

        Args:
            statement: SQL of DuckDB. Tables of the lake are named `gold.futures_bars`, those of the
                warehouse `index_history`.
            values: What parameters of the statement stand for: `$name` is the value of `name`.
            of: `lake`, or `warehouse` for what dbt has built.
            rows: How many rows are read at most; by default all.

        Raises:
            QuestionError: It cannot be asked or answered; it says why.
            LookupError: A table is not there, or was not at that instant.
            WarehouseMissingError: Nothing is published yet.
        """
        if known(of, ("lake", "warehouse"), "place to ask") == "lake":
            return Frame(asking.ask_lake(self._tables, statement, values, rows))
        if self._tables.as_of is not None:
            raise ValueError("the warehouse has no earlier versions: ask the lake")
        return Frame(asking.ask_warehouse(self._opened.warehouse(), statement, values, rows))

    def _frame(self, rows: pa.Table, table: Table, chosen: Span, what: str) -> Frame:
        found = keys_in(rows, table)
        return Frame(rows, gaps(self._tables, table, chosen, found, self._clock(), what))
