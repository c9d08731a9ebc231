"""Days are numbered by arithmetic as the calendar numbers them."""

from datetime import date, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from indextracker_spark.taiwan.clock import day_number

FIRST, LAST = date(1583, 1, 1), date(2999, 12, 31)
EPOCH = date(1970, 1, 1).toordinal()


def test_a_day_has_the_number_that_the_calendar_gives_it(spark: SparkSession) -> None:
    days = spark.range(FIRST.toordinal() - EPOCH, LAST.toordinal() - EPOCH + 1).select(
        "id", F.date_from_unix_date(F.col("id").cast("int")).alias("day")
    )
    written = 10_000 * F.year("day") + 100 * F.month("day") + F.dayofmonth("day")
    numbered = days.withColumn("number", day_number(written.cast("bigint")))
    assert numbered.count() == (LAST - FIRST) // timedelta(days=1) + 1
    assert numbered.where("number is null or number <> id").count() == 0


def test_what_is_no_day_stops_nothing(spark: SparkSession) -> None:
    written = [0, -1, 20240231, 20241332, 99999999, 2**31 - 1, -(2**31), None]
    rows = spark.createDataFrame([(number,) for number in written], "number bigint")
    [*found] = rows.select(day_number(F.col("number")).alias("day")).collect()
    assert [row["day"] is None for row in found] == [number is None for number in written]
