"""Instruments: the spells of each security in the rows of sessions, and whose they are.

Which spells are of one instrument is told by identities.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.india.terms import BESIDE_SERIES, SHARE_SERIES
from indextracker_spark.india.identities import Renaming, Spell, instrument_ids, with_isins

# The line of shares and units; any other is a series.
SHARES: Final = ""

_ROWS: Final = (
    "instrument_id string, symbol string, series string, isin string, is_own_series boolean, "
    "name string, industry string, valid_from date, valid_to date"
)


def instruments(
    daily: DataFrame, changes: DataFrame, listed: DataFrame, members: DataFrame
) -> DataFrame:
    """The rows of silver/instruments.

    A name is the newest listed one of the symbol and ISIN, else that of the renaming to the symbol.

    Args:
        daily: All rows of silver/equities_daily.
        changes: All rows of silver/symbol_changes, of which the newest list counts.
        listed: All rows of silver/listed_securities.
        members: All rows of silver/index_members.
    """
    found = with_isins(Spell(**row.asDict()) for row in spells(daily).collect())
    newest = changes.agg(F.max("session_date").alias("session_date"))
    renamed = changes.join(newest, "session_date").collect()
    renamings = [Renaming(row.old_symbol, row.new_symbol, row.changed_on) for row in renamed]
    ids = instrument_ids(found, renamings, shares=SHARES)
    of_renamings = {row.new_symbol: row.name for row in renamed}
    names = {
        (number, spell.symbol): name
        for number, spell, name in _of_spells(ids, found, _newest(listed, "name"))
    }
    industries = {
        number: industry
        for number, _, industry in _of_spells(ids, found, _newest(members, "industry"))
    }
    rows = [
        (
            *(number, s.symbol, s.series, s.isin, not s.beside),
            names.get((number, s.symbol), of_renamings.get(s.symbol)),
            *(industries.get(number), s.first_session, s.last_session),
        )
        for number, s in zip(ids, found, strict=True)
    ]
    return daily.sparkSession.createDataFrame(rows, _ROWS)


def _newest(listed: DataFrame, figure: str) -> dict[tuple[str, str], str]:
    """What the newest list that has a symbol and ISIN tells of it, the older lists first."""
    rows = listed.groupBy("symbol", "isin").agg(
        F.max("session_date").alias("day"), F.max_by(figure, "session_date").alias(figure)
    )
    ordered = sorted(rows.collect(), key=lambda row: row.day)
    return {(row.symbol, row.isin): row[figure] for row in ordered}


def _of_spells(
    ids: Iterable[str], found: Sequence[Spell], listed: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, Spell, str]]:
    """What lists tell of instruments, by their spells, in the order of the lists."""
    spells_of: dict[tuple[str, str | None], list[tuple[str, Spell]]] = defaultdict(list)
    for number, spell in zip(ids, found, strict=True):
        spells_of[spell.symbol, spell.isin].append((number, spell))
    for of, told in listed.items():
        for number, spell in spells_of[of]:
            yield number, spell, told


def spells(daily: DataFrame) -> DataFrame:
    """The times in which each security was traded under one symbol, series and ISIN, as printed.

    Args:
        daily: Rows of silver/equities_daily.

    Returns:
        The columns of `identities.Spell`; an ISIN that is not printed is one of its own.
    """
    beside = F.col("series").isin(*BESIDE_SERIES)
    # A share's own series follow each other; each that is traded beside them follows itself.
    lane = F.when(beside, F.col("series")).otherwise("")
    of_shares = F.col("series").isin(*SHARE_SERIES, *BESIDE_SERIES)
    line = F.when(of_shares, F.lit(SHARES)).otherwise(F.col("series"))
    rows = daily.select(
        "session_date", "symbol", "series", "isin", "previous_close", "close"
    ).withColumns({"beside": beside, "lane": lane, "line": line})
    own = Window.partitionBy("symbol", "lane", "line").orderBy("session_date", "series")
    called = F.concat_ws(" ", "series", F.coalesce("isin", F.lit("-")))
    begins = F.coalesce((called != F.lag(called).over(own)).cast("int"), F.lit(1))
    return (
        rows.withColumn("begins", begins)
        .withColumn("number", F.sum("begins").over(own))
        .groupBy("symbol", "lane", "line", "number")
        .agg(
            F.first("series").alias("series"),
            F.first("isin").alias("isin"),
            F.first("beside").alias("beside"),
            F.min("session_date").alias("first_session"),
            F.max("session_date").alias("last_session"),
            F.min_by("previous_close", "session_date").alias("previous_close"),
            F.max_by("close", "session_date").alias("close"),
        )
        .drop("lane", "number")
    )
