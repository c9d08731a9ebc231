"""Articles of the news, by ticker, symbol or topic."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import scratch
from indextracker.reader.model import Articles
from indextracker.reader.names import known
from indextracker.reader.spans import Span
from indextracker.reader.tables import Tables
from indextracker_catalogue import Table

_OF_ARTICLE = ("hour", "article_id")


def articles(
    tables: Tables,
    declared: Articles,
    s: Span,
    ticker: str | None,
    symbol: str | None,
    topic: str | None,
) -> pa.Table:
    """Rows as of `Lakehouse.news`.

    Raises:
        UnknownNameError: No article ever had such a ticker, symbol or topic.
    """
    asked: list[tuple[Table, str, dict[str, str]]] = [
        (table, prefix, given)
        for table, prefix, names in (
            (declared.tickers, "ticker", {"ticker": ticker, "symbol": symbol}),
            (declared.topics, "topic", {"topic": topic}),
        )
        if (given := {column: value for column, value in names.items() if value is not None})
    ]
    columns, joins = ["found.*"], []
    with scratch.catalog() as connection:
        connection.register("found", tables.read(declared.articles, s.keys, _within(s)))
        for table, prefix, given in asked:
            rows = tables.read(table, s.keys)
            for column, value in given.items():
                rows = rows.filter(pc.field(column) == _known(tables, table, rows, column, value))
            connection.register(prefix, rows)
            joins.append(f"join {prefix} using (article_id)")
            own = [name for name in rows.column_names if name not in _OF_ARTICLE]
            columns += [f"{prefix}.{name} as {_called(prefix, name)}" for name in own]
        return connection.sql(
            f"select {', '.join(columns)} from found {' '.join(joins)} "
            "order by found.published_at, found.article_id"
        ).to_arrow_table()


def _known(tables: Tables, table: Table, rows: pa.Table, column: str, value: str) -> str:
    """The name as it is written: in these rows, else in any that there are."""
    here = {str(name) for name in rows[column].unique().to_pylist() if name is not None}
    if value not in here:
        every = tables.read(table, None, None, [column])[column].unique().to_pylist()
        here |= {str(name) for name in every if name is not None}
    return known(value, here, column)


def _called(prefix: str, name: str) -> str:
    """What a column is called beside those of articles: `ticker_sentiment_score`."""
    return name if name in (prefix, "symbol") else f"{prefix}_{name}"


def _within(s: Span) -> pc.Expression | None:
    kind = pa.timestamp("us", tz="UTC")
    found = None
    if s.begin is not None:
        found = pc.field("published_at") >= pa.scalar(s.begin, kind)
    if s.end is not None:
        before = pc.field("published_at") < pa.scalar(s.end, kind)
        found = before if found is None else found & before
    return found
