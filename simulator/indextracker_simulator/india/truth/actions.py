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

_LISTED = (
    *("session_date", "line", "kind", "ex_date", "record_date", "symbol", "series", "ratio"),
    *("amount_inr", "text"),
)
_ACTIONS = (
    *("ex_date", "symbol", "kind", "number", "ratio", "amount_inr", "issue_price_inr", "text"),
)
_ADJUSTED = ("session_date", "symbol", "series", "number", "factor", "close", "adjusted_close")
_RATIOS = ("split", "bonus", "rights")
_OF_BONDS: dict[str, Row] = {
    "INTEREST PAYMENT": {"kind": "interest", "ratio": None, "amount_inr": None},
    "REDEMPTION": {"kind": "redemption", "ratio": None, "amount_inr": None},
}
_FIRST_LINE = 2  # the header is line 1


def listed(exchange: Exchange, session: date) -> pa.Table:
    """Return the actions that the daily report of a session tells of, a row for each line."""
    rows = (
        {
            "session_date": session,
            "line": number,
            "ex_date": line.ex_date,
            "record_date": line.record_date,
            "symbol": line.symbol,
            "series": line.series,
            "text": line.text,
            **(_terms(line.action) if line.action else _OF_BONDS[line.text]),
        }
        for number, line in enumerate(listed_actions(exchange.instruments, session), _FIRST_LINE)
    )
    return table(_LISTED, _LISTED[:3], rows)


def actions(exchange: Exchange, first: date, last: date) -> pa.Table:
    """Return the actions of companies whose ex-dates are within two days, each once.

    Returns:
        ex_date, symbol on that day, kind (split, bonus, rights, dividend, demerger, buyback),
        number of the instrument, ratio and amount_inr as in the table of listed actions,
        issue_price_inr of a rights issue, and the text of the site's list.
    """
    rows = (
        {
            "ex_date": action.ex_date,
            "symbol": one.identities.at(action.ex_date).symbol,
            "number": one.number,
            "issue_price_inr": action.issue_paise / 100 if action.issue_paise else None,
            "text": action.long_text,
            **_terms(action),
        }
        for one in exchange.instruments
        for action in one.actions
        if first <= action.ex_date <= last
    )
    return table(_ACTIONS, _ACTIONS[:3], rows)


def adjusted(exchange: Exchange, sessions: Iterable[date], as_of: date) -> pa.Table:
    """Return closes made comparable with those of a day, whose actions are the last that count.

    Returns:
        session_date, symbol, series, number of the instrument, factor, close as published, and
        adjusted_close, rupees; of the series of a share, not of those beside it.
    """
    rows = _adjusted_rows(exchange, sorted(sessions), as_of)
    return table(_ADJUSTED, _ADJUSTED[:3], rows)


def _terms(action: Action) -> Row:
    """Return kind, ratio and amount.

    The ratio is of shares: new ones for each held, of a split those after it for each before.
    """
    ratios = {"split": action.held / action.new}
    ratios |= dict.fromkeys(("bonus", "rights"), action.new / action.held)
    return {
        "kind": action.kind,
        "ratio": ratios.get(action.kind),
        "amount_inr": action.paise / 100 if action.paise else None,
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
            if row.beside:
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
