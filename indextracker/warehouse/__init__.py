"""The warehouse: plain tables of schema `raw`, loaded slice by slice, and dbt's runs on them."""

from indextracker.settings import Settings
from indextracker.warehouse.duckdb import DuckDBWarehouse
from indextracker.warehouse.protocol import (
    Connection,
    Warehouse,
    WarehouseError,
    WarehouseMissingError,
)

__all__ = [
    "Connection",
    "DuckDBWarehouse",
    "Warehouse",
    "WarehouseError",
    "WarehouseMissingError",
    "warehouse",
]


def warehouse(settings: Settings) -> Warehouse:
    """The warehouse that the settings name. Nothing is opened before it is used."""
    if settings.warehouse.on_cluster:
        from indextracker.warehouse.redshift import RedshiftWarehouse  # noqa: PLC0415 - AWS is slow

        return RedshiftWarehouse(settings)
    return DuckDBWarehouse(settings.warehouse.address, settings.warehouse.private, settings.world)
