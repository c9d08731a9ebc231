"""Instruments of TWSE and TAIFEX for the reader: indices, ETFs, futures, spreads and options."""

from __future__ import annotations

from indextracker.reader.model import Chains, Kind, Names
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics.futures import CONTINUOUS_FUTURES
from indextracker_catalogue.taiwan.columns import FUTURES, OPTIONS

INDICES = Kind(
    name="index",
    names=(Names(t.INDICES, "index_id"), Names(t.INDEX_SESSIONS, "index_id")),
    instrument="index_id",
    bars=t.INDEX_BARS,
    sessions=t.INDEX_SESSIONS,
    trades=t.INDEX_LEVELS,
    at="observed_at",
)

ETFS = Kind(
    name="ETF",
    names=(Names(t.ETFS, "symbol"),),
    instrument="symbol",
    bars=t.ETF_BARS,
    sessions=t.ETF_SESSIONS,
    trades=t.ETF_TRADES,
    at="traded_at",
)


def _products(instrument: str) -> tuple[Names, ...]:
    """Names of products: those with published terms, and those that were traded without."""
    only = ("instrument", instrument)
    return Names(t.PRODUCTS, "product", only), Names(t.CONTRACTS, "product", only)


FUTURES_CONTRACTS = Kind(
    name="futures",
    names=_products(FUTURES),
    instrument="product",
    bars=t.FUTURES_BARS,
    sessions=t.FUTURES_SESSIONS,
    trades=t.FUTURES_TRADES,
    at="traded_at",
    contract=("expiry",),
    codes=t.CONTRACTS,
    terms=t.PRODUCTS,
    expiries=t.EXPIRIES,
    continuous=CONTINUOUS_FUTURES,
)

SPREADS = Kind(
    name="calendar spread",
    names=_products(FUTURES),
    instrument="product",
    bars=t.SPREAD_BARS,
    sessions=t.SPREAD_SESSIONS,
    trades=t.FUTURES_SPREADS,
    at="traded_at",
    contract=("near_expiry", "far_expiry"),
    codes=t.CONTRACTS,
)

OPTION_SERIES = Kind(
    name="options",
    names=_products(OPTIONS),
    instrument="product",
    bars=t.OPTION_BARS,
    sessions=t.OPTION_SESSIONS,
    trades=t.OPTION_TRADES,
    at="traded_at",
    contract=("expiry",),
    codes=t.CONTRACTS,
    terms=t.PRODUCTS,
    expiries=t.EXPIRIES,
)

CHAINS = Chains(options=OPTION_SERIES, report=t.DAILY_REPORT)
