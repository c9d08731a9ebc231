"""Bronze tables of TAIEX and its derivatives: a document's lines, every cell as published text."""

from __future__ import annotations

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.shared.lines import OF_LINES
from indextracker_catalogue.taiwan.columns import (
    SESSION,
    XTAI,
)
from indextracker_catalogue.timeline import Years


def _text(name: str, meaning: str) -> Column:
    return Column(name, "string", f"{meaning}, as published.")


def _bronze(name: str, meaning: str, *cells: Column) -> Table:
    """A table of one row per line of a document, its cells as text, with lineage to the bytes."""
    named = any(cell.name == "index_name" for cell in cells)
    return Table(
        layer="bronze",
        name=name,
        meaning=meaning,
        key=("session_date", "line", "index_name") if named else ("session_date", "line"),
        timeline=XTAI,
        columns=(
            SESSION,
            Column("line", "bigint", "Line in the document, from 1."),
            *cells,
            Column("text", "string", "The whole line where it would not split into cells."),
            Column("document", "string", "Digest (sha256) of the document in the landing zone."),
        ),
        checks=OF_LINES,
    )


TAIFEX_FUTURES = _bronze(
    "taifex_futures",
    "One row per line of a session's futures tick file (Daily_YYYY_MM_DD.zip).",
    _text("trade_date", "Calendar date of the trade, YYYYMMDD"),
    _text("product", "Product code"),
    _text("expiry", "Expiry code, or near/far of a calendar spread"),
    _text("trade_time", "Time of the trade, HHMMSS, or with hundredths of a second"),
    _text("price", "Price; in a spread row that of the far leg less that of the near leg"),
    _text("volume", "Volume of both sides; in a spread row, of both legs too"),
    _text("near_price", "Price of the near leg of a spread row, else -"),
    _text("far_price", "Price of the far leg of a spread row, else -"),
    _text("opening_auction", "* for the opening auction"),
)

TAIFEX_VOLUME_TOTALS = _bronze(
    "taifex_volume_totals",
    "One row per line of a session's control totals (Daily_YYYY_MM_DD_B.zip); the last is the "
    "grand total.",
    _text("trade_date", "Session, YYYYMMDD, or the word for the grand total"),
    _text("product", "Product code; empty in the grand total"),
    _text("spread_volume", "Volume of spread orders, both sides"),
    _text("total_volume", "Volume of the whole market, both sides"),
    _text("spread_percent", "Share of spread orders in per cent"),
)

TAIFEX_COMBINATION_TRADES = _bronze(
    "taifex_combination_trades",
    "One row per line of a session's calendar-spread file (Daily_YYYY_MM_DD_C.zip). It repeats "
    "trades of the futures tick file: checks compare with it, and no volume is counted from it.",
    _text("trade_date", "Calendar date of the trade, YYYYMMDD"),
    _text("product", "Product code"),
    _text("expiry", "near/far"),
    _text("trade_time", "Time of the trade, HHMMSS, or with hundredths of a second"),
    _text("price", "Price of the far leg less that of the near leg"),
    _text("volume", "Volume of both sides and both legs"),
    _text("near_price", "Price of the near leg"),
    _text("far_price", "Price of the far leg"),
    _text(
        "spread_against_spread",
        "* for a spread matched with a spread; the tick file has its row too",
    ),
)

TAIFEX_OPTIONS = _bronze(
    "taifex_options",
    "One row per line of a session's options tick file (OptionsDaily_YYYY_MM_DD.zip).",
    _text("trade_date", "Calendar date of the trade, YYYYMMDD"),
    _text("product", "Product code"),
    _text("strike", "Strike price"),
    _text("expiry", "Expiry code"),
    _text("option_type", "C for a call, P for a put"),
    _text("trade_time", "Time of the trade, HHMMSS, or with hundredths of a second"),
    _text("price", "Price of the trade"),
    _text("volume", "Volume of one side"),
    _text("opening_auction", "* for the opening auction"),
)


def _daily_report(name: str, meaning: str, *series: Column, more: tuple[Column, ...]) -> Table:
    return _bronze(
        name,
        meaning,
        _text("report_date", "Session, YYYY/MM/DD"),
        _text("product", "Product code"),
        _text("expiry", "Expiry code, or near/far of a calendar spread"),
        *series,
        _text("open", "First price"),
        _text("high", "Highest price"),
        _text("low", "Lowest price"),
        _text("close", "Last price"),
        _text("volume", "Contracts traded, negotiated blocks included"),
        _text("settlement_price", "Settlement price; in rows of the day part alone"),
        _text("open_interest", "Open contracts; in rows of the day part alone"),
        _text("best_bid", "Last best bid"),
        _text("best_ask", "Last best offer"),
        _text("historical_high", "Highest price of the contract's life"),
        _text("historical_low", "Lowest price of the contract's life"),
        _text("halted", "Whether trading was halted for news"),
        _text("trading_session", "The publisher's word for the day or the night part"),
        _text("change", "Change from the previous settlement price"),
        _text("change_percent", "Change in per cent"),
        *more,
    )


TAIFEX_DAILY_FUTURES = _daily_report(
    "taifex_daily_futures",
    "One row per line of the exchange's daily report of a session's futures (futDataDown).",
    more=(_text("spread_order_volume", "Volume of spread orders matched with single orders"),),
)

TAIFEX_DAILY_OPTIONS = _daily_report(
    "taifex_daily_options",
    "One row per line of the exchange's daily report of a session's options (optDataDown).",
    _text("strike", "Strike price"),
    _text("option_type", "The publisher's word for call or put"),
    more=(_text("expiry_date", "Date of the expiry; printed since 2025-12-08, null before"),),
)

TWSE_INDEX = _bronze(
    "twse_index",
    "One row per line and index of a session's index report (MI_5MINS_INDEX).",
    _text("index_name", "The publisher's name of the index, from the header"),
    _text("time", "Time of the level, HH:MM:SS"),
    _text("level", "Level, with thousands separators"),
)

TWSE_HOLIDAYS = Table(
    layer="bronze",
    name="twse_holidays",
    meaning="One row per line of the stock exchange's holiday schedule of a year; open days too.",
    key=("session_date", "line"),
    timeline=Years(),
    dated_by="session_date",
    partitioned="year",
    columns=(
        Column("session_date", "date", "First of January of the schedule's year."),
        Column("line", "bigint", "Line in the document, from 1; in JSON the position in `data`."),
        _text("name", "Name of the day"),
        _text("date", "Date, in JSON as YYYY-MM-DD, in CSV without a year"),
        _text("weekday", "Day of the week; null in JSON"),
        _text("description", "What the exchange does on that day"),
        _text("note", "o for an open day, * for one of settlement alone; null in JSON"),
        Column("text", "string", "The whole line where it would not split into cells."),
        Column("document", "string", "Digest (sha256) of the document in the landing zone."),
    ),
    checks=OF_LINES,
)

FINMIND_TRADES = _bronze(
    "finmind_trades",
    "One row per trade of an ETF as FinMind gives it (TaiwanStockPriceTick); the line is the "
    "position in `data`, from 1.",
    _text("trade_date", "Date of the trade, YYYY-MM-DD"),
    _text("stock_id", "The stock exchange's code"),
    _text("deal_price", "Price of the trade"),
    _text("volume", "Volume in lots of 1,000 shares"),
    _text("trade_time", "Time of the trade, HH:MM:SS and milliseconds"),
    _text("tick_type", "1 where the buyer, 2 where the seller initiated it, 0 where unknown"),
)
