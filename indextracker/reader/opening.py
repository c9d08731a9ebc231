"""Opens a lakehouse by its place: a folder, a prefix of a bucket, or what the settings name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from indextracker.lake import Lake
from indextracker.system import places

if TYPE_CHECKING:
    from indextracker.warehouse import Warehouse

_MARK = "world"
_INSIDE = "lake"


class LakehouseMissingError(FileNotFoundError):
    """There is no lakehouse at a place; the message says where one may be."""


@dataclass(frozen=True)
class Opened:
    """What is read.

    Attributes:
        lake: The lake.
        warehouse: Gives the warehouse, when it is first needed.
    """

    lake: Lake
    warehouse: Callable[[], Warehouse]


def opened(place: str | Path | None, warehouse: str | Path | None) -> Opened:
    """The lakehouse at a place.

    Args:
        place: Folder or s3 prefix of the lake; None for what the settings name.
        warehouse: DuckDB file of its warehouse; by default beside the lake.

    Raises:
        LakehouseMissingError: There is none at the place.
        ModuleNotFoundError: It is on S3, and what reads that is not installed.
        SettingsError: The settings cannot be used.
    """
    if place is None:
        return _by_settings(warehouse)
    address = str(place)
    if address.startswith("s3://"):
        _prepare_for_s3()
        address = address.rstrip("/")
    else:
        address = str(Path(address).expanduser().absolute())
    lake = Lake(address, _world(address))
    if warehouse is None and "://" not in address:
        warehouse = Path(address).with_name("warehouse.duckdb")
    return Opened(lake, lambda: _file(warehouse, lake.world))


def _by_settings(warehouse: str | Path | None) -> Opened:
    # Pydantic takes a tenth of a second, for who names no place alone.
    from indextracker import settings as environment  # noqa: PLC0415
    from indextracker.warehouse import warehouse as named  # noqa: PLC0415

    settings = environment.load()
    if settings.lake.on_s3:
        _prepare_for_s3()
    lake = Lake(settings.lake.address, settings.world)
    _world(settings.lake.address)
    if warehouse is not None:
        return Opened(lake, lambda: _file(warehouse, lake.world))
    return Opened(lake, lambda: named(settings))


def _prepare_for_s3() -> None:
    """Has the libraries understand the variables of AWS alike.

    Raises:
        ModuleNotFoundError: What reads S3 is not installed.
    """
    from indextracker.settings.environment import export_for_s3  # noqa: PLC0415 - pydantic

    if find_spec("boto3") is None:
        raise ModuleNotFoundError(
            "a lake on S3 is read with boto3, which is not installed: "
            "pip install 'indextracker[aws]'"
        )
    export_for_s3()


def _file(warehouse: str | Path | None, world: str) -> Warehouse:
    from indextracker.warehouse import DuckDBWarehouse  # noqa: PLC0415 - loads the settings

    if warehouse is None:
        raise FileNotFoundError("this lakehouse was opened without a warehouse: name its file")
    file = Path(warehouse).expanduser().absolute()
    return DuckDBWarehouse(str(file), str(file.with_name(f".{file.name}.building")), world)


def _world(address: str) -> str:
    """The world that marks a lake.

    Raises:
        LakehouseMissingError: There is no lake.
    """
    try:
        return places.place(address).read(_MARK).decode().strip()
    except (FileNotFoundError, NotADirectoryError):
        inside = f"{address}/{_INSIDE}"
        try:
            places.place(inside).read(_MARK)
        except (FileNotFoundError, NotADirectoryError):
            said = (
                "indextracker backfill makes one; a lake is the folder with bronze, silver and gold"
            )
        else:
            said = f"did you mean {inside}?"
    raise LakehouseMissingError(f"there is no lakehouse in {address}: {said}")
