"""Regular expressions that a line of a document has to match to become a fact.

The readings in Spark, the judging of documents and the checks of silver all use them: a line that
matches passes the checks, and any other is a reject. They keep to what the engines' dialects share
(RE2, Java, Rust), so none looks ahead. Reasons of rejects and typed values do not belong here.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from indextracker_catalogue.line_form import LineForm

# A day of the calendar, YYYYMMDD: a form is asked in passing, a cast costs as much as all forms.
DATE: Final = (
    "([12][0-9]{3}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)"
    "|02(0[1-9]|1[0-9]|2[0-8]))|([12][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|2[048])00)0229)"
)
# HHMMSS, until 2011 or 2012 with hundredths of a second. Times with other numbers of digits are
# rejects: 845000 may be 08:45:00 or 08:45:00.0 without its zero.
TIME: Final = "([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]([0-9]{2,})?"
CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
# FinMind printed whole seconds in 2019, nine decimals in 2021, three before and since.
EXACT_CLOCK: Final = rf"{CLOCK}(\.[0-9]+)?"
EXPIRY: Final = "[0-9]{4}(0[1-9]|1[0-2])([WF][1-5])?"
OPTION_TYPE: Final = "[CP]"

# More than four decimals, or seven digits before them, would not add up exactly.
_FRACTION = r"(\.[0-9]{1,4})?"
_BELOW_ONE = r"0*\.([1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9])"
PRICE: Final = f"(0*[1-9][0-9]{{0,6}}{_FRACTION}|{_BELOW_ONE})"  # above zero
PRICE_OR_ZERO: Final = rf"(0*[0-9]{{1,7}}{_FRACTION}|\.[0-9]{{1,4}})"
SIGNED: Final = f"-?{PRICE_OR_ZERO}"  # a spread may cost less than nothing
STRIKE: Final = f"(0*[1-9][0-9]{{0,7}}{_FRACTION}|{_BELOW_ONE})"
# Above zero, with or without separators of thousands.
LEVEL: Final = f"([1-9][0-9]{{0,2}}(,?[0-9]{{3}}){{0,2}}{_FRACTION}|{_BELOW_ONE})"

COUNT: Final = "0*[0-9]{1,8}"
VOLUME: Final = "0*[1-9][0-9]{0,7}"  # above zero
OUTRIGHT_VOLUME: Final = "0*([1-9][0-9]{0,6}[02468]|[2468])"  # both sides
SPREAD_VOLUME: Final = (  # both sides of both legs
    "0*([1-9][0-9]{0,5}([02468][048]|[13579][26])|[2468][048]|[13579][26]|[48])"
)
LOTS: Final = rf"{VOLUME}(\.0+)?"

TICK_TYPE: Final = r"[012](\.0+)?"
# The vendor's documentation: TickType is 1 in all of 2019, whoever initiated the trade.
TICK_TYPE_MEANT_SINCE: Final = date(2020, 1, 1)

# TAIEX, as the report of indices names it.
MAIN_INDEX: Final = "發行量加權股價指數"

# How a report writes its session, for Spark and for Python. The first is printed; the second is how
# the expiry's date is printed beside it.
REPORT_DATES: Final = {
    "yyyy/MM/dd": "%Y/%m/%d",
    "yyyyMMdd": "%Y%m%d",
    "yyyy-MM-dd": "%Y-%m-%d",
}
DAY_PART, NIGHT_PART = "一般", "盤後"
CALL, PUT = "買權", "賣權"

# The legs of a spread and its price have four decimals at most.
LEGS_TOLERANCE: Final = 0.00005

_TICK = ("trade_date", "trade_time", "product", "expiry", "price", "volume")
_SOME, _ANY = "[^,]+", "[^,]*"
_AT = (DATE, TIME, _SOME)
_SPREAD = f"{EXPIRY}/{EXPIRY}"

FUTURES_LINE: Final = LineForm(
    (*_TICK, "near_price", "far_price"),
    (
        (*_AT, EXPIRY, PRICE, OUTRIGHT_VOLUME, _ANY, _ANY),
        (*_AT, _SPREAD, SIGNED, SPREAD_VOLUME, PRICE, PRICE),
    ),
)
COMBINATION_LINE: Final = LineForm(
    (*_TICK, "near_price", "far_price"), ((*_AT, _SPREAD, SIGNED, VOLUME, PRICE, PRICE),)
)
OPTION_LINE: Final = LineForm(
    (*_TICK, "strike", "option_type"),
    ((*_AT, EXPIRY, PRICE, VOLUME, STRIKE, OPTION_TYPE),),
)
TOTALS_LINE: Final = LineForm(("spread_volume", "total_volume"), ((COUNT, COUNT),))
INDEX_LINE: Final = LineForm(("time", "level"), ((CLOCK, LEVEL),), once=("index_name", "time"))
ETF_LINE: Final = LineForm(
    ("stock_id", "trade_time", "deal_price", "volume"), ((_SOME, EXACT_CLOCK, PRICE, LOTS),)
)

_FIGURES = ("trading_session", "volume", "settlement_price", "open_interest", "product", "expiry")
_OHLC = ("open", "high", "low", "close")
_CONTRACT = ("product", "expiry", "trading_session")
_REPORTED = (
    *(f"({DAY_PART}|{NIGHT_PART})", COUNT, f"({PRICE_OR_ZERO}|-)", f"({COUNT}|-)"),
    _SOME,
)
_OUTRIGHT = (*_REPORTED, EXPIRY, *[f"({PRICE_OR_ZERO}|-)"] * 4)

REPORTED_FUTURES_LINE: Final = LineForm(
    (*_FIGURES, *_OHLC),
    (_OUTRIGHT, (*_REPORTED, _SPREAD, *[f"({SIGNED}|-)"] * 4)),
    once=_CONTRACT,
)
REPORTED_OPTIONS_LINE: Final = LineForm(
    (*_FIGURES, *_OHLC, "strike", "option_type"),
    ((*_OUTRIGHT, STRIKE, f"({CALL}|{PUT})"),),
    once=(*_CONTRACT, "strike", "option_type"),
)
