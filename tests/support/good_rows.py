"""One row of every table of the catalogue that breaks no rule."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.store import _stored
from indextracker.lake.tail import Tail
from indextracker_catalogue import Key, Table
from indextracker_catalogue.analytics.forecasts import FEATURES

SESSION = date(2024, 12, 16)
OPENED = datetime(2024, 12, 16, 1, tzinfo=UTC)
CLOSED = datetime(2024, 12, 16, 5, 30, tzinfo=UTC)

Row = dict[str, object]

BRONZE: Row = {"session_date": SESSION, "line": 2, "document": "0" * 64}
CONTRACT: Row = {"session_date": SESSION, "product": "TX", "expiry": "202412"}
ARTICLE: Row = {"hour": OPENED, "article_id": "0" * 64}
FIGURES: Row = {
    "session_date": SESSION,
    "session_part": "day",
    "open": 2.0,
    "high": 4.0,
    "low": 1.0,
    "close": 3.0,
    "mean": 2.5,
    "std": 1.0,
    "price_sum": Decimal("10.0000"),
    "price_square_sum": Decimal("30.00000000"),
}
TRADED: Row = FIGURES | {
    "vwap": 2.5,
    "contracts": 4,
    "trades": 4,
    "price_contracts_sum": Decimal("10.0000"),
}
RUN: Row = {"run_id": "0" * 16}
IN_FILE: Row = {"collection": "mine", "file": "abc.csv", "document": "0" * 64, "line": 2}
EVENT: Row = {
    "shard": "1-1",
    "sequence": "7",
    "position": 0,
    "arrived_at": OPENED,
    "hour": OPENED,
    "event_date": SESSION,
    "symbol": "AAPL",
    "price": "94.5",
}
BAR: Row = {"scale_minutes": 5, "bar_start": OPENED}
OUTRIGHT: Row = {"product": "TX", "expiry": "202412", "spread_contracts": 0}
POSITION: Row = {"roll_rule": "calendar", "position": 1}
AGAINST: Row = {
    "index_id": "TAIEX",
    "priced_at": OPENED,
    "index_observed_at": OPENED,
    "index_level": 23_000.0,
    "index_age_seconds": 0.0,
}
SPREAD: Row = {"product": "TX", "near_expiry": "202412", "far_expiry": "202501"}
SERIES: Row = {
    "session_date": SESSION,
    "session_part": "day",
    "product": "TXO",
    "expiry": "202412",
    "strike": Decimal("23000.0000"),
    "option_type": "C",
}
OPTIONS: Row = FIGURES | SERIES | {"contracts": 4, "prints": 4}
FLOW: Row = {
    "session_date": SESSION,
    "session_part": "day",
    "product": "TXO",
    "expiry": "202412",
    "call_contracts": 4,
    "put_contracts": 6,
}
ETF: Row = FIGURES | {"symbol": "006204", "vwap": 2.5, "shares": 4_000, "prints": 4}

FORECAST: Row = {"horizon_minutes": 5, "training_sessions": 40, "training_rows": 10_000}
PAIR: Row = {"session_date": SESSION, "asset": "TX", "other": "TAIEX"}

SECURITY: Row = {"session_date": SESSION, "symbol": "INFY", "series": "EQ"}

GOOD: dict[str, Row] = {
    "bronze/deliveries": {
        "feed": "taifex_futures",
        "session_date": SESSION,
        "fetched_at": CLOSED,
        "state": "accepted",
    },
    "silver/builds": {
        "table_path": "silver/futures_trades",
        "session_date": SESSION,
        "documents": f"taifex_futures={'0' * 64}",
        "built_at": CLOSED,
    },
    "bronze/taifex_futures": BRONZE,
    "bronze/taifex_options": BRONZE,
    "bronze/taifex_combination_trades": BRONZE,
    "bronze/taifex_daily_futures": BRONZE,
    "bronze/taifex_daily_options": BRONZE,
    "bronze/finmind_trades": BRONZE,
    "bronze/twse_holidays": BRONZE | {"session_date": date(2024, 1, 1)},
    "bronze/taifex_volume_totals": BRONZE | {"product": "TX", "total_volume": "8"},
    "bronze/twse_index": BRONZE | {"index_name": "發行量加權股價指數"},
    "silver/sessions": {
        "exchange": "XTAI",
        "session_date": SESSION,
        "opened_at": OPENED,
        "closed_at": CLOSED,
        "previous_session_date": date(2024, 12, 13),
    },
    "silver/closures": {"exchange": "XTAI", "closed_date": date(2024, 7, 24)},
    "silver/products": {"product": "TX", "valid_from": SESSION, "multiplier": 200.0},
    "silver/indices": {"index_name": "發行量加權股價指數", "index_id": "TAIEX"},
    "silver/etfs": {"symbol": "006204", "underlying": "TAIEX", "lot_shares": 1_000},
    "silver/expiries": {
        "expiry_rule": "third_wednesday",
        "expiry": "202412",
        "last_trading_date": date(2024, 12, 18),
        "final_settlement_date": date(2024, 12, 18),
    },
    "silver/expire_codes": {
        "expiry_rule": "third_wednesday",
        "expiry": "202412",
        "expire_code": "M",
        "valid_from": date(2024, 11, 21),
        "valid_to": date(2024, 12, 18),
    },
    "silver/index_levels": {
        "session_date": SESSION,
        "index_id": "TAIEX",
        "observed_at": OPENED,
        "level": 23_000.0,
    },
    "silver/futures_trades": CONTRACT
    | {"line": 2, "session_part": "day", "price": 23_000.0, "contracts": 4},
    "silver/futures_spreads": SPREAD
    | {
        "session_date": SESSION,
        "line": 3,
        "session_part": "day",
        "price": -0.15,
        "near_price": 0.85,
        "far_price": 0.7,
        "contracts": 1,
    },
    "silver/option_trades": SERIES | {"line": 2, "price": 150.0, "sides": 2},
    "silver/etf_trades": {
        "session_date": SESSION,
        "symbol": "006204",
        "line": 2,
        "price": 110.5,
        "shares": 1_000,
        "side": "buy",
    },
    "silver/daily_report": SERIES
    | {"open": 2.0, "high": 4.0, "low": 1.0, "close": 3.0, "contracts": 4, "open_interest": 9},
    "silver/contracts": CONTRACT
    | {"last_trading_date": date(2024, 12, 18), "product_assumed": False},
    "silver/rejects": {"session_date": SESSION, "feed": "taifex_futures", "line": 4},
    "bronze/nse_full_bhavcopy": BRONZE,
    "bronze/nse_udiff_bhavcopy": BRONZE,
    "bronze/nse_legacy_bhavcopy": BRONZE,
    "bronze/nse_index_closes": BRONZE,
    "bronze/nse_corporate_actions": BRONZE,
    "bronze/nse_market_caps": BRONZE,
    "bronze/nse_symbol_changes": BRONZE,
    "bronze/nse_listed": BRONZE,
    "bronze/nse_index_members": BRONZE,
    "bronze/nse_snapshots": BRONZE,
    "bronze/nse_price_sheets": BRONZE,
    "bronze/nse_filed_actions": BRONZE,
    "bronze/nse_holidays": BRONZE | {"session_date": date(2024, 1, 1)},
    "silver/equities_daily": SECURITY
    | {"open": 2.0, "high": 4.0, "low": 1.0, "close": 3.0, "vwap": 2.5, "shares": 1_000}
    | {"turnover_inr": Decimal("2500.00"), "deliverable_shares": 500, "source_formats": "full"},
    "silver/symbol_changes": {"session_date": SESSION, "old_symbol": "ALFA", "new_symbol": "BETA"}
    | {"changed_on": SESSION},
    "silver/listed_securities": SECURITY | {"isin": "INE009A01021", "name": "Infosys Limited"},
    "silver/index_members": SECURITY | {"isin": "INE009A01021", "industry": "Software"},
    "silver/instruments": SECURITY
    | {"instrument_id": "INE009A01", "valid_from": SESSION, "valid_to": SESSION},
    "silver/corporate_action_lists": {"document": "0" * 64, "valid_from": SESSION}
    | {"valid_to": SESSION},
    "silver/nse_days": {"day": SESSION, "is_session": True, "is_special": False}
    | {"opened_at": OPENED, "closed_at": CLOSED},
    "gold/equity_factors": {"instrument_id": "INE009A01", "valid_from": SESSION}
    | {"valid_to": SESSION, "factor": 0.5},
    "silver/equity_disagreements": SECURITY | {"figure": "shares", "source_format": "full"},
    "silver/equity_snapshots": SECURITY
    | {"identifier": "INFYEQN", "is_index": False, "is_stale": False}
    | {"low": 1.0, "last": 2.0, "high": 3.0},
    "silver/index_closes": {"session_date": SESSION, "index_name": "Nifty 50", "close": 24_500.0},
    "silver/corporate_actions": SECURITY | {"line": 2, "kind": "bonus", "ratio": 1.0},
    "silver/market_caps": SECURITY | {"face_value_inr": 5.0, "issued_shares": 10_000_000},
    "silver/nse_rejects": {"session_date": SESSION, "feed": "nse_full_bhavcopy", "line": 4},
    "gold/equities_adjusted": SECURITY
    | {"instrument_id": "INE009A01021", "close": 3.0, "factor": 0.5, "reason": "BONUS 1:1"},
    "bronze/alphavantage_news": BRONZE | {"hour": OPENED},
    "silver/news_instruments": {"ticker": "HDB", "symbol": "HDFCBANK"},
    "silver/news_articles": ARTICLE | {"sentiment_score": 0.4},
    "silver/news_tickers": ARTICLE
    | {"ticker": "HDB", "relevance_score": 0.5, "sentiment_score": 0.3},
    "silver/news_topics": ARTICLE | {"topic": "Finance", "relevance_score": 0.5},
    "silver/news_rejects": {"hour": OPENED, "feed": "alphavantage_news", "line": 4},
    "gold/equity_returns": SECURITY
    | {"instrument_id": "INE009A01021", "close": 3.0, "high_52_weeks": 4.0, "low_52_weeks": 1.0},
    "gold/equity_breadth": {"session_date": SESSION, "series": "EQ", "securities": 4}
    | {"advances": 1, "declines": 1, "unchanged": 1, "not_compared": 1},
    "gold/corporate_action_suspects": SECURITY | {"factor": 0.5, "reason": "BONUS 1:1"},
    "bronze/nse_announcements": BRONZE | {"day": SESSION},
    "silver/announcements": {"day": SESSION, "line": 2},
    "bronze/yahoo_headlines": BRONZE | {"day": SESSION, "ticker": "INFY.NS", "problem": ""},
    "silver/headlines": {"day": SESSION, "line": 2, "ticker": "INFY.NS"},
    "silver/file_prices": IN_FILE
    | {"ticker": "ABC", "at": OPENED, "interval": "1d", "volume": 4.0}
    | {"open": 2.0, "high": 4.0, "low": 1.0, "close": 3.0, "adj_close": 3.0},
    "silver/file_rejects": IN_FILE | {"reason": "no date"},
    "silver/file_documents": IN_FILE
    | {"state": "loaded", "rows": 1, "first_at": OPENED, "last_at": CLOSED},
    "gold/strategy_runs": RUN
    | {"kind": "run", "strategy": "crossover", "universe": "mine", "accounts": "ticker"}
    | {"parameters": "{}", "terms": "{}", "reads": "{}", "program": "0" * 16}
    | {"first_date": SESSION, "last_date": SESSION, "tickers": 1, "bars": 2, "trades": 1},
    "gold/strategy_parts": RUN | {"part": 1, "part_run_id": "1" * 16, "is_best": True},
    "gold/strategy_trades": RUN
    | {"ticker": "ABC", "filled_at": CLOSED, "decided_at": OPENED, "side": "buy", "shares": 4.0},
    "gold/strategy_positions": RUN | {"ticker": "ABC", "bar_at": OPENED, "target": 1.0},
    "gold/strategy_accounts": RUN | {"ticker": "ABC", "bar_at": OPENED, "equity": 100.0},
    "gold/strategy_equity": RUN | {"bar_at": OPENED, "equity": 100.0, "paid_in": 100.0},
    "gold/strategy_figures": RUN
    | {
        "scope": "run",
        "name": "all",
        "sector": None,
        "hit_rate": 0.5,
        "deflated_sharpe": 0.9,
        "trades": 1,
    },
    "silver/news_day_rejects": {"day": SESSION, "feed": "nse_announcements", "line": 4},
    "silver/news_days": {"day": SESSION, "session_date": SESSION, "opened_at": OPENED}
    | {"closed_at": CLOSED, "next_session_date": date(2024, 12, 17)},
    "gold/news_stories": {"story_id": "0" * 64, "place": "articles", "telling_id": "0" * 64}
    | {"symbol": "INFY"},
    "gold/news_sentiment_daily": {"session_date": SESSION, "symbol": "INFY", "stories": 2}
    | {"scored_stories": 1, "sentiment": 0.4, "scored_before_open": 0},
    "gold/sentiment_returns": {"horizon_sessions": 0, "sentiment_class": "Bullish", "events": 30}
    | {"sessions": 20, "mean_return": 0.01, "low_95": 0.005, "high_95": 0.015}
    | {"degrees_of_freedom": 19.0, "too_few": None},
    "gold/index_bars": FIGURES | BAR | {"index_id": "TAIEX", "ticks": 4},
    "gold/index_sessions": FIGURES | {"index_id": "TAIEX", "ticks": 4},
    "gold/futures_bars": TRADED | BAR | OUTRIGHT,
    "gold/futures_sessions": TRADED | OUTRIGHT,
    "gold/spread_bars": TRADED | BAR | SPREAD,
    "gold/spread_sessions": TRADED | SPREAD,
    "gold/etf_bars": ETF | BAR,
    "gold/etf_sessions": ETF,
    "gold/option_flow": FLOW | {"strike": Decimal("23000.0000")},
    "gold/option_flow_expiries": FLOW | {"put_call_contracts": 1.5},
    "gold/volatility_index": {
        "session_date": SESSION,
        "product": "TXO",
        "observed_at": OPENED,
        "volatility_index": 20.5,
        "near_years": 0.05,
        "next_years": 0.125,
    },
    "gold/option_bars": OPTIONS | BAR,
    "gold/option_sessions": OPTIONS,
    "gold/continuous_futures": TRADED | BAR | OUTRIGHT | POSITION | {"missing_sessions": 0},
    "gold/futures_rolls": POSITION
    | {"session_date": SESSION, "product": "TX", "from_expiry": "202412", "to_expiry": "202501"}
    | {"gap": 40.0, "ratio": 1.0017, "common_minutes": 200},
    "gold/basis": CONTRACT
    | BAR
    | AGAINST
    | {"session_part": "day", "future_price": 23_040.0, "days_to_settlement": 2.0}
    | {"basis": 40.0, "basis_percent": 0.17, "annualised_carry": 0.3},
    "gold/etf_deviation": BAR
    | AGAINST
    | {"session_date": SESSION, "symbol": "006204", "price": 110.5, "ratio": 0.0048}
    | {"reference_date": date(2024, 12, 13), "deviation_percent": 0.1},
    "gold/implied_volatility": SERIES
    | {"observed_at": OPENED, "traded_at": OPENED, "age_seconds": 0, "price": 150.0}
    | {"volatility": 0.2, "delta": 0.5, "gamma": 0.001, "vega": 7.0, "theta": -3.0},
    "gold/volatility_smiles": CONTRACT
    | {"product": "TXO", "observed_at": OPENED, "session_part": "day", "svi_a": 0.01}
    | {"least_density_factor": 0.5, "crossedness": 0.0},
    "bronze/quote_events": EVENT | {"time": "2024-12-16T01:00:00Z", "source": "yahoo"},
    "bronze/trade_records": EVENT | {"operation": "sale"},
    "silver/quotes": EVENT
    | {"price": 94.5, "quoted_at": OPENED, "counts_at": OPENED, "source": "yahoo"},
    "silver/alerts": {"hour": OPENED, "symbol": "AAPL", "price": 94.5}
    | {"alert_id": "0" * 64, "rule": "one per cent", "kind": "moves", "window_begin": OPENED}
    | {"window_end": CLOSED, "message": "It rose.", "decided_at": CLOSED},
    "silver/dead_letters": EVENT | {"stream": "ticks", "text": "{", "reason": "no object of JSON"},
    "silver/trade_events": EVENT
    | {"operation_id": "1", "traded_at": OPENED, "price": 94.5, "operation": "sale"},
    "gold/quote_bars": FIGURES
    | BAR
    | {"symbol": "AAPL", "hour": OPENED, "quotes": 4, "volume": 4, "vwap": 2.5},
    "gold/trade_counts": {
        "hour": OPENED,
        "exchange": "NYSE",
        "symbol": "AAPL",
        "purchases": 1,
        "sales": 0,
        "low": 94.5,
        "high": 94.5,
    },
    "gold/forecast_features": CONTRACT
    | {"bar_start": OPENED, "fill_price": 23_000.0}
    | {column.name: 0.5 for column in FEATURES},
    "gold/forecast_values": CONTRACT | FORECAST | {"bar_start": OPENED, "ridge": 0.1},
    "gold/forecasts": CONTRACT
    | FORECAST
    | {"model": "ridge", "minutes": 254, "r2": 0.1, "hit_rate": 0.5},
    "gold/market_days": {"day": SESSION, "series": "tx_night", "value": 0.01},
    "gold/market_correlations": {
        "first_series": "tx_night",
        "second_series": "nifty_open",
        "days": 30,
        "correlation": 0.5,
        "p_value": 0.005,
        "adjusted_p_value": 0.02,
    },
    "gold/reconciliation": SERIES
    | {"official_contracts": 4, "computed_contracts": 4, "class": "equal"},
    "gold/realised_volatility": FIGURES
    | {"asset": "TX", "session_part": "day", "realised_volatility": 15.0, "jump_p_value": 0.5},
    "gold/volatility_forecasts": {"session_date": SESSION, "asset": "TX"}
    | {"next_session_volatility": 15.0, "next_session_sample": 60, "next_session_missing": None}
    | {"next_month_volatility": None, "next_month_missing": "39 sessions of 60"},
    "gold/lead_lag": PAIR
    | {"lead_seconds": 10, "lead_low_seconds": 9.0, "lead_high_seconds": 11.0}
    | {"information_share_low": 0.7, "information_share_high": 0.9},
    "gold/lead_lag_correlations": PAIR
    | {"lag_seconds": 10, "correlation": 0.5}
    | {"correlation_low": 0.4, "correlation_high": 0.6},
}


def rows(table: Table, *changes: Row) -> pa.Table:
    """Good rows of a table, one for each set of changed cells."""
    names = set(table.column_names)
    made = [
        {name: cell for name, cell in (GOOD[table.path] | change).items() if name in names}
        for change in changes
    ]
    # Nulls are for the store to refuse, not for the test to stumble on.
    schema = pa.schema([field.with_nullable(True) for field in arrow_schema(table)])
    return pa.Table.from_pylist(made, schema)


def key(table: Table) -> Key:
    """The key of a table's good row; some day's in a table in one piece."""
    return table.timeline.key_of(GOOD[table.path].get(table.key_column, SESSION))


def put(lake: Lake, table: Table, given: pa.Table, keys: Sequence[Key] | None = None) -> None:
    """Writes rows in the way that their table is written; by default of its good row's key."""
    if table.writes == "append":
        lake.append(table, given)
    elif table.writes == "merge":
        # As its consumer adds them: a merge puts one in the place of another.
        Tail(lake, table).append(_stored(table, given), {})
    else:
        lake.replace(table, given, [key(table)] if keys is None else keys)
