"""The marts of a small market, built by the real dbt."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import jinja2
import pytest
import yaml
from support.small_market import PROJECT, RAW, Build, run_dbt

from indextracker.warehouse import dbt_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

OPERATION = (
    *("operation_id", "traded_at", "person_name", "symbol", "exchange", "currency", "price"),
    "arrived_at",
)
TRADED = [f"{side}_{of}" for of in ("contracts", "turnover") for side in ("call", "put")]
HELD = [f"{side}_open_interest{of}" for of in ("", "_change") for side in ("call", "put")]
MARTS = {
    "index": ["id", "name", "market", "name_chinese"],
    "index_history": [
        "index_id", "scale", "datetime", "price_open", "price_high", "price_low", "price_close",
        "price_mean", "price_std", "session_date", "session_part",
    ],
    "index_session": [
        "index_id", "session_date", "session_part", "open", "high", "low", "close",
    ],
    "dim_futures_adjustment": [
        *("product", "roll_rule", "position", "expiry", "first_session", "last_session"),
        *("difference", "ratio"),
    ],
    "fct_futures_rolls": [
        *("session_date", "product", "roll_rule", "position", "from_expiry", "to_expiry"),
        *("measured_on", "gap", "ratio", "common_minutes", "gap_reason"),
    ],
    "fct_continuous_futures": [
        *("session_date", "product", "roll_rule", "position", "session_part", "scale_minutes"),
        *("bar_start", "expiry", "open_price", "high_price", "low_price", "close_price"),
        *("mean_price", "vwap", "contracts", "spread_contracts", "trades"),
        *("difference_adjustment", "ratio_adjustment"),
        *(
            f"{kind}_adjusted_{price}_price"
            for kind in ("difference", "ratio")
            for price in ("open", "high", "low", "close")
        ),
    ],
    "fct_basis": [
        *("session_date", "product", "expiry", "bar_start", "session_part", "index_id"),
        *("priced_at", "future_price", "index_level", "index_observed_at", "index_age_seconds"),
        *("days_to_settlement", "basis_points", "basis_percent", "annualised_carry"),
        *("fair_value", "mispricing"),
    ],
    "fct_etf_deviation": [
        *("session_date", "symbol", "bar_start", "index_id", "priced_at", "price", "index_level"),
        *("index_observed_at", "index_age_seconds", "ratio", "reference_date"),
        *("reference_ratio", "reference_minutes", "deviation_percent"),
    ],
    "fct_option_flow": [
        *("session_date", "product", "expiry", "strike", "session_part", *TRADED, *HELD),
    ],
    "fct_option_flow_expiry": [
        *("session_date", "product", "expiry", "session_part", *TRADED, *HELD),
        *("put_call_contracts", "put_call_turnover", "put_call_open_interest"),
        *("volume_weighted_strike", "max_pain_strike", "max_pain_payout"),
    ],
    "fct_volatility_index": [
        *("session_date", "product", "observed_at", "volatility_index", "reason"),
        *(
            f"{term}_{name}"
            for term in ("near", "next")
            for name in (
                *("expiry", "years", "forward", "k0", "puts", "calls", "age_minutes"),
                "variance",
            )
        ),
    ],
    "fct_implied_volatility": [
        *("session_date", "product", "expiry", "strike", "option_type", "observed_at"),
        *("session_part", "traded_at", "age_seconds", "price", "tick", "forward"),
        *("forward_error", "forward_pairs", "forward_age_seconds", "years", "moneyness"),
        *("volatility", "delta", "gamma", "vega", "theta", "reason", "violations"),
    ],
    "fct_volatility_smile": [
        *("session_date", "product", "expiry", "observed_at", "session_part", "years"),
        *("forward", "strikes", "moneyness_low", "moneyness_high", "svi_a", "svi_b", "svi_rho"),
        *("svi_m", "svi_sigma", "rms_points", "rms_ticks", "atm_volatility", "atm_skew"),
        *("least_density_factor", "crossedness", "options", "violations", "reason"),
    ],
    "fct_news_ticker": [
        *("published_at", "ticker", "symbol", "title", "source", "url", "relevance_score"),
        *("sentiment_score", "sentiment_label", "article_sentiment_score", "article_id"),
    ],
    "fct_news_sentiment": [
        *("session_date", "symbol", "instrument_id", "stories", "scored_stories", "sentiment"),
        *("scored_before_open", "sentiment_before_open"),
    ],
    "fct_forecast": [
        *("session_date", "product", "horizon_minutes", "model", "minutes", "training_sessions"),
        *("training_rows", "squared_returns", "squared_errors", "r2", "r2_low", "r2_high"),
        *("r2_against_last_return", "hit_rate", "hit_rate_low", "hit_rate_high", "trades"),
        *("cost_points", "pnl_points", "pnl_points_low", "pnl_points_high", "missing"),
    ],
    "fct_forecast_edge": [
        *("product", "horizon_minutes", "model", "sessions", "first_session", "last_session"),
        *("r2", "r2_low", "r2_high", "pnl_points", "pnl_points_low", "pnl_points_high"),
        *("trades", "verdict"),
    ],
    "fct_market_correlation": [
        *("first_series", "second_series", "timing", "days", "first_day", "last_day"),
        *("correlation", "correlation_low", "correlation_high", "p_value", "adjusted_p_value"),
        "missing",
    ],
    "fct_sentiment_returns": [
        *("horizon_sessions", "sentiment_class", "events", "sessions"),
        *("mean_return", "low_95", "high_95", "degrees_of_freedom", "too_few"),
    ],
    "fct_realised_volatility": [
        *("session_date", "asset", "session_part", "expiry", "prints", "span_minutes", "open"),
        *("high", "low", "close", "previous_close", "overnight_return", "realised_volatility"),
        *("subsampled_volatility", "bipower_volatility", "kernel_volatility", "kernel_bandwidth"),
        *("parkinson_volatility", "garman_klass_volatility", "daily_volatility", "jump_statistic"),
        *("jump_p_value", "jump_share"),
    ],
    "fct_volatility_forecast": [
        *("session_date", "asset", "yang_zhang_volatility", "next_session_volatility"),
        *("next_session_sample", "next_session_missing", "next_month_volatility"),
        *("next_month_sample", "next_month_missing"),
        *("implied_volatility", "variance_risk_premium"),
        *("following_session_date", "following_volatility"),
    ],
    "fct_lead_lag": [
        *("session_date", "asset", "other", "expiry", "other_expiry", "prices", "other_prices"),
        *("lead_seconds", "lead_low_seconds", "lead_high_seconds", "leader", "correlation"),
        *("lead_lag_ratio", "information_share_low", "information_share_high", "component_share"),
        *("cointegration_statistic", "cointegration_p_value", "basis_half_life_seconds"),
    ],
    "fct_lead_lag_correlation": [
        *("session_date", "asset", "other", "lag_seconds", "correlation", "correlation_low"),
        *("correlation_high",),
    ],
    "dim_strategy": ["id", "strategy", "source_digest", "account_kind", "runs", "universes"],
    "fct_strategy_run": [
        *("run_id", "strategy_id", "kind", "parameters", "universe", "first_date", "last_date"),
        *("terms", "tickers", "bars", "trades", "profit", "cagr", "volatility", "sharpe"),
        *("sharpe_low_95", "sharpe_high_95", "sortino", "max_drawdown", "max_drawdown_days"),
        *("turnover", "hit_rate", "exposure", "cost_paid", "alpha", "beta", "tracking_error"),
        *("information_ratio", "deflated_sharpe"),
    ],
    "fct_strategy_equity": [
        *("run_id", "bar_at", "equity", "cash", "long_value", "short_value", "paid_in"),
        "bar_return",
    ],
    "quote_history": [
        *("symbol", "scale_minutes", "bar_start", "open", "high", "low", "close", "vwap"),
        *("volume", "quotes"),
    ],
    "alert_history": [
        *("alert_id", "rule", "symbol", "kind", "window_begin", "window_end", "price"),
        *("reference_price", "change_percent", "volume", "message", "receivers", "decided_at"),
        *("sent_to", "sent_at"),
    ],
    "last_quote": ["symbol", "bar_start", "price", "volume", "quotes"],
    "sales": [*OPERATION],
    "purchases": [*OPERATION],
    "exchange_counts": ["hour", "exchange", "purchases", "sales", "symbols"],
    "nse_eod": [
        "symbol", "series", "session_date", "isin", "prev_close", "open_price", "high_price",
        "low_price", "last_price", "close_price", "avg_price", "ttl_trd_qnty", "turnover_lacs",
        "no_of_trades", "deliv_qty", "deliv_per", "source_formats",
    ],
    "dim_instrument": [
        *("id", "instrument_id", "symbol", "series", "isin", "name", "industry"),
        *("is_own_series", "valid_from", "valid_to", "is_current"),
    ],
    "dim_equity_factor": ["instrument_id", "valid_from", "valid_to", "factor"],
    "fct_equity_day": [
        *("instrument_id", "session_date", "symbol", "series", "isin", "previous_close"),
        *("open_price", "high_price", "low_price", "close_price", "last_price", "vwap", "shares"),
        *("turnover_inr", "trades", "deliverable_shares", "deliverable_percent"),
        *("session_factor", "corporate_actions", "adjustment_factor"),
        *("return_1", "return_5", "return_20", "return_60", "return_252", "high_52_weeks"),
        *("low_52_weeks", "sessions_52_weeks", "issued_shares", "market_cap_inr"),
        *("adjusted_open_price", "adjusted_high_price", "adjusted_low_price"),
        *("adjusted_close_price", "adjusted_vwap", "adjusted_shares"),
    ],
    "derivative": ["id", "index_id", "name", "derivative_type", "name_chinese"],
    "derivative_detail": ["id", "derivative_id", "expire", "strike_price", "option_type"],
    "derivative_detail_code": ["derivative_detail_id", "expire_code", "valid_from", "valid_to"],
    "derivative_detail_history": [
        "derivative_detail_id", "scale", "datetime", "price_open", "price_high", "price_low",
        "price_close", "price_mean", "price_std", "volume", "session_date", "session_part",
    ],
    "derivative_session": [
        "derivative_detail_id", "session_date", "session_part", "open", "high", "low", "close",
        "vwap", "contracts", "spread_contracts", "settlement_price", "open_interest", "volume",
    ],
    "spread": ["id", "derivative_id", "name", "near_id", "far_id"],
    "spread_history": [
        "spread_id", "scale", "datetime", "price_open", "price_high", "price_low", "price_close",
        "price_mean", "price_std", "volume", "session_date", "session_part",
    ],
    "spread_session": [
        "spread_id", "session_date", "session_part", "open", "high", "low", "close", "vwap",
        "contracts",
    ],
}  # fmt: skip

CANDLESTICKS = (
    "select * from index join index_history on index.id = index_history.index_id "
    "where index.name = 'TAIEX' and index_history.scale = 5 "
    "and datetime between '2022-03-03' and '2022-03-04' order by index_history.datetime"
)


def id_of(*natural_key: str) -> int:
    """The id that every warehouse gives a natural key."""
    return int(hashlib.md5("|".join(natural_key).encode()).hexdigest()[:15], 16)


def at(text: str) -> dt.datetime:
    """A time without a zone: UTC."""
    return dt.datetime.fromisoformat(text)


TAIEX = id_of("index", "TAIEX")
TX = id_of("derivative", "Futures", "TX")
TX_MARCH = id_of("derivative_detail", "Futures", "TX", "202203")
TX_WEEKLY = id_of("derivative_detail", "Futures", "TX", "202203W2")
TX_APRIL = id_of("derivative_detail", "Futures", "TX", "202204")
TXO = id_of("derivative", "Options", "TXO")
CALL = id_of("derivative_detail", "Options", "TXO", "202203", "17800.0000", "C")
WEEKLY_PUT = id_of("derivative_detail", "Options", "TXO", "202203W2", "17500.0000", "P")
ETF = id_of("derivative", "ETF", "006204")
SPREAD = id_of("spread", "TX", "202203", "202204")
ETF_ITSELF = id_of("derivative_detail", "ETF", "006204")


def test_everything_builds_without_a_complaint(build: Build) -> None:
    assert build.exit_code == 0, build.output
    assert set(build.statuses.values()) == {"success", "pass", "no-op"}
    exposures = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text("utf-8"))
    assert build.named("no-op") == {one["name"] for one in exposures["exposures"]}


def test_marts_have_the_columns_that_readers_rely_on(query: Query) -> None:
    columns = query(
        "select table_name, list(column_name order by ordinal_position) "
        "from information_schema.columns where table_schema = 'marts' group by table_name"
    )
    assert dict(columns) == MARTS


def test_index(query: Query) -> None:
    assert query("select * from index order by name") == [
        (id_of("index", "ELECTRONICS"), "Electronics", "TWSE", "電子類指數"),
        (TAIEX, "TAIEX", "TWSE", "發行量加權股價指數"),
        (id_of("index", "新指數"), "新指數", "TWSE", "新指數"),
    ]


def test_ids_are_pinned() -> None:
    """Stored ids outlive a release: what they are hashed from must not change."""
    assert (TAIEX, TX, TX_MARCH) == (39012989146241061, 1129016259200300030, 493188133569782851)


def test_every_warehouse_hashes_alike() -> None:
    macros = jinja2.Template((PROJECT / "macros/hash_id.sql").read_text(encoding="utf-8")).module
    natural_key = ("derivative_detail", ["'Futures'", "'TX'", "202203"])
    with duckdb.connect() as connection:
        connection.execute("create macro strtol(digits, base) as cast('0x' || digits as bigint)")
        for dialect in ("duckdb", "default"):
            expression = getattr(macros, f"{dialect}__hash_id")(*natural_key)
            assert connection.execute(f"select {expression}").fetchall() == [(TX_MARCH,)]


def test_candlestick_query_runs_as_it_stands(query: Query) -> None:
    first, second = query(CANDLESTICKS)
    index = (TAIEX, "TAIEX", "TWSE", "發行量加權股價指數", TAIEX, 5)
    session = (dt.date(2022, 3, 3), "day")
    prices = (17900.0, 17904.0, 17900.0, 17902.0, 17902.0, pytest.approx(2.0))
    assert first == (*index, at("2022-03-03T01:00"), *prices, *session)
    prices = (*(17905.0,) * 5, None)
    assert second == (*index, at("2022-03-03T01:05"), *prices, *session)


def test_derivative_is_once_per_product_on_an_index(query: Query) -> None:
    assert query("select * from derivative order by name") == [
        (ETF, TAIEX, "006204", "ETF", "永豐臺灣加權"),
        (TX, TAIEX, "TX", "Futures", "臺股期貨"),
        (TXO, TAIEX, "TXO", "Options", "臺指選擇權"),
    ]


def test_derivative_detail_has_contracts_that_traded_as_legs_alone(query: Query) -> None:
    of_futures = query(
        f"select * from derivative_detail where derivative_id = {TX} order by expire"
    )
    assert of_futures == [
        (TX_MARCH, TX, "202203", None, None),
        (TX_WEEKLY, TX, "202203W2", None, None),
        (TX_APRIL, TX, "202204", None, None),
    ]


def test_derivative_detail_has_a_row_per_series_and_one_for_an_etf(query: Query) -> None:
    others = query(f"select * from derivative_detail where derivative_id <> {TX} order by expire")
    assert others == [
        (CALL, TXO, "202203", Decimal("17800.0000"), "C"),
        (WEEKLY_PUT, TXO, "202203W2", Decimal("17500.0000"), "P"),
        (ETF_ITSELF, ETF, None, None, None),
    ]


def test_codes_come_from_the_calendar_and_not_from_the_sessions_loaded(query: Query) -> None:
    codes = query(
        "select c.* from derivative_detail_code as c "
        f"join derivative_detail as d on d.id = c.derivative_detail_id and d.derivative_id = {TX} "
        "order by valid_from, expire_code"
    )
    assert [(detail, code, str(first), str(last)) for detail, code, first, last in codes] == [
        (TX_MARCH, "M+1", "2022-01-20", "2022-02-16"),
        (TX_MARCH, "M", "2022-02-17", "2022-03-16"),
        (TX_APRIL, "M+1", "2022-02-17", "2022-03-16"),
        (TX_WEEKLY, "W+1", "2022-02-24", "2022-03-02"),
        (TX_WEEKLY, "W", "2022-03-03", "2022-03-09"),
        (TX_MARCH, "W+1", "2022-03-03", "2022-03-09"),
        (TX_MARCH, "W", "2022-03-10", "2022-03-16"),
        (TX_APRIL, "M", "2022-03-17", "2022-04-20"),
    ]


def test_an_option_bears_the_codes_of_its_expiry_and_an_etf_none(query: Query) -> None:
    codes = query(
        "select derivative_detail_id, expire_code from derivative_detail_code "
        f"where derivative_detail_id in ({CALL}, {WEEKLY_PUT}, {ETF_ITSELF}) order by all"
    )
    assert codes == sorted(
        [(CALL, code) for code in ("M", "M+1", "W", "W+1")]
        + [(WEEKLY_PUT, "W"), (WEEKLY_PUT, "W+1")]
    )


def _minutes(query: Query, *contracts: int) -> list[tuple[Any, ...]]:
    return query(
        "select derivative_detail_id, datetime, price_open, price_high, price_low, price_close, "
        "price_mean, volume from derivative_detail_history "
        f"where scale = 1 and derivative_detail_id in {contracts} "
        "order by datetime, derivative_detail_id"
    )


def test_history_of_options_and_etf_has_contracts_and_shares(query: Query) -> None:
    assert _minutes(query, CALL, WEEKLY_PUT, ETF_ITSELF) == [
        (CALL, at("2022-03-01T07:00"), 130.0, 130.0, 130.0, 130.0, 130.0, 1),
        (CALL, at("2022-03-03T00:45"), 150.0, 153.0, 150.0, 153.0, 151.0, 3),
        (WEEKLY_PUT, at("2022-03-03T00:47"), 40.0, 40.0, 40.0, 40.0, 40.0, 5),
        (ETF_ITSELF, at("2022-03-03T01:00"), 90.5, 90.6, 90.5, 90.6, 90.55, 4000),
    ]


def test_history_counts_legs_and_has_no_bar_of_legs_alone(query: Query) -> None:
    bars = _minutes(query, TX_MARCH, TX_WEEKLY, TX_APRIL)
    march, weekly = TX_MARCH, TX_WEEKLY
    assert bars == [
        (weekly, at("2022-03-02T00:45"), 17840.0, 17840.0, 17840.0, 17840.0, 17840.0, 1),
        (march, at("2022-03-02T07:00"), 17860.0, 17860.0, 17860.0, 17860.0, 17860.0, 4),
        (march, at("2022-03-03T00:45"), 17900.0, 17904.0, 17900.0, 17904.0, 17902.0, 15),
        (weekly, at("2022-03-03T00:45"), 17910.0, 17910.0, 17910.0, 17910.0, 17910.0, 2),
        (march, at("2022-03-03T00:46"), 17902.0, 17902.0, 17902.0, 17902.0, 17902.0, 1),
    ]


def test_coarse_bar_counts_the_legs_of_minutes_without_a_price(query: Query) -> None:
    [(volume,)] = query(
        f"select volume from derivative_detail_history where derivative_detail_id = {TX_MARCH} "
        "and scale = 60 and datetime = '2022-03-03 00:00:00'"
    )
    assert volume == 5 + 7 + 1 + 3 + 2


def test_history_says_which_part_of_which_session_a_bar_is_of(query: Query) -> None:
    """The night of a session begins on the evening before."""
    bars = query(
        "select datetime, session_date, session_part from derivative_detail_history "
        f"where scale = 60 and derivative_detail_id = {TX_MARCH} order by datetime"
    )
    thursday = dt.date(2022, 3, 3)
    assert bars == [
        (at("2022-03-02T07:00"), thursday, "night"),
        (at("2022-03-03T00:00"), thursday, "day"),
    ]


def _session(query: Query, mart: str, of: int) -> list[tuple[Any, ...]]:
    """What a mart has of a contract, an index or a spread on 2022-03-03, by part."""
    key = MARTS[mart][0]
    columns = ", ".join(MARTS[mart][2:])
    return query(
        f"select {columns} from {mart} where {key} = {of} and session_date = '2022-03-03' "
        "order by session_part"
    )


def test_index_session_is_the_candle_of_a_day(query: Query) -> None:
    prices = (17900.0, 17905.0, 17900.0, 17905.0)
    assert _session(query, "index_session", TAIEX) == [("day", *prices), ("whole", *prices)]


def test_derivative_session_has_the_daily_figures_of_a_contract(query: Query) -> None:
    settled = (17902.0, 100 + 18)
    day_vwap = pytest.approx((17900 * 5 + 17904 * 7 + 17902) / 13)
    vwap = pytest.approx((17860 * 4 + 17900 * 5 + 17904 * 7 + 17902) / 17)
    assert _session(query, "derivative_session", TX_MARCH) == [
        ("day", 17900.0, 17904.0, 17900.0, 17902.0, day_vwap, 13, 5, *settled, 18),
        ("night", 17860.0, 17860.0, 17860.0, 17860.0, 17860.0, 4, 0, None, None, 4),
        ("whole", 17860.0, 17904.0, 17860.0, 17902.0, vwap, 17, 5, *settled, 22),
    ]


def test_derivative_session_counts_legs_without_a_price(query: Query) -> None:
    legs = (None, None, None, None, None, 0, 5, None, 105, 5)
    assert _session(query, "derivative_session", TX_APRIL) == [("day", *legs), ("whole", *legs)]


def test_derivative_session_of_options_and_etf(query: Query) -> None:
    call = (150.0, 153.0, 150.0, 153.0, 151.0, 3, 0, 153.0, 103, 3)
    assert _session(query, "derivative_session", CALL) == [("day", *call), ("whole", *call)]
    etf = (90.5, 90.6, 90.5, 90.6, pytest.approx(90.525), None, None, None, None, 4000)
    assert _session(query, "derivative_session", ETF_ITSELF) == [("day", *etf), ("whole", *etf)]


def test_spreads_say_what_they_traded_at(query: Query) -> None:
    assert query("select * from spread") == [(SPREAD, TX, "TX 202203/202204", TX_MARCH, TX_APRIL)]
    day = (-20.0, -20.0, -21.0, -21.0, pytest.approx(-20.4), 5)
    assert _session(query, "spread_session", SPREAD) == [("day", *day), ("whole", *day)]
    minutes = query(
        "select datetime, price_close, volume, session_date, session_part from spread_history "
        f"where spread_id = {SPREAD} and scale = 1 order by datetime"
    )
    session = (dt.date(2022, 3, 3), "day")
    assert minutes == [
        (at("2022-03-03T00:45"), -20.0, 3, *session),
        (at("2022-03-03T00:50"), -21.0, 2, *session),
    ]


@pytest.mark.usefixtures("build")
def test_views_survive_the_renaming_of_the_database(database: Path, tmp_path: Path) -> None:
    """A finished database is published under another name than it was built under."""
    published = shutil.copy(database, tmp_path / "published.duckdb")
    with duckdb.connect(published, read_only=True) as connection:
        views = connection.execute(
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
        assert views
        for (view,) in views:
            connection.execute(f"select * from {view}").fetchall()


def test_tables_carry_their_descriptions(query: Query) -> None:
    undescribed = query(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts' and coalesce(comment, '') = ''"
    )
    assert undescribed == []


# Each statement breaks one promise; beside it, the tests that must see it, and no other may.
VIOLATIONS = {
    "insert into raw.index_bars select * from raw.index_bars limit 1": {
        "index_bars_agree_with_sessions",
        "index_history_is_complete",
    },
    "delete from raw.futures_bars where product = 'CDF' and scale_minutes = 60": {
        "futures_bars_agree_with_sessions",
    },
    "update raw.futures_bars set spread_contracts = 9 where product = 'UDF'": {
        "futures_bars_agree_with_sessions",
    },
    "update raw.futures_sessions set trades = trades + 1 where session_part = 'whole'": {
        "futures_bars_agree_with_sessions",
    },
    "update raw.futures_sessions set trades = trades + 1 where session_part = 'night'": {
        "futures_bars_agree_with_sessions",
    },
    "update raw.spread_sessions set contracts = 1 where session_part = 'day'": {
        "reconciliation_has_the_volume_of_our_sessions",
        "spread_bars_agree_with_sessions",
        "spread_legs_are_counted_in_their_contracts",
    },
    "update raw.spread_bars set trades = 2 where scale_minutes = 1": {
        "spread_bars_agree_with_sessions",
    },
    "update raw.option_bars set high = 200 where scale_minutes = 5 and strike = 17800": {
        "option_bars_agree_with_sessions",
    },
    "update raw.etf_bars set shares = shares + 1000 where scale_minutes = 1": {
        "derivative_detail_history_is_complete",
        "etf_bars_agree_with_sessions",
    },
    "update raw.products set expiry_rule = 'other' where valid_from = '1998-07-21'": {
        "contracts_bear_the_codes_of_the_calendar",
        "derivative_detail_history_is_complete",
        "products_expiry_rule_never_changes",
        "spread_history_is_complete",
    },
    "update raw.products set underlying = null where valid_from = '1998-07-21'": {
        "products_underlying_never_changes",
    },
    "update raw.products set valid_to = null where product = 'TX'": {
        "products_one_set_of_terms_at_a_time",
        "contracts_bear_the_codes_of_the_calendar",
    },
    "update raw.expire_codes set valid_to = '2022-03-17' where valid_from = '2022-02-17'": {
        "expire_codes_one_expiry_at_a_time",
    },
    "update raw.expire_codes set valid_to = '2022-03-12' where valid_to = '2022-03-09'": {
        "expire_codes_begin_and_end_in_a_session",
        "expire_codes_one_expiry_at_a_time",
    },
    "update raw.indices set name = 'Electronic' where index_name = '電子類指數'": {
        "indices_name_once_per_index",
    },
    "update raw.contracts set expire_code = 'F' where expire_code = 'W+1'": {
        "contracts_bear_the_codes_of_the_calendar",
    },
    "update raw.contracts set product_assumed = false": {
        "contracts_of_known_products",
    },
    "insert into raw.contracts select * from raw.contracts where expiry = '202204'": {
        "contracts_bear_the_codes_of_the_calendar",
        "contracts_one_row_per_code",
    },
    "insert into raw.etfs select * from raw.etfs": {
        "derivative_detail_history_is_complete",
        "etfs_one_row_per_symbol",
    },
    "insert into raw.loads select * from raw.loads limit 1": {
        "loads_one_row_per_session",
    },
    "insert into raw.sessions select * from raw.sessions limit 1": {
        "sessions_one_row_per_session",
    },
    "update raw.sessions set closed_at = '2022-03-07 05:30:00' where session_date = '2022-03-07'": {
        "newest_session_is_loaded",
    },
    "update raw.reconciliation set class = 'unexplained' where product = 'CDF'": {
        "reconciliation_is_explained",
    },
    "update raw.reconciliation set contracts_difference = 1 where product = 'CDF'": {
        "reconciliation_classes_are_as_defined",
    },
    "update raw.reconciliation set computed_contracts = 9, official_contracts = 9"
    " where product = 'TXO' and option_type = 'P'": {
        "reconciliation_has_the_volume_of_our_sessions",
    },
    "update marts.index set name = 'Main' where name = 'TAIEX'": {
        "index_taiex_is_named_taiex",
    },
    "delete from marts.derivative": {
        "derivative_detail_of_a_derivative",
        "spread_of_a_derivative",
    },
    "delete from marts.derivative_detail where option_type = 'P'": {
        "derivative_detail_code_of_a_contract",
        "derivative_history_of_a_contract",
        "derivative_session_of_a_contract",
    },
    "update marts.derivative_detail set option_type = null where option_type = 'P'": {
        "derivative_detail_is_a_whole_contract",
    },
    "update marts.derivative_detail_code set valid_from = '2022-03-16' where expire_code = 'M'": {
        "expire_codes_of_a_derivative_do_not_overlap",
    },
    "insert into intermediate.int_contracts"
    " select * from intermediate.int_contracts where option_type = 'P'": {
        "contracts_one_row_per_contract_and_session",
    },
    "delete from intermediate.int_derivative_history where scale = 30": {
        "derivative_detail_history_is_complete",
    },
    "insert into intermediate.int_derivative_history"
    " select * from intermediate.int_derivative_history where price_open = 40": {
        "derivative_detail_history_is_complete",
        "derivative_history_one_row_per_bar",
    },
    "update intermediate.int_derivative_history set volume = 0 where price_open = 40": {
        "derivative_detail_history_is_complete",
        "derivative_history_bars_are_sound",
    },
    "insert into intermediate.int_index_history"
    " select * from intermediate.int_index_history where price_open = 850": {
        "index_history_is_complete",
        "index_history_one_row_per_bar",
    },
    "update intermediate.int_index_history set price_high = price_low - 1 where price_open = 850": {
        "index_history_bars_are_sound",
        "index_session_agrees_with_its_history",
    },
    "insert into raw.daily_report select * from raw.daily_report where product = 'CDF'": {
        "daily_report_one_row_per_contract",
    },
    "update marts.spread set far_id = 1": {
        "spread_has_a_far_leg",
    },
    "delete from marts.spread": {
        "spread_history_of_a_spread",
        "spread_session_of_a_spread",
    },
    "insert into intermediate.int_spreads select * from intermediate.int_spreads": {
        "spreads_one_row_per_spread_and_session",
    },
    "delete from intermediate.int_spread_history where scale = 30": {
        "spread_history_is_complete",
    },
    "update intermediate.int_spread_history set price_mean = 0 where scale = 30": {
        "spread_history_bars_are_sound",
    },
    "insert into intermediate.int_spread_history"
    " select * from intermediate.int_spread_history where scale = 5 limit 1": {
        "spread_history_is_complete",
        "spread_history_one_row_per_bar",
    },
    "update intermediate.int_spread_session set close = -20 where session_part = 'whole'": {
        "spread_session_agrees_with_its_history",
    },
    "insert into intermediate.int_spread_session"
    " select * from intermediate.int_spread_session where session_part = 'day'": {
        "spread_session_agrees_with_its_history",
        "spread_session_one_row_per_part",
        "spread_session_parts_add_up",
    },
    "update intermediate.int_derivative_session set contracts = contracts + 1"
    " where session_part = 'night'": {
        "derivative_session_parts_add_up",
    },
    "update intermediate.int_derivative_session set vwap = 1 where session_part = 'day'": {
        "derivative_session_figures_are_sound",
    },
    "delete from intermediate.int_derivative_session where volume = 5 and contracts = 5": {
        "derivative_session_agrees_with_its_history",
    },
    "delete from intermediate.int_index_session where session_part = 'whole'": {
        "index_session_agrees_with_its_history",
        "index_session_parts_add_up",
    },
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_violation_is_seen_by_the_right_tests(
    violation: str, build: Build, database: Path, tmp_path: Path
) -> None:
    assert build.seen_by(violation, database, tmp_path) == VIOLATIONS[violation]


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database that is built again: dbt reads its whole project for one of another path."""
    return tmp_path_factory.mktemp("again") / "warehouse.duckdb"


