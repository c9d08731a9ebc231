"""From a number of an analytic to the prints that it is made of: links to the page SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from indextracker_catalogue import Table
from indextracker_catalogue.analytics import INDEX_ASSET, SUBJECT
from indextracker_catalogue.taiwan import FUTURES_TRADES, INDEX_LEVELS, OPTION_TRADES
from indextracker_dashboard import links
from indextracker_dashboard.sql_state import SqlState

_AT = {FUTURES_TRADES: "traded_at", OPTION_TRADES: "traded_at", INDEX_LEVELS: "observed_at"}
_OF_ALL = ("session_date", "session_part", "product", "index_id", "is_previous_close")


def of_futures(product: str, on: date, expiry: str | None, shown: Any) -> Component:
    """The trades of a contract in a session, or of all."""
    where = {"product": product} | ({} if expiry is None else {"expiry": expiry})
    return _link(FUTURES_TRADES, on, where, shown)


def of_options(
    product: str,
    on: date,
    shown: Any,
    *,
    expiry: str | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> Component:
    """The trades of options in a session: of one expiry, and from one instant to another."""
    where = {"product": product} | ({} if expiry is None else {"expiry": expiry})
    return _link(OPTION_TRADES, on, where, shown, between)


def of_assets(on: date, expiries: Mapping[str, str | None]) -> Component:
    """The levels of the index, or the trades of the contract of a future, of each asset.

    Args:
        on: The session.
        expiries: The contract by asset; None of the index.
    """
    said: list[str | Component] = [f"Behind the figures of {on}: "]
    for place, (asset, expiry) in enumerate(expiries.items()):
        said.append(", " if place else "")
        if asset == INDEX_ASSET:
            said.append(_link(INDEX_LEVELS, on, {"index_id": asset}, f"the levels of {asset}"))
        else:
            shown = f"the trades of {asset} {expiry}"
            said.append(of_futures(asset, on, expiry, shown))
    return html.P([*said, "."])


def _link(
    table: Table,
    on: date,
    where: Mapping[str, str],
    shown: Any,
    between: tuple[datetime, datetime] | None = None,
) -> Component:
    at = _AT[table]
    columns = [name for name in table.column_names if name not in (*_OF_ALL, *where)]
    terms = ["session_date = cast($session as date)", *(f"{name} = ${name}" for name in where)]
    values = {"session": on.isoformat(), **where}
    if between is not None:
        terms.append(f"{at} >= cast($after as timestamptz) and {at} <= cast($until as timestamptz)")
        zone = ZoneInfo(SUBJECT.zone)
        local = (one.astimezone(zone).isoformat() for one in between)
        values |= dict(zip(("after", "until"), local, strict=True))
    condition = "\n    and ".join(terms)
    question = SqlState(
        sql=f"select {', '.join(columns)} from {table.layer}.{table.name}\n"
        f"where {condition}\norder by line",
        values=", ".join(f"{name}={value}" for name, value in values.items()),
    )
    return links.to("/sql", question, shown)
