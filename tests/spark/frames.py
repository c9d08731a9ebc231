"""DataFrames of the catalogue's tables, for tests."""

from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from indextracker.building.reference_tables import REFERENCES
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import Table

TODAY = date(2026, 11, 23)  # decides how far ahead the calendar reaches


class Frames:
    """Makes DataFrames of the catalogue's tables."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark

    def of(self, table: Table, rows: list[dict[str, object]]) -> DataFrame:
        """Rows of a table; a column that a row does not have is null."""
        if not rows:
            schema = ", ".join(f"{column.name} {column.spark_type}" for column in table.columns)
            return self.spark.createDataFrame([], schema)
        nullable = pa.schema([field.with_nullable(True) for field in arrow_schema(table)])
        return self.spark.createDataFrame(pa.Table.from_pylist(rows, nullable))

    def reference(self, table: Table) -> DataFrame:
        """A table of reference data, as the lake has it."""
        return self.spark.createDataFrame(REFERENCES[table].made(TODAY))