def _built(database: Path, again: Path, *changes: str) -> Build:
    """Changes a copy of a database and builds it; other subjects and unit tests are in `build`."""
    if database != again:
        shutil.copy(database, again)
    with duckdb.connect(str(again)) as connection:
        for change in changes:
            connection.execute(change)
    of_taiwan = ("--select", *dbt_runs.selection("taiwan").split())
    no_units = ("--exclude-resource-type", "unit_test")
    return run_dbt(again, again.parent / "target", "build", *of_taiwan, *no_units)


def test_duplicate_bar_stops_the_build_before_the_marts(raw_database: Path, again: Path) -> None:
    twice = (
        "insert into raw.futures_bars "
        "select * from raw.futures_bars where product = 'TX' and scale_minutes = 1 limit 1"
    )
    built = _built(raw_database, again, twice)
    assert built.exit_code == 1
    assert built.named("error") == set()
    assert built.named("fail") == {
        "derivative_history_one_row_per_bar",
        "futures_bars_agree_with_sessions",
    }
    assert "derivative_detail_history" in built.named("skipped")


# What was built of sessions is marked: a run that renews a session takes its mark away.
MARK = "update intermediate.int_derivative_history set volume = volume + 1000000"
MARKED = (
    "select distinct session_date from intermediate.int_derivative_history "
    "where volume > 1000000 order by 1"
)


