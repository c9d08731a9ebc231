"""The warehouse: plain tables of schema `raw`, loaded slice by slice, and dbt's runs upon them."""

from indextracker.warehouse.duckdb import DuckDBWarehouse, WarehouseMissingError

__all__ = ["DuckDBWarehouse", "WarehouseMissingError"]
