"""What a subject declares for the reader: the tables of its instruments, and what tells them apart.

Each subject has a module of its name beside this one, in which the reader finds its declarations.
Reading tables does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from indextracker_catalogue import Table

# What bars have besides prices, sums and counts.
_OPEN, _DECIMAL, _COUNT = "open", "decimal", "bigint"


@dataclass(frozen=True)
class Names:
    """A column that holds names of instruments.

    Attributes:
        table: Its table.
        column: The column.
        only: Column and value of the rows that count, where not all do.
    """

    table: Table
    column: str
    only: tuple[str, str] | None = None


@dataclass(frozen=True)
class Measures:
    """What the columns of a table of bars say, by which coarser bars follow from them.

    Attributes:
        keys: Columns of the instrument and the part of its session.
        totals: Counts, which add up; the last one counts printed rows.
        sums: Exact sums, which add up.
        weight: The count by which mean and std are weighted.
        price_sum: The sum from which the mean follows.
        square_sum: The sum from which, with the mean's, the std follows.
        volume: The count that weighs the vwap; none where there is no vwap.
    """

    keys: tuple[str, ...]
    totals: tuple[str, ...]
    sums: tuple[str, ...]
    weight: str
    price_sum: str
    square_sum: str
    volume: str | None

    @classmethod
    def of(cls, table: Table) -> Measures:
        """The measures of a table of bars, told by the names and types of its columns."""
        types = {column.name: column.type for column in table.columns}
        keys = tuple(
            name for name in table.key if name not in ("session_date", "scale_minutes", "bar_start")
        )
        after = table.column_names[table.column_names.index(_OPEN) :]
        sums = tuple(name for name in after if types[name].startswith(_DECIMAL))
        totals = tuple(name for name in after if types[name] == _COUNT)
        plain = {name: f"price_{name}_sum" for name in totals}
        volume = next((name for name, sum_of in plain.items() if sum_of in sums), None)
        if "price_sum" in sums:
            return cls(keys, totals, sums, totals[-1], "price_sum", "price_square_sum", volume)
        if volume is None:
            raise ValueError(f"{table.path} carries no sums of prices")
        square = f"price_square_{volume}_sum"
        return cls(keys, totals, sums, volume, plain[volume], square, None)


@dataclass(frozen=True, eq=False)
class Kind:
    """Instruments of one kind, such as futures.

    Attributes:
        name: Its name, for messages.
        names: Where the names of its instruments stand.
        instrument: Column of the name in the tables below.
        bars: Their bars.
        sessions: The same figures per part of a session.
        trades: What was printed.
        at: Column of the instant in `trades`.
        contract: Columns that tell contracts of one instrument apart by their expiries: none,
            one, or two of a spread.
        codes: Table of the expire codes of contracts by session; none without contracts.
        terms: Table of the published terms of products: underlying, hours, rule of expiries.
        expiries: Table of the dates that the rules give to expiries.
        continuous: Table of the contracts that are in the positions of continuous futures.
    """

    name: str
    names: tuple[Names, ...]
    instrument: str
    bars: Table
    sessions: Table
    trades: Table
    at: str
    contract: tuple[str, ...] = ()
    codes: Table | None = None
    terms: Table | None = None
    expiries: Table | None = None
    continuous: Table | None = None

    @property
    def has_night(self) -> bool:
        """Whether its bars tell the night from the day."""
        return "session_part" in self.bars.column_names

    @property
    def is_spread(self) -> bool:
        """Whether its contracts have two legs."""
        return len(self.contract) > 1

    @property
    def has_strikes(self) -> bool:
        """Whether its contracts have strikes."""
        return "strike" in self.bars.column_names

    @cached_property
    def measures(self) -> Measures:
        """What its bars carry."""
        return Measures.of(self.bars)


@dataclass(frozen=True, eq=False)
class Chains:
    """Options of a session, by series.

    Attributes:
        options: The kind.
        report: The exchange's own figures: settlement price and open interest.
    """

    options: Kind
    report: Table


@dataclass(frozen=True, eq=False)
class Equities:
    """Shares and other securities, by their end of day.

    Attributes:
        daily: Their figures as published.
        factors: What corporate actions leave of earlier prices, by session.
        instruments: The spells of each instrument under its symbols and series.
    """

    daily: Table
    factors: Table
    instruments: Table


@dataclass(frozen=True, eq=False)
class Articles:
    """Articles.

    Attributes:
        articles: One row an article.
        tickers: The tickers of each.
        topics: The topics of each.
    """

    articles: Table
    tickers: Table
    topics: Table


@dataclass(frozen=True, eq=False)
class Collections:
    """Prices in collections of files.

    Attributes:
        prices: A row per instrument, time and line of a file.
    """

    prices: Table


@dataclass(frozen=True, eq=False)
class Figures:
    """What is computed of markets, and is asked for by name.

    Attributes:
        tables: The tables, by name.
    """

    tables: Mapping[str, Table]