def _built_again(database: Path, again: Path, *changes: str) -> tuple[Build, list[str]]:
    """Marks what is there, changes something and builds; tells which sessions were left alone."""
    built = _built(database, again, MARK, *changes)
    with duckdb.connect(str(again), read_only=True) as connection:
        return built, [str(day) for (day,) in connection.execute(MARKED).fetchall()]


@pytest.mark.usefixtures("build")
def test_a_run_renews_the_sessions_that_were_loaded_anew_and_no_other(
    database: Path, again: Path
) -> None:
    anew = "update raw.loads set load_id = 'b' where key = '2022-03-03'"
    built, left_alone = _built_again(database, again, anew)
    assert built.exit_code == 0, built.output
    assert left_alone == ["2022-03-02"]


@pytest.mark.usefixtures("build")
def test_a_run_with_nothing_new_renews_nothing(database: Path, again: Path) -> None:
    built, left_alone = _built_again(database, again)
    assert built.exit_code == 0, built.output
    assert left_alone == ["2022-03-02", "2022-03-03"]


@pytest.mark.usefixtures("build")
def test_a_session_that_is_no_longer_loaded_goes(database: Path, again: Path) -> None:
    bars = [name for name, table in RAW.items() if "session_date" in table.column_names]
    gone = [
        f"delete from raw.{name} where session_date = '2022-03-02'"
        for name in bars
        if name not in ("sessions", "closures")
    ]
    gone.append("delete from raw.loads where key = '2022-03-02'")
    built, left_alone = _built_again(database, again, *gone)
    assert built.exit_code == 0, built.output
    assert left_alone == ["2022-03-03"]
    with duckdb.connect(str(again), read_only=True) as connection:
        sessions = connection.execute(
            "select distinct session_date from intermediate.int_contracts order by 1"
        ).fetchall()
    assert sessions == [(dt.date(2022, 3, 3),)]


