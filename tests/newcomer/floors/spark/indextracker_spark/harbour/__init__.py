"""What is made of the harbour's documents."""

from indextracker_catalogue.harbour import (
    HARBOUR_AUCTIONS,
    HARBOUR_AVERAGES,
    HARBOUR_BERTHS,
    HARBOUR_GAUGES,
    HARBOUR_PRICES,
    HARBOUR_TIDES,
)
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.job import Input
from indextracker_spark.job import SparkJob

LOOK_BACK = 5


def prices(auctions: DataFrame) -> DataFrame:
    """The last price of each berth."""
    price = F.max_by(F.col("price").try_cast("double"), "line").alias("price")
    return auctions.where("text is null").groupBy("session_date", "berth").agg(price)


def averages(prices: DataFrame) -> DataFrame:
    """The mean of each session and of those before it; every berth is traded in every session."""
    of_late = Window.partitionBy("berth").orderBy("session_date").rowsBetween(-LOOK_BACK, 0)
    return prices.select("session_date", "berth", F.avg("price").over(of_late).alias("price"))


def berths(prices: DataFrame) -> DataFrame:
    """All berths, with the number of their sessions."""
    return prices.groupBy("berth").agg(F.count("*").alias("sessions"))


def tides(gauges: DataFrame) -> DataFrame:
    """The mean height of each hour."""
    return gauges.groupBy("hour").agg(F.avg(F.col("height").try_cast("double")).alias("height"))


JOBS = (
    SparkJob(HARBOUR_PRICES, (HARBOUR_AUCTIONS,), prices),
    SparkJob(HARBOUR_AVERAGES, (Input(HARBOUR_PRICES, look_back=LOOK_BACK),), averages),
    SparkJob(HARBOUR_BERTHS, (HARBOUR_PRICES,), berths),
    SparkJob(HARBOUR_TIDES, (HARBOUR_GAUGES,), tides),
)
