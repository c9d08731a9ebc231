"""Regular expressions that a line of a document of NSE has to match to become a fact.

A line that matches passes the checks of silver, and any other is a reject. They keep to what the
dialects of Arrow, Spark and DuckDB share. Typed values and reasons of rejects do not belong here.
"""

from __future__ import annotations

from typing import Final

from indextracker_catalogue.line_form import LineForm

SYMBOL: Final = "[^,]{1,40}"
SERIES: Final = "[A-Z0-9]{1,4}"
# Two letters of the country, nine characters, a check digit; others, such as DUMMY, are none.
ISIN: Final = "IN[A-Z0-9]{9}[0-9]"

# Above zero. More than four decimals or ten digits before them have not been seen.
PRICE: Final = r"(0*[1-9][0-9]{0,9}(\.[0-9]{1,4})?|0*\.[0-9]{0,3}[1-9]0*)"
# Where a price is not known it is printed as zero, as - or as nothing.
PRICE_OR_NONE: Final = r"([0-9]{1,10}(\.[0-9]{1,4})?|\.[0-9]{1,4}|-|)"
COUNT: Final = "[0-9]{1,15}"  # 161 rows of EQ reach 10^9 shares
COUNT_OR_NONE: Final = f"({COUNT}|-|)"
AMOUNT: Final = r"[0-9]{1,17}(\.[0-9]{1,2})?"

_CELLS: Final = ("symbol", "series", "open", "high", "low", "close", "previous_close", "shares")
_KIND: Final = (SYMBOL, SERIES, *[PRICE] * 4, PRICE_OR_NONE, COUNT)
SECURITY: Final = ("symbol", "series")

UDIFF_LINE: Final = LineForm(
    (*_CELLS, "last", "turnover", "trades"),
    ((*_KIND, PRICE_OR_NONE, AMOUNT, COUNT),),
    once=SECURITY,
)
LEGACY_LINE: Final = LineForm(
    (*_CELLS, "last", "turnover"), ((*_KIND, PRICE_OR_NONE, AMOUNT),), once=SECURITY
)
FULL_LINE: Final = LineForm(
    (*_CELLS, "turnover_lakh", "trades", "deliverable_shares"),
    ((*_KIND, AMOUNT, COUNT, COUNT_OR_NONE),),
    once=SECURITY,
)
# In the order in which they are printed, which is not that of the bronze tables.
FULL_PRINTED: Final = (
    *("symbol", "series", "trade_date", "previous_close", "open", "high", "low", "last", "close"),
    *("average_price", "shares", "turnover_lakh", "trades"),
    *("deliverable_shares", "deliverable_percent"),
)
LISTED_PRINTED: Final = (
    *("symbol", "security_name", "series", "listed_on", "paid_up_value", "market_lot", "isin"),
    "face_value",
)
INDEX_MEMBER_PRINTED: Final = ("security_name", "industry", "symbol", "series", "isin")
_NUMBER: Final = r"-?([0-9]{1,12}(\.[0-9]{1,4})?|\.[0-9]{1,4})"
NUMBER_OR_NONE: Final = f"({_NUMBER}|-|)"
INDEX_LINE: Final = LineForm(
    (
        *("index_name", "close", "open", "high", "low", "points_change", "percent_change"),
        *("shares", "turnover_crore", "price_to_earnings", "price_to_book", "dividend_yield"),
    ),
    (
        (
            *("[^,]+", PRICE, *[PRICE_OR_NONE] * 3, *[NUMBER_OR_NONE] * 2),
            *(COUNT_OR_NONE, f"({AMOUNT}|-|)", *[NUMBER_OR_NONE] * 3),
        ),
    ),
    once=("index_name",),
)

ACTION_LINE: Final = LineForm(("symbol", "purpose"), ((SYMBOL, "[^,]+"),))

CAP_LINE: Final = LineForm(
    (*SECURITY, "face_value", "issue_size", "market_cap"),
    (
        (SYMBOL, SERIES, PRICE, COUNT, AMOUNT),
        # The sums at the end, of securities that are listed, permitted to trade, and all.
        ("(Listed|Permitted|Total)", "", r"0(\.0*)?", "0", AMOUNT),
    ),
    once=SECURITY,
)

