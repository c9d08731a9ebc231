"""The true corporate actions, and the prices that they make comparable.

Factors are those of the rules as they are written: a price before a split is multiplied by the new
face value over the old one, before a bonus of a for b by b over a + b, before a rights issue by the
theoretical price after it over the last close before.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.daily_report import listed_actions
from indextracker_simulator.india.truth.tables import Row, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.india.actions import Action
    from indextracker_simulator.india.exchange import Exchange
    from indextracker_simulator.india.instruments import Instrument

_ACTIONS = (
    *("ex_date", "symbol", "kind", "number", "new", "held", "amount_inr", "issue_price_inr"),
    *("text", "long_text"),
)
_ADJUSTED = (*("session_date", "symbol", "series", "number", "factor", "close", "adjusted_close"),)
_RATIOS = ("split", "bonus", "rights")


def corporate_actions(exchange: Exchange, sessions: Iterable[date]) -> pa.Table:
    """Return the actions that the daily reports of sessions tell of, each once.

    Args:
        exchange: The exchange.
        sessions: Sessions whose reports are read.

    Returns:
        ex_date, symbol on that day, kind (split, bonus, rights, dividend, demerger, buyback),
        number of the instrument; new and held of a ratio (of a split, new and old face value),
        null of others; amount_inr, of a dividend per share, of a rights issue the premium;
        issue_price_inr of a rights issue; the text of the daily report, and that of the list of
        corporate actions.
    """
    told = {
        (action.ex_date, one.number): (one, action)
        for session in sessions
        for one, action in listed_actions(exchange.instruments, session)
    }
    return table(_ACTIONS, _ACTIONS[:3], (_action_row(*found) for found in told.values()))


def adjusted(exchange: Exchange, sessions: Iterable[date], as_of: date) -> pa.Table:
    """Return closes made comparable with those of a day, whose actions are the last that count.

    Returns:
        session_date, symbol, series, number of the instrument, factor, close as published, and
        adjusted_close, rupees; without block deals.
    """
    rows = _adjusted_rows(exchange, sorted(sessions), as_of)
    return table(_ADJUSTED, _ADJUSTED[:3], rows)


def _action_row(one: Instrument, action: Action) -> Row:
    ratio = action.kind in _RATIOS
    return {
        "ex_date": action.ex_date,
        "symbol": one.identities.at(action.ex_date).symbol,
        "kind": action.kind,
        "number": one.number,
        "new": action.new if ratio else None,
        "held": action.held if ratio else None,
        "amount_inr": action.paise / 100 if action.paise else None,
        "issue_price_inr": action.issue_paise / 100 if action.issue_paise else None,
        "text": action.short_text,
        "long_text": action.long_text,
    }


def _adjusted_rows(exchange: Exchange, sessions: list[date], as_of: date) -> Iterator[Row]:
    factors = {
        one.number: [
            (action.ex_date, _factor(one, action))
            for action in one.actions
            if action.kind in _RATIOS and action.ex_date <= as_of
        ]
        for one in exchange.instruments
    }
    for session in sessions:
        for row in exchange.rows(session):
            if row.series == "BL":
                continue
            product = Fraction(1)
            for ex_date, factor in factors[row.number]:
                if session < ex_date:
                    product *= factor
            yield {
                "session_date": session,
                "symbol": row.symbol,
                "series": row.series,
                "number": row.number,
                "factor": float(product),
                "close": row.close / 100,
                "adjusted_close": float(product * row.close / 100),
            }


def _factor(one: Instrument, action: Action) -> Fraction:
    if action.kind == "split":
        return Fraction(action.new, action.held)
    shares = action.held + action.new
    if action.kind == "bonus":
        return Fraction(action.held, shares)
    close = one.previous_close(trading_calendar().position[action.ex_date])
    paid = action.held * close + action.new * action.issue_paise
    return Fraction(paid, shares * close)
