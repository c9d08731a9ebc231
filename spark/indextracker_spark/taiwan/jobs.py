"""The jobs of TAIEX and its derivatives, in the order in which data flows through them.

Futures and options have separate jobs, so that either document can be used without the other: where
both fill a table, each replaces its slice by `instrument`.
"""

from __future__ import annotations

from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_spark.job import SparkJob
from indextracker_spark.taiwan import (
    contracts,
    expiries,
    markets,
    reconciliation,
)
from indextracker_spark.taiwan.clock import EXCHANGE

_FUTURES = {"instrument": t.FUTURES}
_OPTIONS = {"instrument": t.OPTIONS}
_TERMS = (t.PRODUCTS, t.EXPIRIES, t.EXPIRE_CODES, t.CLOSURES)

JOBS = (
    SparkJob(
        t.EXPIRIES,
        (t.SESSIONS,),
        lambda sessions: expiries.expiries(sessions.where(F.col("exchange") == EXCHANGE)),
    ),
    SparkJob(
        t.EXPIRE_CODES,
        (t.EXPIRIES, t.SESSIONS),
        lambda dated, sessions: expiries.expire_codes(
            dated, sessions.where(F.col("exchange") == EXCHANGE)
        ),
    ),
    SparkJob(
        t.CONTRACTS,
        (t.FUTURES_TRADES, t.FUTURES_SPREADS, *_TERMS),
        contracts.futures_contracts,
        _FUTURES,
    ),
    SparkJob(t.CONTRACTS, (t.OPTION_TRADES, *_TERMS), contracts.option_contracts, _OPTIONS),
    SparkJob(t.INDEX_BARS, (t.INDEX_LEVELS,), markets.index_bars),
    markets.sessions_of(t.INDEX_BARS, t.INDEX_SESSIONS, markets.LEVELS),
    SparkJob(t.ETF_BARS, (t.ETF_TRADES,), markets.etf_bars),
    markets.sessions_of(t.ETF_BARS, t.ETF_SESSIONS, markets.SHARES),
    SparkJob(
        t.FUTURES_BARS,
        (t.FUTURES_TRADES, t.FUTURES_SPREADS, t.CONTRACTS, t.PRODUCTS),
        markets.futures_bars,
        _FUTURES,
    ),
    markets.sessions_of(t.FUTURES_BARS, t.FUTURES_SESSIONS, markets.TRADES),
    SparkJob(
        t.SPREAD_BARS,
        (t.FUTURES_SPREADS, t.CONTRACTS, t.PRODUCTS),
        markets.spread_bars,
        _FUTURES,
    ),
    markets.sessions_of(t.SPREAD_BARS, t.SPREAD_SESSIONS, markets.TRADES),
    SparkJob(
        t.OPTION_BARS,
        (t.OPTION_TRADES, t.CONTRACTS, t.PRODUCTS),
        markets.option_bars,
        _OPTIONS,
    ),
    markets.sessions_of(t.OPTION_BARS, t.OPTION_SESSIONS, markets.SIDES),
    SparkJob(
        t.RECONCILIATION,
        (t.DAILY_REPORT, t.FUTURES_SESSIONS, t.SPREAD_SESSIONS),
        reconciliation.of_futures,
        _FUTURES,
    ),
    SparkJob(
        t.RECONCILIATION,
        (t.DAILY_REPORT, t.OPTION_SESSIONS),
        reconciliation.of_options,
        _OPTIONS,
    ),
)
