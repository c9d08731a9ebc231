"""Silver tables of India's NSE: typed facts, made from the lines of documents."""

from __future__ import annotations

from indextracker_catalogue.india import terms
from indextracker_catalogue.india.columns import (
    CLOSE,
    DOCUMENT,
    HIGH,
    ISIN,
    LINE,
    LOW,
    OPEN,
    SERIES,
    SESSION,
    SHARES,
    SYMBOL,
    XNSE,
)
from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.rejects import rejects_table
from indextracker_catalogue.timeline import Whole

# Turnover is exact in paise: sums over years agree to the last digit.
_TURNOVER = "decimal(20,2)"
# An average is printed with two decimals, a turnover in lakhs is rounded to a thousand rupees.
_AVERAGE_ROUNDED_INR, _TURNOVER_ROUNDED_INR = 0.005, 1_000

EQUITIES_DAILY = Table(
    layer="silver",
    name="equities_daily",
    meaning=(
        "One row per security and series that any document of a session has: its end of day. "
        "Figures are those of the first document that has the row: UDiFF, else legacy, else full, "
        "else an imported spreadsheet. vwap and delivery are those of the full bhavcopy, the only "
        "one of the exchange's that has them, else of the spreadsheet."
    ),
    key=("session_date", "symbol", "series"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        ISIN,
        Column(
            "previous_close",
            "double",
            "Closing price of the session before as printed, which no corporate action adjusts; "
            "null where none is printed.",
            "INR",
        ),
        OPEN,
        HIGH,
        LOW,
        CLOSE,
        Column("last", "double", "Price of the last trade; null where none is printed.", "INR"),
        Column(
            "vwap",
            "double",
            "Mean price weighted by shares; null where the full bhavcopy has none.",
            "INR",
        ),
        SHARES,
        Column(
            "turnover_inr",
            _TURNOVER,
            "Turnover; of the full bhavcopy, rounded to a thousand rupees.",
            "INR",
        ),
        Column("trades", "bigint", "Number of trades; null until 2011-06-21.", "trades"),
        Column(
            "deliverable_shares",
            "bigint",
            "Shares to be delivered; null where none is printed, as for all of series BE.",
            "shares",
        ),
        Column(
            "source_formats",
            "string",
            "Documents that have the row, joined by +; the first gives its figures.",
        ),
    ),
    checks=(
        Check(
            "prices_ordered",
            "series <> 'T0' and not (low <= open and low <= close and open <= high "
            "and close <= high)",
            "Open and close lie between low and high; in series T0 the close need not.",
            "warn",
        ),
        Check("price_positive", "not low > 0", "Prices are above zero."),
        Check("shares_positive", "not shares > 0", "A row is of one share or more.", "warn"),
        Check(
            "delivery_within_shares",
            "deliverable_shares > shares",
            "No more shares are delivered than traded.",
            "warn",
        ),
        Check(
            "vwap_gives_turnover",
            f"abs(shares * vwap - turnover_inr) > shares * {_AVERAGE_ROUNDED_INR} "
            f"+ {_TURNOVER_ROUNDED_INR} or (vwap is null and source_formats like '%full%')",
            "Turnover is shares times their mean price, but for the rounding of both.",
            "warn",
        ),
    ),
)

SYMBOL_CHANGES = Table(
    layer="silver",
    name="symbol_changes",
    meaning=(
        "One row per session in whose evening the list of renamings was taken, and renaming: all "
        "that there ever were, as the exchange told them then."
    ),
    key=("session_date", "old_symbol", "new_symbol", "changed_on"),
    timeline=XNSE,
    partitioned="year",
    columns=(
        SESSION,
        Column("old_symbol", "string", "Symbol before."),
        Column("new_symbol", "string", "Symbol afterwards."),
        Column(
            "changed_on", "date", "First day of the new symbol as filed; may be a session early."
        ),
        Column("name", "string", "Name of the security; null where none is printed."),
    ),
)

LISTED_SECURITIES = Table(
    layer="silver",
    name="listed_securities",
    meaning=(
        "One row per session in whose evening the list was taken, and share of the main board that "
        "was listed then."
    ),
    key=("session_date", "symbol", "series"),
    timeline=XNSE,
    partitioned="year",
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        ISIN,
        Column("name", "string", "Name of the company."),
        Column("listed_on", "date", "Day of listing."),
    ),
)

