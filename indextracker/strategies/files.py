"""Collections of people's own price files as universes of strategies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from indextracker.lake import Lake, scratch
from indextracker.reader import Lakehouse
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
        return lake.keys(self.table)

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

    def bars(
        self,
        lakehouse: Lakehouse,
        name: str,
        ticker: str,
        span: tuple[date, date],
        *,
        adjusted: bool,
    ) -> pa.Table:
        """As of every universe; of several rows of one time that counts which a run has."""
        first, last = span
        rows = lakehouse.prices(name, ticker, first=first, last=last).rows
        factor = "case when close > 0 then coalesce(adj_close / close, 1) else 1 end"
        prices = ", ".join(
            f"{price} * {factor} as {price}" if adjusted else price for price in _PRICES
        )
        with scratch.catalog() as connection:
            connection.register("found", rows)
            return connection.sql(
                f'select "at", {prices} from found qualify row_number() over '
                '(partition by "at" order by file desc, line desc) = 1 order by "at"'
            ).to_arrow_table()

    def _read(self, lake: Lake, name: str) -> dict[str, object]:
        """The version, and a digest of which documents the rows are from, and since when.

        By the times of loading a document counts as another one where it was loaded again, such as
        by a corrected layout; by its rows, where a load was killed before it had noted them.
        """
        tables = (self.table, f.FILE_DOCUMENTS)
        with lake.sql(tables, {self.table.timeline: [name]}) as connection:
            found = connection.execute(
                "with there as ("
                f"select document, count(*) as rows from {self.table.name} group by 1"
                "), loaded as ("
                f"select document, max(loaded_at) as since from {f.FILE_DOCUMENTS.name}"
                f" where {self.table.key_column} = ? group by 1"
                ") select document, rows, since from there left join loaded using (document)"
                " order by document",
                [name],
            ).fetchall()
        digest = hashlib.sha256(str(found).encode()).hexdigest()[:16]
        return {"version": lake.open(self.table).version(), "digest": digest}

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
