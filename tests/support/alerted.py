"""Alerts that are decided and then sent, and their mart when Dagster has followed."""

from __future__ import annotations

from datetime import timedelta

from indextracker.warehouse import Warehouse
from indextracker_catalogue.markets import ALERTS
from support.good_rows import OPENED, Row, rows
from support.ticks import Harness

SENSOR = "stale_sessions_markets"
# In the mart's order: one of a price, with its figures, and one of silence, which has none.
_DECIDED: tuple[Row, ...] = (
    {
        "alert_id": "1" * 64,
        "symbol": "AAPL",
        "kind": "moves",
        "price": 110.0,
        "reference_price": 100.0,
        "change_percent": 10.0,
        "volume": None,
        "message": "AAPL rose by 10.00 % from the open 100 to 110",
        "receivers": "desk@example.org,webhook",
        "sent_to": None,
        "sent_at": None,
    },
    {
        "alert_id": "2" * 64,
        "hour": OPENED + timedelta(hours=1),
        "symbol": "TX 2*",
        "kind": "stale",
        "window_begin": OPENED + timedelta(hours=1),
        "window_end": OPENED + timedelta(hours=1, minutes=2),
        "price": None,
        "reference_price": None,
        "change_percent": None,
        "volume": None,
        "message": "no event of TX 2* for 120 s, so that nobody knows “why”",
        "receivers": None,
        "sent_to": None,
        "sent_at": None,
    },
)
_SENT = {"sent_to": "desk@example.org,webhook", "sent_at": OPENED + timedelta(minutes=1)}
_SHOWN = ("alert_id", "kind", "price", "change_percent", "message", "sent_to", "sent_at")


def shown(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """What the mart has."""
    columns = ", ".join(_SHOWN)
    with warehouse.reading() as connection:
        query = f"select {columns} from marts.alert_history order by alert_id"
        # A row of Redshift's driver is a list.
        return [tuple(row) for row in connection.execute(query).fetchall()]


def followed(house: Harness) -> None:
    """Runs what the sensor asks for until nothing is stale."""
    while not isinstance(asked := house.sensor(SENSOR), str):
        house.run(asked)


def alerted(house: Harness) -> None:
    """Has alerts decided and one of them sent, and holds the mart against them each time."""
    lake, warehouse = house.platform.lake, house.platform.warehouse
    lake.ensure([ALERTS])
    for told in ({}, _SENT):
        first, second = _DECIDED
        decided = [first | told, second]
        lake.merge(ALERTS, rows(ALERTS, *decided))
        followed(house)
        expected = [tuple(_naive(row[name]) for name in _SHOWN) for row in decided]
        assert shown(warehouse) == expected, shown(warehouse)


def _naive(value: object) -> object:
    """As warehouses tell instants, in UTC without saying so."""
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value