INDEX_MEMBERS = Table(
    layer="silver",
    name="index_members",
    meaning=(
        "One row per session in whose evening the list was taken, and member of the Nifty 500 as "
        "of then."
    ),
    key=("session_date", "symbol"),
    timeline=XNSE,
    partitioned="year",
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        ISIN,
        Column("name", "string", "Name of the company."),
        Column("industry", "string", "Industry of the company."),
    ),
)

INSTRUMENTS = Table(
    layer="silver",
    name="instruments",
    meaning=(
        "One row per instrument and time in which it was traded under one symbol, series and ISIN. "
        "An instrument stays one through renamings, moves between series and new ISINs. Each row "
        "of silver/equities_daily is of the one row with its symbol and series that was valid."
    ),
    key=("instrument_id", "series", "valid_from"),
    timeline=Whole(),
    holds=("symbol", "series", "instrument_id"),
    in_warehouse=True,
    columns=(
        Column(
            "instrument_id",
            "string",
            "The instrument: of a share of a company the nine characters that all its ISINs have "
            "in common, such as INE009A01; of others the first ISIN in the lake, or the first "
            "symbol and series joined by - where no ISIN is known.",
        ),
        SYMBOL,
        SERIES,
        ISIN,
        Column(
            "is_own_series",
            "boolean",
            "Whether the series is the instrument's own; in others it is traded beside it, in "
            "deals of another kind, such as blocks (BL).",
        ),
        Column("name", "string", "Name of the company or fund; null where no list names it."),
        Column(
            "industry",
            "string",
            "Industry as of the newest list of index members; null for what is in none.",
        ),
        Column("valid_from", "date", "First session in which it was traded so."),
        Column("valid_to", "date", "Last session in which it was traded so, as far as is known."),
    ),
    checks=(
        Check("valid_for_a_session", "valid_to < valid_from", "A row is valid for a session."),
    ),
)

CORPORATE_ACTION_LISTS = Table(
    layer="silver",
    name="corporate_action_lists",
    meaning=(
        "One row per imported list of corporate actions, with the days that it covers: of an "
        "instrument that it does not name, there was no action on these."
    ),
    key=("document",),
    timeline=Whole(),
    holds=("document", "valid_to"),
    columns=(
        Column("document", "string", "SHA-256 of the list, in hexadecimal digits."),
        Column("valid_from", "date", "First ex-date in it."),
        Column("valid_to", "date", "Last ex-date in it."),
    ),
)

EQUITY_DISAGREEMENTS = Table(
    layer="silver",
    name="equity_disagreements",
    meaning=(
        "One row per figure of a security that a document gives otherwise than the document whose "
        "figures were kept. Nothing is averaged."
    ),
    key=("session_date", "symbol", "series", "figure", "source_format"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        Column("figure", "string", "Column of silver/equities_daily."),
        Column("source_format", "string", "Document that differs: udiff, legacy or full."),
        Column("value", "double", "What it says."),
        Column("kept_format", "string", "Document whose figure was kept."),
        Column("kept_value", "double", "The figure that was kept."),
    ),
    checks=(Check("documents_agree", "true", "All documents of a session say the same.", "warn"),),
)

INDEX_CLOSES = Table(
    layer="silver",
    name="index_closes",
    meaning="One row per index of NSE and session: its levels, and what its members earn and pay.",
    key=("session_date", "index_name"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        Column("index_name", "string", "Name of the index, such as Nifty 50, as published."),
        Column("open", "double", "First level; null where none is printed.", "points"),
        Column("high", "double", "Highest level; null where none is printed.", "points"),
        Column("low", "double", "Lowest level; null where none is printed.", "points"),
        Column("close", "double", "Closing level.", "points"),
        Column("points_change", "double", "Change from the close before.", "points"),
        Column("percent_change", "double", "Change from the close before.", "%"),
        Column("price_to_earnings", "double", "Price by earnings; null where none is printed."),
        Column("price_to_book", "double", "Price by book value; null where none is printed."),
        Column(
            "dividend_yield_percent", "double", "Dividend yield; null where none is printed.", "%"
        ),
        Column("shares", "bigint", "Shares traded of its members; null where none.", "shares"),
        Column("turnover_inr", _TURNOVER, "Turnover of its members; null where none.", "INR"),
    ),
    checks=(Check("close_positive", "not close > 0", "An index is above zero."),),
)

