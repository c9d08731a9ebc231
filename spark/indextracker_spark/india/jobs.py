"""The jobs of NSE, in the order in which data flows through them."""

from __future__ import annotations

from indextracker_catalogue import india as t
from indextracker_catalogue.india.terms import RETURN_SESSIONS
from indextracker_catalogue.job import Input
from indextracker_spark.india import adjustments, factors, instruments, returns
from indextracker_spark.india.suspects import suspects
from indextracker_spark.job import SparkJob

_BACK = adjustments.LOOK_BACK_SESSIONS

JOBS = (
    SparkJob(
        t.INSTRUMENTS,
        (t.EQUITIES_DAILY, t.SYMBOL_CHANGES, t.LISTED_SECURITIES, t.INDEX_MEMBERS),
        instruments.instruments,
    ),
    SparkJob(t.CORPORATE_ACTION_LISTS, (t.CORPORATE_ACTIONS,), adjustments.lists),
    SparkJob(
        t.EQUITIES_ADJUSTED,
        (
            Input(t.EQUITIES_DAILY, _BACK),
            Input(t.CORPORATE_ACTIONS, _BACK, optional=True),
            Input(t.MARKET_CAPS, _BACK, optional=True),
            Input(t.INSTRUMENTS, _BACK),
            Input(t.CORPORATE_ACTION_LISTS, _BACK, optional=True),
        ),
        adjustments.equities_adjusted,
    ),
    SparkJob(t.EQUITY_FACTORS, (t.EQUITIES_ADJUSTED, t.INSTRUMENTS), factors.equity_factors),
    SparkJob(
        t.EQUITY_RETURNS,
        (Input(t.EQUITIES_ADJUSTED, max(RETURN_SESSIONS)), t.NSE_DAYS),
        returns.equity_returns,
    ),
    SparkJob(t.EQUITY_BREADTH, (t.EQUITY_RETURNS, t.INSTRUMENTS), returns.equity_breadth),
    SparkJob(t.CORPORATE_ACTION_SUSPECTS, (t.EQUITIES_ADJUSTED, t.INSTRUMENTS), suspects),
)
