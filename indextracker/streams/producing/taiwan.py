"""What of Taiwan's sessions can be replayed: the prints that bars are made of.

Symbols are those of the exchange with what tells their contracts apart: `TX 202412`,
`TXO 202412 23000 C`, `006204`, `TAIEX`. A print exactly at the close of its contract says so, since
bars count it in their last minute; the same rules are those of the jobs that make bars.
"""

from __future__ import annotations

from indextracker.streams.producing.replaying import Replayable
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan.terms import (
    ASSUMED_DAY_CLOSE,
    ASSUMED_LAST_DAY_CLOSE,
    NIGHT_CLOSE,
    UTC_OFFSET_SECONDS,
)

# Of indices and ETFs.
_STOCKS_CLOSE = "13:30:00"
# From then on ETFs are traded at the fixed price of the close: no bar counts that.
_FIXED_PRICE_OPENS = "14:00:00"


def _local_seconds(at: str) -> str:
    """Seconds since midnight in Taipei of an instant."""
    return f"(epoch_us({at}) // 1000000 + {UTC_OFFSET_SECONDS}) % 86400"


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def _closes_at(at: str, close_seconds: str | int) -> str:
    """The time of a print in the very second of the close; of others null."""
    return f"case when {_local_seconds(at)} = {close_seconds} then {at}::timestamp end"


def _of_contracts(table: str, symbol: str, size: str, quote_type: str) -> str:
    """Trades of contracts, whose close by day depends on the product and on their last day."""
    close = f"if(session_part = 'night', {_seconds(NIGHT_CLOSE)}, day_close_seconds)"
    return f"""
        with terms as (
            select distinct
                contracts.session_date, contracts.product, expiry, last_trading_date,
                coalesce(day_close, '{ASSUMED_DAY_CLOSE}') as day_close,
                coalesce(last_day_close, '{ASSUMED_LAST_DAY_CLOSE}') as last_day_close
            from contracts left join products
                on contracts.product = products.product
                and session_date >= valid_from
                and (valid_to is null or session_date <= valid_to)
        ),
        closing as (
            select
                product, expiry,
                epoch(try_cast(
                    case when session_date = last_trading_date
                    then last_day_close else day_close end as time
                ))::bigint as day_close_seconds
            from terms
        )
        select
            {symbol} as symbol, price, traded_at::timestamp as time,
            {_closes_at("traded_at", close)} as closes_at,
            line, {size} as size, 'TAIFEX' as exchange, '{quote_type}' as quote_type
        from {table} left join closing using (product, expiry)
    """


_STRIKE = "rtrim(rtrim(strike::varchar, '0'), '.')"

FUTURES = Replayable(
    t.FUTURES_TRADES,
    (t.CONTRACTS, t.PRODUCTS),
    _of_contracts("futures_trades", "product || ' ' || expiry", "contracts", "FUTURE"),
)

# The size is that of a side: two of them make a contract, and bars are weighted by them.
OPTIONS = Replayable(
    t.OPTION_TRADES,
    (t.CONTRACTS, t.PRODUCTS),
    _of_contracts(
        "option_trades",
        f"concat_ws(' ', product, expiry, {_STRIKE}, option_type)",
        "sides",
        "OPTION",
    ),
)

ETFS = Replayable(
    t.ETF_TRADES,
    (),
    f"""
        select
            symbol, price, traded_at::timestamp as time,
            {_closes_at("traded_at", _seconds(_STOCKS_CLOSE))} as closes_at,
            line, shares as size, 'TWD' as currency, 'TWSE' as exchange, 'ETF' as quote_type
        from etf_trades
        where {_local_seconds("traded_at")} < {_seconds(_FIXED_PRICE_OPENS)}
    """,
)

INDICES = Replayable(
    t.INDEX_LEVELS,
    (),
    f"""
        select
            index_id as symbol, level as price, observed_at::timestamp as time,
            {_closes_at("observed_at", _seconds(_STOCKS_CLOSE))} as closes_at,
            line, 'TWSE' as exchange, 'INDEX' as quote_type
        from index_levels
        where not is_previous_close
    """,
)
