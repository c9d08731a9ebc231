"""Bronze tables of India's NSE: a document's lines, every cell as published text."""

from __future__ import annotations

from indextracker_catalogue.india.columns import DOCUMENT, LINE, SESSION, TEXT, XNSE
from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.lines import LINE_SPLITS, OF_LINES
from indextracker_catalogue.timeline import Years


def _text(name: str, meaning: str) -> Column:
    return Column(name, "string", f"{meaning}, as published.")


def _imported(name: str, meaning: str, *cells: Column) -> Table:
    """A table of one row per line of documents of many sessions, of which there are any number."""
    return Table(
        layer="bronze",
        name=name,
        meaning=meaning,
        key=("session_date", "document", "line"),
        timeline=XNSE,
        # A document may have one line for each session of years.
        partitioned="year",
        slice_by=("document",),
        imported=True,
        columns=(SESSION, LINE, *cells, TEXT, DOCUMENT),
        checks=(LINE_SPLITS,),
    )


def _bronze(name: str, meaning: str, *cells: Column, checks: tuple[Check, ...] = ()) -> Table:
    """A table of one row per line of a session's document, with lineage to the bytes."""
    # Files lie by session: in those of a year each session's lines would be looked for among all,
    # which takes twice as long for 248 sessions of 2,022 lines.
    return Table(
        layer="bronze",
        name=name,
        meaning=meaning,
        key=("session_date", "line"),
        timeline=XNSE,
        columns=(SESSION, LINE, *cells, TEXT, DOCUMENT),
        checks=(*OF_LINES, *checks),
    )


_SECURITY = (_text("symbol", "Symbol of the security"), _text("series", "Series of the security"))
_OHLC = (
    _text("open", "First price of the session"),
    _text("high", "Highest price of the session"),
    _text("low", "Lowest price of the session"),
    _text("close", "Closing price, which need not be the last one"),
    _text("last", "Price of the last trade; zero or nothing where there is none"),
    _text("previous_close", "Closing price of the session before, never adjusted"),
)

NSE_FULL_BHAVCOPY = _bronze(
    "nse_full_bhavcopy",
    "One row per line of a session's prices with delivery (sec_bhavdata_full_DDMMYYYY.csv).",
    *_SECURITY,
    _text("trade_date", "Session, DD-Mon-YYYY"),
    *_OHLC,
    _text("average_price", "Turnover by shares"),
    _text("shares", "Shares traded"),
    _text("turnover_lakh", "Turnover in lakhs, hundred thousands of rupees"),
    _text("trades", "Number of trades"),
    _text("deliverable_shares", "Shares to be delivered; - where the series has no figure"),
    _text("deliverable_percent", "Shares to be delivered, in per cent of those traded"),
    checks=(
        # Printed with two decimals. Of four million rows of EQ 1,812 differ, 1,450 of them on
        # 2020-04-13. Shares in parts are no number of shares: silver rejects such a line.
        Check(
            "delivery_percent_is_of_the_shares",
            "shares not like '%.%' and abs(try_cast(deliverable_percent as double) - 100 * "
            "try_cast(deliverable_shares as double) / nullif(try_cast(shares as double), 0)) "
            "> 0.0051",
            "Delivery in per cent is that of the shares beside it.",
            "warn",
        ),
    ),
)

NSE_UDIFF_BHAVCOPY = _bronze(
    "nse_udiff_bhavcopy",
    "One row per line of a session's prices in the format UDiFF, published since 2024-01-02 "
    "(BhavCopy_NSE_CM_0_0_0_YYYYMMDD_F_0000.csv.zip).",
    _text("trade_date", "Session, YYYY-MM-DD"),
    _text("business_date", "Day of the report, YYYY-MM-DD"),
    _text("segment", "Segment of the exchange: CM"),
    _text("source", "The exchange: NSE"),
    _text("instrument_type", "Type of the instrument, such as STK"),
    _text("instrument_number", "The exchange's number of the instrument"),
    _text("isin", "International number of the security"),
    *_SECURITY,
    _text("expiry_date", "Expiry; empty in this segment"),
    _text("actual_expiry_date", "Expiry as moved by a holiday; empty in this segment"),
    _text("strike", "Strike price; empty in this segment"),
    _text("option_type", "Call or put; empty in this segment"),
    _text("instrument_name", "Name of the security"),
    *_OHLC,
    _text("underlying_price", "Price of the underlying; empty in this segment"),
    _text("settlement_price", "Settlement price"),
    _text("open_interest", "Open contracts; empty in this segment"),
    _text("open_interest_change", "Change of the open contracts; empty in this segment"),
    _text("shares", "Shares traded"),
    _text("turnover", "Turnover in rupees"),
    _text("trades", "Number of trades"),
    _text("trading_session", "The exchange's name of the trading session, F1"),
    _text("board_lot", "Smallest number of shares traded"),
    _text("remarks", "Remarks"),
    _text("reserved_1", "Reserved"),
    _text("reserved_2", "Reserved"),
    _text("reserved_3", "Reserved"),
    _text("reserved_4", "Reserved"),
)