_DAY: Final = "[0-9]{2}-[A-Za-z]{3}-[0-9]{4}"
SYMBOL_CHANGE_LINE: Final = LineForm(
    ("old_symbol", "new_symbol", "changed_on"),
    ((SYMBOL, SYMBOL, _DAY),),
    once=("old_symbol", "new_symbol", "changed_on"),
)
LISTED_LINE: Final = LineForm(
    (*SECURITY, "security_name", "isin", "listed_on"),
    ((SYMBOL, SERIES, "[^,]+", ISIN, _DAY),),
    once=SECURITY,
)
INDEX_MEMBER_LINE: Final = LineForm(
    (*SECURITY, "security_name", "industry", "isin"),
    ((SYMBOL, SERIES, "[^,]+", "[^,]+", ISIN),),
    once=("symbol",),
)

# As spreadsheets leave them: grouped, and with many decimals.
_SHEET_PRICE: Final = r"([0-9,]{0,12}[1-9][0-9,]{0,12}(\.[0-9]{0,12})?|0*\.[0-9]{0,11}[1-9][0-9]*)"
_SHEET_PRICE_OR_NONE: Final = r"([0-9,]{1,15}(\.[0-9]{0,12})?|\.[0-9]{1,12}|-|)"
_SHEET_COUNT: Final = r"[0-9][0-9,]{0,19}(\.0*)?"
_SHEET_COUNT_OR_NONE: Final = f"({_SHEET_COUNT}|-|)"
SHEET_LINE: Final = LineForm(
    ("symbol", "series", "open", "high", "low", "close", "shares"),
    ((SYMBOL, SERIES, *[_SHEET_PRICE] * 4, _SHEET_COUNT),),
    once=SECURITY,
)
SHEET_OPTIONAL: Final = {
    **dict.fromkeys(("last", "previous_close", "average_price"), _SHEET_PRICE_OR_NONE),
    **dict.fromkeys(("trades", "deliverable_shares"), _SHEET_COUNT_OR_NONE),
    "turnover": r"([0-9,]{1,22}(\.[0-9]{0,2})?|-|)",
}
# In the lists of the past a day is needed too, which the reading asks for.
FILED_ACTION_LINE: Final = LineForm(("symbol", "purpose"), ((SYMBOL, "[^,].*"),))

# Numbers as floating point leaves them.
_FLOAT: Final = r"-?[0-9]{1,15}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?"
FLOAT_OR_NONE: Final = f"({_FLOAT}|-|)"
_FLOAT_PRICE: Final = r"([0-9]{0,9}[1-9][0-9]{0,9}(\.[0-9]{1,20})?|0?\.[0-9]{0,19}[1-9][0-9]{0,19})"
SNAPSHOT_LINE: Final = LineForm(
    ("identifier", "symbol", "last", "updated_at"),
    (
        (
            "[^,]{1,80}",
            "[^,]{1,80}",
            _FLOAT_PRICE,
            "[0-9]{2}-[A-Za-z]{3}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}",
        ),
    ),
    once=("identifier",),
)
# How the moment of a price is written, as strftime has it, in the time of India.
SNAPSHOT_MOMENT: Final = "%d-%b-%Y %H:%M:%S"

# Cells that not every document has: the legacy file had no number of trades until 2011-06-21, and
# public stores keep the full bhavcopy without two of its prices.
LEGACY_OPTIONAL: Final = {"trades": COUNT_OR_NONE}
FULL_OPTIONAL: Final = {"last": PRICE_OR_NONE, "average_price": PRICE_OR_NONE}

SNAPSHOT_OPTIONAL: Final = {
    **dict.fromkeys(("open", "high", "low", "previous_close"), FLOAT_OR_NONE),
    **dict.fromkeys(("percent_change", "turnover", "year_high", "year_low"), FLOAT_OR_NONE),
    **dict.fromkeys(("percent_change_30_days", "percent_change_365_days"), FLOAT_OR_NONE),
    "shares": COUNT_OR_NONE,
}

# How documents write their session, as strftime has it; months are compared without their case.
SESSION_DATES: Final = ("%d-%b-%Y", "%Y-%m-%d", "%d-%b-%y", "%d-%m-%Y", "%d %b %Y")