@pytest.mark.usefixtures("build")
def test_another_underlying_builds_every_session_anew(database: Path, again: Path) -> None:
    elsewhere = "update raw.products set underlying = 'ELECTRONICS' where product = 'TXO'"
    built, left_alone = _built_again(database, again, elsewhere)
    assert built.exit_code == 0, built.output
    assert left_alone == []


@pytest.mark.usefixtures("build")
def test_a_run_that_failed_is_made_up_for_by_the_next(database: Path, again: Path) -> None:
    anew = "update raw.loads set load_id = 'b' where key = '2022-03-03'"
    doubled = "insert into raw.loads values ('taiwan', '2022-03-03', 'b')"
    built, _ = _built_again(database, again, anew, doubled)
    assert built.named("fail") == {"loads_one_row_per_session"}
    none = "delete from raw.loads where key = '2022-03-03'"
    once = "insert into raw.loads values ('taiwan', '2022-03-03', 'b')"
    built, left_alone = _built_again(again, again, none, once)
    assert built.exit_code == 0, built.output
    assert left_alone == ["2022-03-02"]


def test_parse_needs_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDEXTRACKER_DBT_DATABASE", raising=False)
    assert run_dbt(None, tmp_path, "parse").exit_code == 0


def test_sources_are_tables_of_the_catalogue() -> None:
    columns = {}
    for file in (PROJECT / "models").rglob("sources.yml"):
        [source] = yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]
        columns |= {
            table["name"]: [column["name"] for column in table["columns"]]
            for table in source["tables"]
            if file.parent.name != "books"  # what the loader keeps of itself
        }
    assert set(columns) == set(RAW)
    for table, names in columns.items():
        assert set(names) <= set(RAW[table].column_names)


def test_every_model_has_its_description_beside_it() -> None:
    for model in (PROJECT / "models").rglob("*.sql"):
        [declared] = yaml.safe_load(model.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
        assert declared["name"] == model.stem
        assert all(column["description"] for column in declared["columns"])
        assert declared["description"].startswith("One row per "), model.stem