NSE_LEGACY_BHAVCOPY = _bronze(
    "nse_legacy_bhavcopy",
    "One row per line of a session's prices in the format used until 2024-07-05 "
    "(cmDDMONYYYYbhav.csv.zip).",
    *_SECURITY,
    *_OHLC,
    _text("shares", "Shares traded"),
    _text("turnover", "Turnover in rupees"),
    _text("trade_date", "Session, DD-MON-YYYY"),
    _text("trades", "Number of trades; not printed until 2011-06-21"),
    _text("isin", "International number of the security; not printed until 2011-06-21"),
)

NSE_INDEX_CLOSES = _bronze(
    "nse_index_closes",
    "One row per line of a session's levels of all indices (ind_close_all_DDMMYYYY.csv).",
    _text("index_name", "Name of the index"),
    _text("index_date", "Session, DD-MM-YYYY"),
    _text("open", "First level; - where there is none"),
    _text("high", "Highest level; - where there is none"),
    _text("low", "Lowest level; - where there is none"),
    _text("close", "Closing level"),
    _text("points_change", "Change from the close before, in points"),
    _text("percent_change", "Change from the close before, in per cent"),
    _text("shares", "Shares traded of its members"),
    _text("turnover_crore", "Turnover of its members in crores, ten millions of rupees"),
    _text("price_to_earnings", "Price by earnings; - where there is none"),
    _text("price_to_book", "Price by book value; - where there is none"),
    _text("dividend_yield", "Dividend yield in per cent; - where there is none"),
)

NSE_CORPORATE_ACTIONS = _bronze(
    "nse_corporate_actions",
    "One row per line of the corporate actions in a session's daily report (bcDDMMYYYY.csv of "
    "PRDDMMYY.zip): what is to come, a row per series.",
    *reversed(_SECURITY),
    _text("security_name", "Name of the security"),
    _text("record_date", "Day on which holders are counted, YYYY-MM-DD"),
    _text("book_closure_start", "First day on which the register is closed"),
    _text("book_closure_end", "Last day on which the register is closed"),
    _text("ex_date", "First session without the right, YYYY-MM-DD; empty where there is none"),
    _text("no_delivery_start", "First day without delivery"),
    _text("no_delivery_end", "Last day without delivery"),
    _text("purpose", "The action in words, such as BONUS 1:1"),
)

NSE_MARKET_CAPS = _bronze(
    "nse_market_caps",
    "One row per line of the market capitalisations in a session's daily report (mcapDDMMYYYY.csv "
    "of PRDDMMYY.zip).",
    _text("trade_date", "Session, DD MON YYYY"),
    *_SECURITY,
    _text("security_name", "Name of the security"),
    _text("category", "Listed, or permitted to trade"),
    _text("last_trade_date", "Session of its last trade, DD MON YYYY"),
    _text("face_value", "Face value in rupees"),
    _text("issue_size", "Number of securities issued"),
    _text("close", "Closing price, or what is paid up, in rupees"),
    _text("market_cap", "Market capitalisation in rupees"),
)

NSE_SYMBOL_CHANGES = _bronze(
    "nse_symbol_changes",
    "One row per line of all renamings of securities, as the list was on the evening of a session "
    "(symbolchange.csv). There is no list of a day that is past.",
    _text("security_name", "Name of the security, which may be empty"),
    _text("old_symbol", "Symbol before"),
    _text("new_symbol", "Symbol afterwards"),
    _text("changed_on", "First day of the new symbol, DD-MON-YYYY; may be a session early"),
)

