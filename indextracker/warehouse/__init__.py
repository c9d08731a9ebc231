"""The warehouse: plain tables of schema `raw`, loaded slice by slice from the lake.

What is built upon them, the marts, is dbt's work.
"""

from indextracker.warehouse.duckdb import DuckDBWarehouse, WarehouseMissingError

__all__ = ["DuckDBWarehouse", "WarehouseMissingError"]
