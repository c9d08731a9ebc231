"""The jobs of TAIEX and its derivatives, in the order in which data flows through them.

Futures and options have separate jobs, so that either document can be used without the other: where
both fill a table, each replaces its slice by `instrument`.
"""

from __future__ import annotations

from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_spark.job import Job
from indextracker_spark.taiwan import (
    contracts,
    expiries,
    facts,
    markets,
    reconciliation,
    reports,
    ticks,
)
from indextracker_spark.taiwan.clock import EXCHANGE

_FUTURES = {"instrument": t.FUTURES}
_OPTIONS = {"instrument": t.OPTIONS}
_TERMS = (t.PRODUCTS, t.EXPIRIES, t.EXPIRE_CODES, t.CLOSURES)

JOBS = (
    Job(
        t.EXPIRIES,
        (t.SESSIONS,),
        lambda sessions: expiries.expiries(sessions.where(F.col("exchange") == EXCHANGE)),
    ),
    Job(
        t.EXPIRE_CODES,
        (t.EXPIRIES, t.SESSIONS),
        lambda dated, sessions: expiries.expire_codes(
            dated, sessions.where(F.col("exchange") == EXCHANGE)
        ),
    ),
    Job(t.INDEX_LEVELS, (t.TWSE_INDEX, t.INDICES), facts.index_levels),
    Job(t.FUTURES_TRADES, (t.TAIFEX_FUTURES,), facts.futures_trades),
    Job(t.FUTURES_SPREADS, (t.TAIFEX_FUTURES,), facts.futures_spreads),
    Job(t.OPTION_TRADES, (t.TAIFEX_OPTIONS,), facts.option_trades),
    Job(t.ETF_TRADES, (t.FINMIND_TRADES, t.ETFS), facts.etf_trades),
    facts.daily_report(reports.read_daily_futures, t.TAIFEX_DAILY_FUTURES, t.FUTURES),
    facts.daily_report(reports.read_daily_options, t.TAIFEX_DAILY_OPTIONS, t.OPTIONS),
    facts.rejects(ticks.read_futures, t.TAIFEX_FUTURES),
    facts.rejects(ticks.read_combinations, t.TAIFEX_COMBINATION_TRADES),
    facts.rejects(ticks.read_options, t.TAIFEX_OPTIONS),
    facts.rejects(ticks.read_etf, t.FINMIND_TRADES),
    facts.rejects(reports.read_volume_totals, t.TAIFEX_VOLUME_TOTALS),
    facts.rejects(reports.read_index, t.TWSE_INDEX),
    facts.rejects(reports.read_daily_futures, t.TAIFEX_DAILY_FUTURES),
    facts.rejects(reports.read_daily_options, t.TAIFEX_DAILY_OPTIONS),
    Job(
        t.CONTRACTS,
        (t.FUTURES_TRADES, t.FUTURES_SPREADS, *_TERMS),
        contracts.futures_contracts,
        _FUTURES,
    ),
    Job(t.CONTRACTS, (t.OPTION_TRADES, *_TERMS), contracts.option_contracts, _OPTIONS),
    Job(t.INDEX_BARS, (t.INDEX_LEVELS,), markets.index_bars),
    markets.sessions_of(t.INDEX_BARS, t.INDEX_SESSIONS, markets.LEVELS),
    Job(t.ETF_BARS, (t.ETF_TRADES,), markets.etf_bars),
    markets.sessions_of(t.ETF_BARS, t.ETF_SESSIONS, markets.SHARES),
    Job(
        t.FUTURES_BARS,
        (t.FUTURES_TRADES, t.FUTURES_SPREADS, t.CONTRACTS, t.PRODUCTS),
        markets.futures_bars,
        _FUTURES,
    ),
    markets.sessions_of(t.FUTURES_BARS, t.FUTURES_SESSIONS, markets.TRADES),
    Job(
        t.SPREAD_BARS,
        (t.FUTURES_SPREADS, t.CONTRACTS, t.PRODUCTS),
        markets.spread_bars,
        _FUTURES,
    ),
    markets.sessions_of(t.SPREAD_BARS, t.SPREAD_SESSIONS, markets.TRADES),
    Job(
        t.OPTION_BARS,
        (t.OPTION_TRADES, t.CONTRACTS, t.PRODUCTS),
        markets.option_bars,
        _OPTIONS,
    ),
    markets.sessions_of(t.OPTION_BARS, t.OPTION_SESSIONS, markets.SIDES),
    Job(
        t.RECONCILIATION,
        (t.DAILY_REPORT, t.FUTURES_SESSIONS, t.SPREAD_SESSIONS),
        reconciliation.of_futures,
        _FUTURES,
    ),
    Job(
        t.RECONCILIATION,
        (t.DAILY_REPORT, t.OPTION_SESSIONS),
        reconciliation.of_options,
        _OPTIONS,
    ),
)