NSE_LISTED = _bronze(
    "nse_listed",
    "One row per line of the shares of the main board, as the list was on the evening of a session "
    "(EQUITY_L.csv). There is no list of a day that is past.",
    *_SECURITY,
    _text("security_name", "Name of the company"),
    _text("listed_on", "Day of listing, DD-MON-YYYY"),
    _text("paid_up_value", "What is paid up of a share, in rupees"),
    _text("market_lot", "Smallest number of shares traded"),
    _text("isin", "International number of the security"),
    _text("face_value", "Face value in rupees"),
)

NSE_INDEX_MEMBERS = _bronze(
    "nse_index_members",
    "One row per line of the members of the Nifty 500, as the list was on the evening of a session "
    "(ind_nifty500list.csv). There is no list of a day that is past.",
    *_SECURITY,
    _text("security_name", "Name of the company"),
    _text("industry", "Industry"),
    _text("isin", "International number of the security"),
)

NSE_SNAPSHOTS = _bronze(
    "nse_snapshots",
    "One row per share or index in a vendor's prices at a moment, as taken on the evening of a "
    "session (latest-stock-price of RapidAPI, in its frozen form or the newer one). There are none "
    "of a day that is past.",
    _text("identifier", "Symbol, series and N; of an index, and in the newer form, the symbol"),
    _text("symbol", "Symbol of the share, in the newer form with .NS; name of the index"),
    _text("name", "Name of the company"),
    _text("isin", "International number of the share"),
    _text("industry", "Industry of the company"),
    _text("open", "First price of its session"),
    _text("high", "Highest price of its session"),
    _text("low", "Lowest price of its session"),
    _text("last", "Price at the moment"),
    _text("previous_close", "Closing price of the session before"),
    _text("price_change", "Change from that price"),
    _text("percent_change", "Change from that price, in per cent"),
    _text("percent_change_30_days", "Change in 30 days, in per cent; - where there is none"),
    _text("percent_change_365_days", "Change in 365 days, in per cent; - where there is none"),
    _text("shares", "Shares traded"),
    _text("turnover", "Turnover in rupees"),
    _text("year_high", "Highest price of a year"),
    _text("year_low", "Lowest price of a year"),
    _text("updated_at", "When the price was told, DD-Mon-YYYY HH:MM:SS of India"),
)

NSE_HOLIDAYS = Table(
    layer="bronze",
    name="nse_holidays",
    meaning="One row per holiday of the capital market in the exchange's list of a year.",
    key=("session_date", "line"),
    timeline=Years(),
    dated_by="session_date",
    partitioned="year",
    columns=(
        Column("session_date", "date", "First of January of the list's year."),
        Column("line", "bigint", "Position in the list `CM`, from 1."),
        _text("trading_date", "Day without trading, DD-Mon-YYYY"),
        _text("weekday", "Day of the week"),
        _text("description", "Name of the holiday"),
        TEXT,
        DOCUMENT,
    ),
    checks=OF_LINES,
)

NSE_PRICE_SHEETS = _imported(
    "nse_price_sheets",
    "One row per line of a spreadsheet of daily prices that was imported. The session is the one "
    "that the line names, or the first of the document where it names none.",
    *_SECURITY,
    _text("trade_date", "Day of the line"),
    *_OHLC,
    _text("average_price", "Turnover by shares"),
    _text("shares", "Shares traded"),
    _text("turnover", "Turnover in rupees"),
    _text("trades", "Number of trades"),
    _text("deliverable_shares", "Shares to be delivered"),
    _text("isin", "International number of the security"),
)

NSE_FILED_ACTIONS = _imported(
    "nse_filed_actions",
    "One row per corporate action in a list of the past that was imported, as the exchange's site "
    "gives it (corporates-corporateActions). The session is the last one up to the ex-date, or the "
    "first of the document where there is none.",
    *_SECURITY,
    _text("face_value", "Face value in rupees, of a split the one before it"),
    _text("purpose", "The action in words, such as Bonus 1:1"),
    _text("ex_date", "First session without the right, DD-Mon-YYYY"),
    _text("record_date", "Day on which holders are counted, DD-Mon-YYYY; - where there is none"),
    _text("book_closure_start", "First day on which the register is closed; - where there is none"),
    _text("book_closure_end", "Last day on which the register is closed; - where there is none"),
    _text("security_name", "Name of the company"),
    _text("isin", "International number of the security"),
)