CORPORATE_ACTIONS = Table(
    layer="silver",
    name="corporate_actions",
    meaning=(
        "One row per action that a session's daily report announces, series and kind: an action "
        "stands in the reports of several sessions, so that what was known when can be told. One "
        "of an imported list stands in the last session up to its ex-date."
    ),
    key=("session_date", "line", "kind"),
    key_nullable=("document",),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        LINE,
        Column("ex_date", "date", "First session without the right; null where there is none."),
        Column("record_date", "date", "Day on which holders are counted; null where none."),
        SYMBOL,
        Column("series", "string", "Series of the security; null where none is printed."),
        Column("kind", "string", f"One of {', '.join(terms.ACTION_KINDS)}."),
        Column(
            "ratio",
            "double",
            "Bonus and rights: new shares for each share held. Split: shares for each share "
            "before, below 1 where they are consolidated. Null for other kinds, and where the "
            "words do not tell.",
        ),
        Column(
            "amount_inr",
            "double",
            "Dividend of a share; rights: what a new share costs above its face value. Null for "
            "other kinds, and where none is printed.",
            "INR",
        ),
        Column(
            "face_value_inr",
            "double",
            "Face value of a share as an imported list prints it; reports have it elsewhere, in "
            "silver/market_caps.",
            "INR",
        ),
        Column("text", "string", "The action as published."),
        DOCUMENT,
    ),
    checks=(
        Check(
            "ratio_known",
            "kind in ('bonus', 'split', 'rights') and not coalesce(ratio > 0, false)",
            "What changes the number of shares has a ratio.",
            "warn",
        ),
    ),
)

MARKET_CAPS = Table(
    layer="silver",
    name="market_caps",
    meaning="One row per security of a company and session: what is issued, and its worth.",
    key=("session_date", "symbol", "series"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        Column("face_value_inr", "double", "Face value of a share on that day.", "INR"),
        Column("issued_shares", "bigint", "Shares issued.", "shares"),
        Column("market_cap_inr", _TURNOVER, "Shares issued times their last close.", "INR"),
    ),
    checks=(Check("face_value_positive", "not face_value_inr > 0", "A share has a face value."),),
)

EQUITY_SNAPSHOTS = Table(
    layer="silver",
    name="equity_snapshots",
    meaning=(
        "One row per session in whose evening a vendor's prices were taken, and share or index in "
        "them. A share that moved between series may stand there twice."
    ),
    key=("session_date", "identifier"),
    timeline=XNSE,
    partitioned="year",
    columns=(
        SESSION,
        Column("identifier", "string", "What the vendor calls it, such as INFYEQN."),
        Column("symbol", "string", "The exchange's symbol of the share; the name of an index."),
        Column(
            "series",
            "string",
            "Series of the share; null of an index, and where the vendor's form has none.",
        ),
        ISIN,
        Column("name", "string", "Name of the company; null where none is told."),
        Column("industry", "string", "Industry of the company; null where none is told."),
        Column("is_index", "boolean", "Whether it is an index."),
        Column(
            "is_stale",
            "boolean",
            "Whether the price was told in an earlier session: it is no news of this one.",
        ),
        Column("observed_at", "timestamp", "When the price was told."),
        OPEN,
        HIGH,
        LOW,
        Column("last", "double", "Price at that moment.", "INR"),
        Column(
            "previous_close",
            "double",
            "Closing price of the session before; null where none is told.",
            "INR",
        ),
        Column("percent_change", "double", "Change from the close before; may be null.", "%"),
        Column("percent_change_30_days", "double", "Change in 30 days; null where none.", "%"),
        Column("percent_change_365_days", "double", "Change in 365 days; null where none.", "%"),
        Column("shares", "bigint", "Shares traded until then.", "shares"),
        Column("turnover_inr", _TURNOVER, "Turnover until then; null where none.", "INR"),
        Column("year_high", "double", "Highest price of a year; null where none.", "INR"),
        Column("year_low", "double", "Lowest price of a year; null where none.", "INR"),
    ),
    checks=(
        Check("last_positive", "not last > 0", "A price is above zero."),
        Check(
            "prices_ordered",
            "not (low <= last and last <= high)",
            "The last price lies between low and high.",
            "warn",
        ),
    ),
)

# Lines of several imported documents have one number.
NSE_REJECTS = rejects_table("nse_rejects", XNSE, SESSION, key_nullable=("document",))
