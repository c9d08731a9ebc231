"""Every check and audit of the catalogue runs, passes good rows and finds what it is there for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.good_rows import CLOSED, OPENED, SESSION, Row, key, put, rows

from indextracker.lake import Lake, checks
from indextracker.lake.checks import examine, rules
from indextracker_catalogue import AUDITS, TABLES, Table
from indextracker_catalogue import taiwan as t

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)
AUDIT = "volume_equals_control_totals"
# A reject is a finding by itself, as are what documents say differently, and prices of suspects.
BY_THEMSELVES = {"no_rejects", "no_dead_letters", "documents_agree", "moves_and_actions_fit"}
# The store refuses null keys, see its tests. Audits compare
# tables, which takes more than a row: they are tested where Spark's facts are.
NOT_PLANTED = {
    *BY_THEMSELVES,
    "key_not_null",
    "key_unique",
    *(audit.name for audit in AUDITS),
}


@dataclass(frozen=True)
class Plant:
    """Cells that make a good row break one rule."""

    table: str
    rule: str
    cells: Row

    def __str__(self) -> str:
        return f"{self.table}: {self.rule}: {self.cells}"


FEEDS = [
    path for path, table in TABLES.items() if table.layer == "bronze" and table.writes != "append"
]
OF_ONE_DOCUMENT = [path for path in FEEDS if not TABLES[path].imported]
BARS = [f"gold/{fact}_bars" for fact in ("index", "etf", "futures", "spread", "option")]
SESSIONS = [f"gold/{fact}_sessions" for fact in ("index", "etf", "futures", "spread", "option")]
OF_A_PART = BARS[2:]
FUTURES = ("gold/futures_bars", "gold/futures_sessions")
WEIGHTED = (
    *FUTURES,
    "gold/spread_bars",
    "gold/spread_sessions",
    "gold/etf_bars",
    "gold/etf_sessions",
)
OPTIONS = ("gold/option_bars", "gold/option_sessions")
IMPLIED, SMILES = "gold/implied_volatility", "gold/volatility_smiles"
UNPRICED = dict.fromkeys(("open", "high", "low", "close", "mean", "std", "vwap"))

PLANTS = (
    *(Plant(table, "session_part_known", {"session_part": "whole"}) for table in (IMPLIED, SMILES)),
    Plant(IMPLIED, "volatility_or_reason", {"volatility": None}),
    Plant(IMPLIED, "volatility_or_reason", {"reason": "no forward"}),
    *(Plant(IMPLIED, "not_stale", {"age_seconds": age}) for age in (-1, 901)),
    Plant(IMPLIED, "volatility_positive", {"volatility": 0.0}),
    *(Plant(IMPLIED, "greeks_have_their_signs", {"delta": delta}) for delta in (-0.1, 1.1)),
    Plant(IMPLIED, "greeks_have_their_signs", {"option_type": "P"}),
    *(Plant(IMPLIED, "greeks_have_their_signs", {name: -1.0}) for name in ("gamma", "vega")),
    Plant(SMILES, "smile_or_reason", {"svi_a": None}),
    Plant(SMILES, "smile_or_reason", {"reason": "few strikes"}),
    Plant(SMILES, "no_butterfly_arbitrage", {"least_density_factor": -0.1}),
    Plant(SMILES, "no_calendar_arbitrage", {"crossedness": 0.001}),
    *(Plant(table, "document_named", {"document": None}) for table in OF_ONE_DOCUMENT),
    *(Plant(table, "line_splits", {"text": "one,two"}) for table in FEEDS),
    Plant(
        "silver/sessions", "opens_before_close", {"opened_at": datetime(2024, 12, 17, tzinfo=UTC)}
    ),
    Plant("silver/sessions", "previous_is_before", {"previous_session_date": SESSION}),
    Plant("silver/products", "valid_period", {"valid_to": date(2024, 12, 13)}),
    Plant("silver/products", "multiplier_positive", {"multiplier": 0.0}),
    Plant("silver/expiries", "settles_after_trading", {"final_settlement_date": SESSION}),
    Plant("silver/expire_codes", "valid_period", {"valid_from": date(2024, 12, 19)}),
    Plant("silver/index_levels", "level_positive", {"level": 0.0}),
    Plant("silver/index_levels", "name_mapped", {"index_id": "水泥類指數"}),
    Plant("silver/futures_trades", "session_part_known", {"session_part": "whole"}),
    Plant("silver/futures_trades", "expiry_form", {"expiry": "202413"}),
    Plant("silver/futures_trades", "expiry_form", {"expiry": "202412W"}),
    Plant("silver/futures_trades", "expiry_form", {"expiry": "202412/202501"}),
    Plant("silver/futures_trades", "price_positive", {"price": 0.0}),
    Plant("silver/futures_trades", "contracts_positive", {"contracts": 0}),
    Plant("silver/futures_spreads", "session_part_known", {"session_part": "evening"}),
    Plant("silver/futures_spreads", "legs_give_price", {"price": 0.15}),
    Plant("silver/futures_spreads", "contracts_positive", {"contracts": 0}),
    *(
        Plant(table, "option_type_known", {"option_type": "X"})
        for table in ("silver/option_trades", "silver/daily_report", *OPTIONS, IMPLIED)
    ),
    Plant("silver/option_trades", "session_part_known", {"session_part": "whole"}),
    Plant("silver/option_trades", "expiry_form", {"expiry": "202412/202501"}),
    Plant("silver/option_trades", "price_positive", {"price": 0.0}),
    Plant("silver/option_trades", "strike_positive", {"strike": Decimal(0)}),
    Plant("silver/option_trades", "sides_positive", {"sides": 0}),
    Plant("silver/etf_trades", "price_positive", {"price": 0.0}),
    Plant("silver/etf_trades", "shares_positive", {"shares": 0}),
    Plant("silver/etf_trades", "side_known", {"side": "hold"}),
    Plant("silver/daily_report", "session_part_known", {"session_part": "whole"}),
    Plant("silver/daily_report", "low_to_high", {"low": 2.1}),
    Plant("silver/daily_report", "low_to_high", {"high": 2.9}),
    Plant("silver/daily_report", "contracts_not_negative", {"contracts": -1}),
    Plant("silver/contracts", "product_known", {"product_assumed": True}),
    Plant("silver/contracts", "expiry_dated", {"last_trading_date": None}),
    *(
        Plant(table, "low_to_high", cells)
        for table in (*BARS, *SESSIONS)
        for cells in ({"low": 2.1}, {"high": 2.9}, {"mean": 0.9}, {"mean": 4.1})
    ),
    *(Plant(table, "scale_known", {"scale_minutes": 10}) for table in BARS),
    *(Plant(table, "session_part_known", {"session_part": "whole"}) for table in OF_A_PART),
    *(Plant(table, "session_part_known", {"session_part": "evening"}) for table in SESSIONS),
    *(Plant(table, "vwap_between", {"vwap": vwap}) for table in WEIGHTED for vwap in (0.9, 4.1)),
    *(Plant(table, "priced_where_traded", {"trades": 0}) for table in FUTURES),
    *(Plant(table, "priced_where_traded", UNPRICED) for table in FUTURES),
    *(Plant(table, "something_traded", {"contracts": 0}) for table in FUTURES),
    Plant("gold/continuous_futures", "session_part_known", {"session_part": "whole"}),
    Plant("gold/continuous_futures", "low_to_high", {"low": 2.1}),
    Plant("gold/continuous_futures", "vwap_between", {"vwap": 4.1}),
    Plant("gold/continuous_futures", "scale_known", {"scale_minutes": 10}),
    *(
        Plant(table, rule, cells)
        for table in ("gold/continuous_futures", "gold/futures_rolls")
        for rule, cells in (
            ("rule_known", {"roll_rule": "by hand"}),
            ("position_known", {"position": 0}),
            ("position_known", {"position": 4}),
        )
    ),
    Plant("gold/futures_rolls", "gives_way_to_a_later", {"to_expiry": "202412"}),
    *(
        Plant("gold/futures_rolls", "gap_or_reason", cells)
        for cells in (
            {"gap": None},
            {"gap_reason": "not traded"},
            {"common_minutes": 0},
            {"ratio": None},
        )
    ),
    Plant("gold/futures_rolls", "ratio_positive", {"ratio": 0.0}),
    Plant("gold/basis", "session_part_known", {"session_part": "whole"}),
    Plant("gold/basis", "prices_positive", {"future_price": 0.0}),
    Plant("gold/etf_deviation", "prices_positive", {"price": 0.0}),
    *(
        Plant(table, rule, cells)
        for table, fresh in (
            ("gold/basis", "basis_where_fresh"),
            ("gold/etf_deviation", "ratio_where_fresh"),
        )
        for rule, cells in (
            ("prices_positive", {"index_level": 0.0}),
            ("index_not_ahead", {"index_observed_at": CLOSED}),
            ("index_not_ahead", {"index_age_seconds": -1.0}),
            (fresh, {"index_age_seconds": 15.5}),
            (fresh, {"index_level": None, "index_age_seconds": None}),
        )
    ),
    Plant("gold/basis", "basis_where_fresh", {"basis": None}),
    Plant("gold/basis", "carry_within_reason", {"annualised_carry": -1.1}),
    Plant("gold/etf_deviation", "ratio_where_fresh", {"ratio": None}),
    Plant("gold/etf_deviation", "reference_is_before", {"reference_date": SESSION}),
    Plant("gold/etf_deviation", "deviation_within_reason", {"deviation_percent": 10.1}),
    *(
        Plant(table, "session_part_known", {"session_part": "evening"})
        for table in ("gold/option_flow", "gold/option_flow_expiries")
    ),
    Plant("gold/option_flow", "traded_in_parts", {"call_contracts": 0, "put_contracts": 0}),
    Plant("gold/option_flow", "nothing_negative", {"put_turnover": Decimal(-1)}),
    Plant("gold/option_flow", "nothing_negative", {"call_open_interest": -1}),
    Plant("gold/option_flow_expiries", "ratios_not_negative", {"put_call_turnover": -0.1}),
    Plant("gold/volatility_index", "known_or_reason", {"volatility_index": None}),
    Plant("gold/volatility_index", "known_or_reason", {"reason": "no future"}),
    Plant("gold/volatility_index", "index_positive", {"volatility_index": 0.0}),
    Plant("gold/volatility_index", "next_after_near", {"next_years": 0.05}),
    Plant("silver/equities_daily", "prices_ordered", {"low": 2.1}),
    Plant("silver/equities_daily", "prices_ordered", {"high": 2.9}),
    Plant("silver/equities_daily", "price_positive", {"low": 0.0}),
    Plant("silver/equities_daily", "shares_positive", {"shares": 0}),
    Plant("silver/equities_daily", "delivery_within_shares", {"deliverable_shares": 1_001}),
    Plant("silver/equities_daily", "vwap_gives_turnover", {"shares": 6_161_122_183}),
    Plant("silver/equities_daily", "vwap_gives_turnover", {"vwap": None}),
    Plant("silver/instruments", "valid_for_a_session", {"valid_to": date(2000, 1, 1)}),
    Plant("silver/nse_days", "opens_before_close", {"closed_at": datetime(2024, 1, 1, tzinfo=UTC)}),
    Plant("silver/nse_days", "sessions_have_hours", {"is_session": False}),
    Plant("silver/nse_days", "sessions_have_hours", {"opened_at": None}),
    Plant("gold/equity_factors", "factor_positive", {"factor": 0.0}),
    Plant("gold/equity_factors", "valid_for_a_session", {"valid_to": date(2000, 1, 1)}),
    Plant(
        "bronze/nse_full_bhavcopy",
        "delivery_percent_is_of_the_shares",
        {"shares": "1000", "deliverable_shares": "500", "deliverable_percent": "50.02"},
    ),
    Plant("silver/market_caps", "face_value_positive", {"face_value_inr": 0.0}),
    Plant("gold/equities_adjusted", "factor_positive", {"factor": 0.0}),
    Plant("gold/equities_adjusted", "factor_known", {"factor": None, "factor_missing": "no price"}),
    Plant("gold/equities_adjusted", "factor_has_a_reason", {"reason": None}),
    Plant("gold/equity_returns", "range_holds_the_close", {"close": 4.1}),
    Plant("gold/equity_returns", "range_holds_the_close", {"low_52_weeks": 3.1}),
    Plant("gold/equity_returns", "nothing_is_lost_twice", {"return_1": -1.5}),
    Plant("gold/equity_breadth", "every_security_is_counted", {"declines": 2}),
    Plant("silver/index_closes", "close_positive", {"close": 0.0}),
    Plant("silver/equity_snapshots", "last_positive", {"last": 0.0}),
    Plant("silver/equity_snapshots", "prices_ordered", {"last": 4.0}),
    Plant("silver/corporate_actions", "ratio_known", {"ratio": None}),
    *(
        Plant(f"silver/news_{of}", "sentiment_within_one", {"sentiment_score": -1.1})
        for of in ("articles", "tickers")
    ),
    *(
        Plant(f"silver/news_{of}", "relevance_within_one", {"relevance_score": 1.1})
        for of in ("tickers", "topics")
    ),
    Plant("silver/file_prices", "high_not_below_low", {"high": 0.5, "close": 0.5, "open": 0.5}),
    Plant("silver/file_prices", "close_within_high_and_low", {"close": 4.5}),
    Plant("silver/file_prices", "close_within_high_and_low", {"open": 0.5}),
    Plant("silver/file_prices", "price_above_zero", {"low": -36.98}),
    Plant("silver/file_prices", "volume_not_negative", {"volume": -1.0}),
    Plant("silver/file_documents", "state_known", {"state": "lost"}),
    Plant("silver/file_documents", "file_is_loaded", {"state": "refused"}),
    Plant(
        "silver/file_documents",
        "first_not_after_last",
        {"last_at": datetime(2024, 1, 1, tzinfo=UTC)},
    ),
    Plant("gold/strategy_runs", "kind_known", {"kind": "trial"}),
    Plant("gold/strategy_runs", "days_in_order", {"last_date": date(2024, 1, 1)}),
    Plant("gold/strategy_trades", "side_known", {"side": "short"}),
    Plant("gold/strategy_trades", "shares_above_zero", {"shares": 0.0}),
    Plant(
        "gold/strategy_trades", "decided_before_filled", {"decided_at": CLOSED + timedelta(hours=1)}
    ),
    Plant("gold/strategy_figures", "scope_known", {"scope": "month"}),
    Plant("gold/strategy_figures", "shares_within_one", {"hit_rate": 1.5}),
    Plant("gold/strategy_figures", "shares_within_one", {"deflated_sharpe": -0.1}),
    Plant("silver/news_days", "session_not_before", {"day": date(2024, 12, 17)}),
    Plant("silver/news_days", "next_is_later", {"next_session_date": SESSION}),
    Plant("silver/news_days", "session_lasts", {"opened_at": datetime(2024, 12, 17, tzinfo=UTC)}),
    Plant("bronze/quote_events", "an_event_or_why_not", {"text": "{"}),
    Plant("bronze/trade_records", "an_event_or_why_not", {"text": "{"}),
    Plant("silver/quotes", "price_there", {"price": None}),
    Plant("silver/quotes", "size_not_negative", {"size": -1}),
    Plant("silver/alerts", "kind_known", {"kind": "rumour"}),
    Plant("silver/alerts", "window_in_order", {"window_end": OPENED - timedelta(seconds=1)}),
    Plant("silver/alerts", "sent_to_somebody", {"sent_at": CLOSED}),
    Plant("silver/trade_events", "price_positive", {"price": 0.0}),
    Plant("silver/trade_events", "operation_known", {"operation": "gift"}),
    Plant("gold/quote_bars", "prices_within_range", {"open": 5.0}),
    Plant("gold/quote_bars", "has_quotes", {"quotes": 0}),
    Plant("gold/trade_counts", "counts_something", {"purchases": 0}),
    Plant("gold/trade_counts", "low_below_high", {"low": 95.0}),
    Plant("gold/news_stories", "place_known", {"place": "rumours"}),
    Plant("gold/news_sentiment_daily", "scores_within_stories", {"scored_stories": 3}),
    Plant("gold/news_sentiment_daily", "scores_within_stories", {"scored_before_open": 2}),
    Plant("gold/news_sentiment_daily", "mean_sentiment_within_one", {"sentiment": -1.1}),
    Plant("gold/news_sentiment_daily", "mean_sentiment_within_one", {"sentiment_before_open": 2.0}),
    Plant("gold/sentiment_returns", "no_figure_of_few_events", {"events": 29}),
    Plant("gold/sentiment_returns", "no_figure_of_few_events", {"sessions": 19}),
    Plant("gold/sentiment_returns", "a_figure_or_what_is_too_few", {"too_few": "29 events of 30"}),
    Plant("gold/sentiment_returns", "mean_within_its_interval", {"mean_return": 0.02}),
    Plant("gold/forecast_features", "volume_within_one", {"signed_volume": -1.1}),
    Plant("gold/forecast_features", "range_not_negative", {"range_5": -0.1}),
    Plant("gold/forecast_features", "features_known", {"basis": None}),
    Plant("gold/forecast_values", "trained_on_enough", {"training_sessions": 19}),
    Plant("gold/forecast_values", "trained_on_enough", {"ridge": None}),
    Plant("gold/forecasts", "a_figure_or_why_not", {"missing": "19 sessions to train on of 20"}),
    Plant("gold/forecasts", "r2_at_most_one", {"r2": 1.1}),
    Plant("gold/forecasts", "hit_rate_is_a_part", {"hit_rate": -0.1}),
    Plant("gold/market_days", "series_known", {"series": "nifty"}),
    Plant("gold/market_correlations", "adjusted_upwards", {"adjusted_p_value": 0.004}),
    Plant("gold/market_correlations", "a_figure_or_why_not", {"missing": "29 days of 30"}),
    Plant("gold/reconciliation", "session_part_known", {"session_part": "whole"}),
    Plant("gold/reconciliation", "class_known", {"class": "nearly equal"}),
    Plant("gold/reconciliation", "explained", {"class": "unexplained"}),
    Plant("gold/realised_volatility", "session_part_known", {"session_part": "whole"}),
    Plant("gold/realised_volatility", "asset_known", {"asset": "MTX"}),
    Plant("gold/realised_volatility", "low_to_high", {"low": 2.5}),
    Plant("gold/realised_volatility", "measured_where_prices", {"realised_volatility": None}),
    Plant("gold/realised_volatility", "p_value_between", {"jump_p_value": 1.5}),
    Plant("gold/volatility_forecasts", "asset_known", {"asset": "MTX"}),
    Plant("gold/volatility_forecasts", "not_negative", {"next_session_volatility": -1.0}),
    Plant("gold/volatility_forecasts", "a_forecast_or_why_not", {"next_month_missing": None}),
    Plant("gold/lead_lag", "lead_in_range", {"lead_seconds": -61}),
    Plant("gold/lead_lag", "interval_in_order", {"lead_low_seconds": 12.0}),
    Plant("gold/lead_lag", "information_shares_between", {"information_share_high": 1.1}),
    Plant("gold/lead_lag", "information_shares_between", {"information_share_low": 0.95}),
    Plant("gold/lead_lag_correlations", "lag_in_range", {"lag_seconds": 61}),
    Plant("gold/lead_lag_correlations", "interval_in_order", {"correlation_low": 0.7}),
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def broken_rules(lake: Lake, table: Table) -> dict[str, int]:
    """The rules that rows of the session break, and how many do."""
    findings = examine(lake, table, None if table.is_whole else [key(table)])
    assert [finding.rule for finding in findings] == rules(table)
    for finding in findings:
        assert bool(finding.examples) == bool(finding.bad_rows)
    return {finding.rule.name: finding.bad_rows for finding in findings if finding.bad_rows}


@EVERY_TABLE
def test_an_empty_table_breaks_no_rule(lake: Lake, table: Table) -> None:
    assert broken_rules(lake, table) == {}
    lake.ensure([table])
    assert broken_rules(lake, table) == {}


@EVERY_TABLE
def test_a_good_row_breaks_no_rule(lake: Lake, table: Table) -> None:
    put(lake, table, rows(table, {}))
    # A row without those that it follows from breaks an audit, as it should.
    audits = {audit.name for audit in AUDITS if audit.on == table.path and audit.reads}
    expected = {rule.name: 1 for rule in rules(table) if rule.name in BY_THEMSELVES}
    found = broken_rules(lake, table)
    assert {name: rows for name, rows in found.items() if name not in audits} == expected


@EVERY_TABLE
def test_rows_that_share_a_key_are_found(lake: Lake, table: Table) -> None:
    put(lake, table, rows(table, {}, {}))
    assert broken_rules(lake, table)["key_unique"] == 1


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_a_planted_row_is_found(lake: Lake, plant: Plant) -> None:
    table = TABLES[plant.table]
    put(lake, table, rows(table, plant.cells))
    assert broken_rules(lake, table)[plant.rule] == 1


def test_every_check_has_its_plant() -> None:
    declared = {(path, rule.name) for path, table in TABLES.items() for rule in rules(table)}
    planted = {(plant.table, plant.rule) for plant in PLANTS}
    assert {(path, name) for path, name in declared if name not in NOT_PLANTED} == planted


def test_other_sessions_are_not_examined(lake: Lake) -> None:
    other = date(2024, 12, 17)
    changes = {"session_date": other, "price": 0.0}
    lake.replace(t.FUTURES_TRADES, rows(t.FUTURES_TRADES, {}, changes), [str(SESSION), str(other)])
    assert broken_rules(lake, t.FUTURES_TRADES) == {}


def test_many_keys_are_examined_a_part_at_a_time(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [SESSION, date(2024, 12, 17), date(2024, 12, 18)]
    changes = [{"session_date": day, "price": 0.0} for day in days]
    keys = [*map(str, days)]
    lake.replace(t.FUTURES_TRADES, rows(t.FUTURES_TRADES, *changes), keys)
    whole = examine(lake, t.FUTURES_TRADES, keys)
    monkeypatch.setattr(checks, "KEYS_AT_ONCE", 2)
    parts = examine(lake, t.FUTURES_TRADES, keys)
    for one, other in zip(whole, parts, strict=True):
        assert (one.rule, one.bad_rows, one.keys) == (other.rule, other.bad_rows, other.keys)
        assert {*one.examples} == {*other.examples}
    [found] = [one for one in whole if one.bad_rows]
    assert (found.bad_rows, found.keys) == (3, tuple(keys))


def test_a_finding_shows_its_first_rows(lake: Lake) -> None:
    lines = [{"line": line, "price": 0.0} for line in range(1, 6)]
    lake.replace(t.FUTURES_TRADES, rows(t.FUTURES_TRADES, *lines), [str(SESSION)])
    (found,) = [
        one for one in examine(lake, t.FUTURES_TRADES, [SESSION.isoformat()]) if one.bad_rows
    ]
    assert (found.rule.name, found.bad_rows, len(found.examples)) == ("price_positive", 5, 3)
    assert found.examples[0].startswith("session_date 2024-12-16, line 1,")
    assert found.keys == ("2024-12-16",)


# the audit of volumes: the good trade is of 4 contracts, the good spread of 1 in each leg


@pytest.mark.parametrize(
    ("official", "breakers"),
    [
        ([{"total_volume": "12"}], 0),
        ([{"total_volume": "14"}], 1),
        ([{"total_volume": "8"}], 1),
        ([{"total_volume": "12"}, {"line": 3, "product": "MTX", "total_volume": "2"}], 1),
        ([{"product": "MTX", "total_volume": "12"}], 2),
        ([{"total_volume": "12"}, {"line": 9, "product": "", "total_volume": "12"}], 0),
        ([{"total_volume": "12"}, {"line": 9, "text": "?", "total_volume": "2"}], 0),
        ([{"total_volume": "n/a"}], 1),
        ([], 0),
    ],
    ids=[
        "equal",
        "more in the totals",
        "less in the totals: spreads count four times",
        "a product without trades",
        "another product",
        "the grand total is of no product",
        "a line that does not split has no volume",
        "a volume that is no number is none",
        "no totals, no audit",
    ],
)
def test_volumes_are_held_against_the_control_totals(
    lake: Lake, official: list[Row], breakers: int
) -> None:
    for table in (t.FUTURES_TRADES, t.FUTURES_SPREADS):
        lake.replace(table, rows(table, {}), [str(SESSION)])
    lake.replace(t.TAIFEX_VOLUME_TOTALS, rows(t.TAIFEX_VOLUME_TOTALS, *official), [str(SESSION)])
    assert broken_rules(lake, t.FUTURES_TRADES) == ({AUDIT: breakers} if breakers else {})
