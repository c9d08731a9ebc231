"""What the page Live shows, as tables to download: as the consumer tells it at that moment.

Times are in UTC, whichever clock the page has: that of the viewer is known in the browser alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from indextracker import Frame
from indextracker_dashboard.data import Data
from indextracker_dashboard.live import relay
from indextracker_dashboard.live.state import LiveState

_AT = pa.timestamp("us", tz="UTC")
_QUOTES = pa.schema(
    [
        ("symbol", pa.string()),
        ("name", pa.string()),
        ("quoted_at", _AT),
        ("price", pa.float64()),
        ("currency", pa.string()),
        ("previous_close", pa.float64()),
        ("first_price", pa.float64()),
        ("size", pa.int64()),
        ("volume", pa.int64()),
    ]
)
_FIGURES = ("open", "high", "low", "close", "mean", "vwap")
_COUNTS = ("volume", "quotes")
_BARS = pa.schema(
    [
        ("symbol", pa.string()),
        ("scale_minutes", pa.int32()),
        ("bar_start", _AT),
        *((name, pa.float64()) for name in _FIGURES),
        *((name, pa.int64()) for name in _COUNTS),
    ]
)
_ALERTS = pa.schema(
    [
        ("alert_id", pa.string()),
        ("window_end", _AT),
        ("symbol", pa.string()),
        ("rule", pa.string()),
        ("kind", pa.string()),
        ("message", pa.string()),
    ]
)


def quotes(state: LiveState, data: Data) -> Frame:
    """The watch-list: the last quote of each symbol, in its order."""
    del data
    told = relay.told(state)
    return _frame(
        _QUOTES,
        [
            one
            | {"symbol": name, "quoted_at": _instant(one["at"] / 1000), "first_price": one["first"]}
            for name in told["watch"]
            if (one := told["quotes"].get(name))
        ],
    )


def bars(state: LiveState, data: Data) -> Frame:
    """The candles that are drawn, in order, with the figures of `gold/quote_bars`."""
    del data
    told = relay.told(state)
    about = {"symbol": told["symbol"], "scale_minutes": int(state.scale)}
    return _frame(
        _BARS,
        [
            about
            | {"bar_start": _instant(start)}
            | dict(zip((*_FIGURES, *_COUNTS), figures, strict=True))
            for start, *figures in told.get("bars", ())
        ],
    )


def alerts(state: LiveState, data: Data) -> Frame:
    """The alerts that are shown, the newest first."""
    del data
    told = relay.told(state).get("alerts", ())
    return _frame(
        _ALERTS, [one | {"window_end": _instant(one["window_end"] / 1000)} for one in told]
    )


def _frame(schema: pa.Schema, rows: list[dict[str, Any]]) -> Frame:
    return Frame(pa.Table.from_pylist(rows, schema))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
