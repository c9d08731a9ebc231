"""Collections of people's own price files as universes of strategies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from indextracker.lake import Lake
from indextracker.strategies.universes import (
    DAYS_BEFORE_HISTORY,
    DAYS_PER_BAR,
    Prices,
    Span,
    Universe,
    none_in,
)
from indextracker_catalogue import Table
from indextracker_catalogue import files as f

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PRICES = ("open", "high", "low", "close")
_VALUES = (*_PRICES, "adj_close", "volume")


@dataclass(frozen=True, eq=False)
class Collections(Universe):
    """Every collection that was loaded, by the name that its owner gave to it.

    Attributes:
        table: Their prices.
    """

    table: Table = f.FILE_PRICES
    reads: tuple[Table, ...] = (f.FILE_PRICES,)

    def names(self, lake: Lake) -> list[str]:
        """The collections that have prices."""
        if not lake.exists(self.table):
            return []
        listed = pa.table(lake.open(self.table).get_add_actions(flatten=True))
        return sorted(listed[f"partition.{self.table.key_column}"].unique().to_pylist())

    def prices(self, lake: Lake, name: str, span: Span) -> Prices:
        """As of every universe; days are those of UTC."""
        begins, first, last = self._days(lake, name, span)
        return Prices(
            {self.table.path: self._read(lake, name)},
            begins,
            first,
            last,
            lambda spark: self._frame(spark, lake, name, span, begins, last),
        )

    def _read(self, lake: Lake, name: str) -> dict[str, object]:
        """The version, and a digest of the names of the files of the collection."""
        delta = lake.open(self.table)
        listed = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
        column = f"partition.{self.table.key_column}"
        files = sorted(one["path"] for one in listed if one[column] == name)
        digest = hashlib.sha256("\n".join(files).encode()).hexdigest()[:16]
        return {"version": delta.version(), "digest": digest}

    def _repeated(self, lake: Lake, name: str) -> bool:
        """Whether two rows of a collection have one ticker and time."""
        with lake.sql([self.table], {self.table.timeline: [name]}) as connection:
            found = connection.execute(
                f'select 1 from {self.table.name} group by ticker, "at" having count(*) > 1 limit 1'
            ).fetchall()
        return bool(found)

    def _days(self, lake: Lake, name: str, span: Span) -> tuple[date, date, date]:
        """The first day that is read, the first that is accounted, and the last."""
        with lake.sql([self.table], {self.table.timeline: [name]}) as connection:
            rows = self.table.name
            least, greatest = connection.execute(
                f'select min("at")::date, max("at")::date from {rows}'
            ).fetchall()[0]
            first, last = span.first or least, span.last or greatest
            if least is None or first > greatest or last < least or first > last:
                raise none_in(name, span, least, greatest)
            begins = first
            days = max(int(span.history_rows * DAYS_PER_BAR), 7)
            while span.history_rows and first > least:
                begins = first - timedelta(days=days)
                [(bars,)] = connection.execute(
                    f'select count(distinct "at") from {rows} where "at" >= ? and "at" < ?',
                    [_midnight(begins), _midnight(first)],
                ).fetchall()
                if bars >= span.history_rows or begins <= least:
                    begins -= timedelta(days=DAYS_BEFORE_HISTORY)
                    break
                days *= 2
        return max(begins, least), first, last

    def _frame(
        self, spark: SparkSession, lake: Lake, name: str, span: Span, begins: date, last: date
    ) -> DataFrame:
        from pyspark.sql import Window  # noqa: PLC0415 - slow
        from pyspark.sql import functions as F  # noqa: PLC0415

        rows = spark.read.format("delta").load(lake.path(self.table))
        rows = rows.where(self.table.keys_predicate([name]))
        rows = rows.where(F.col("at") >= F.lit(_midnight(begins)))
        rows = rows.where(F.col("at") < F.lit(_midnight(last + timedelta(days=1))))
        if self._repeated(lake, name):
            # Of several rows of one time, that of the last file, and in it of the last line. Eight
            # times as quick as the greatest of structs (Sail 0.7).
            place = Window.partitionBy("ticker", "at").orderBy(F.desc("file"), F.desc("line"))
            rows = rows.withColumn("place", F.row_number().over(place)).where("place = 1")
        bars = rows.select("ticker", "at", *_VALUES, "document", "line")
        if span.adjusted:
            factor = F.when(F.col("close") > 0, F.col("adj_close") / F.col("close"))
            kept = F.coalesce(factor, F.lit(1.0))
            bars = bars.withColumn("factor", kept)
            for price in _PRICES:
                bars = bars.withColumn(price, F.col(price) * F.col("factor"))
        if span.sectors is None:
            bars = bars.withColumn("sector", F.lit(None).cast("string"))
        else:
            listed = pa.table(
                {
                    "ticker": pa.array(list(span.sectors), pa.string()),
                    "sector": pa.array(list(span.sectors.values()), pa.string()),
                }
            )
            told = spark.createDataFrame(listed)
            bars = bars.join(F.broadcast(told), "ticker", "left")
        return bars.select(
            *("ticker", "at", *_VALUES),
            F.lit(None).cast("double").alias("dividend"),
            *("sector", "document", "line"),
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


COLLECTIONS = Collections()
