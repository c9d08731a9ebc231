"""Breaking any one rule of time, contracts, volume or bars makes the lake differ from the truth.

Each case changes one place in the source, runs the jobs of the tables named, and finds that every
one of them differs.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from end_to_end.breaking import broken
from end_to_end.market import (
    AFTER_NEW_YEAR,
    AFTER_TYPHOON,
    BEFORE_TYPHOON,
    MONDAY,
    THIRD_WEDNESDAY,
    TRUE_TABLES,
    Market,
)

from indextracker_spark.jobs import JOBS

READ = "indextracker_spark.taiwan"
BARS = "indextracker_spark.bars"
EXPIRIES = "indextracker_spark.expiries"
TABLES = "indextracker_spark.tables.taiwan"
FILES = "indextracker.feeds.taifex"
REPORTS = "indextracker.feeds.twse"
CALENDARS = "indextracker.calendars"

LEVELS = "silver/index_levels"
TRADES = "silver/futures_trades"
SPREADS = "silver/futures_spreads"
REJECTS = "silver/rejects"
CONTRACTS = "silver/contracts"
INDEX_BARS = "gold/index_bars"
INDEX_SESSIONS = "gold/index_sessions"
FUTURES_BARS = "gold/futures_bars"
FUTURES_SESSIONS = "gold/futures_sessions"
SPREAD_BARS = "gold/spread_bars"

# silver/contracts follows from these two, which follow from the calendar.
CALENDAR_JOBS = ("silver/expiries", "silver/expire_codes")


@dataclass(frozen=True)
class Case:
    """A rule in words, where it stands, what stands there instead, and what must differ then."""

    rule: str
    module: str
    code: str
    instead: str
    tables: tuple[str, ...]
    session: date = THIRD_WEDNESDAY


TIME = (
    Case(
        "stored times are UTC instants",
        READ,
        "UTC_OFFSET_SECONDS = 8 * 3600",
        "UTC_OFFSET_SECONDS = 0",
        (LEVELS, TRADES, SPREADS),
    ),
    Case(
        "days that the exchange closed are no sessions",
        CALENDARS,
        "sessions -= {closure.day for closure in reference.closures()"
        " if closure.exchange == exchange}",
        "pass",
        (CONTRACTS,),
        AFTER_NEW_YEAR,
    ),
    Case(
        "a trade belongs to the session of its file",
        READ,
        '"*",\n        F.when(at_night',
        '*bronze.drop("session_date").columns, "reads_well", "reject_reason",\n'
        '        F.coalesce(day, "session_date").alias("session_date"),\n        F.when(at_night',
        (TRADES, SPREADS),
    ),
    Case(
        "a trade of the day before is of the night",
        READ,
        '(day < F.col("session_date")) | (seconds < _seconds(NIGHT_ENDS))',
        "seconds < _seconds(NIGHT_ENDS)",
        (TRADES, SPREADS),
    ),
    Case(
        "Monday's session holds Friday night",
        READ,
        '(day < F.col("session_date")) |',
        '(day == F.date_sub("session_date", 1)) |',
        (TRADES, SPREADS),
        MONDAY,
    ),
    Case(
        "a trade before 08:00:00 is of the night",
        READ,
        'NIGHT_ENDS = "08:00:00"',
        'NIGHT_ENDS = "00:00:00"',
        (TRADES, SPREADS),
    ),
    Case(
        "a trade at 08:00:00 is of the day",
        READ,
        "seconds < _seconds(NIGHT_ENDS)",
        "seconds <= _seconds(NIGHT_ENDS)",
        (TRADES, SPREADS),
    ),
    Case(
        "some products trade by day after 15:00:00",
        READ,
        "(seconds < _seconds(NIGHT_ENDS))",
        '(seconds < _seconds(NIGHT_ENDS)) | (seconds >= _seconds("15:00:00"))',
        (TRADES, SPREADS),
    ),
    Case(
        "the row of 09:00:00 is marked as the previous close",
        READ,
        'PREVIOUS_CLOSE_ROW = "09:00:00"',
        'PREVIOUS_CLOSE_ROW = "09:00:05"',
        (LEVELS, INDEX_BARS, INDEX_SESSIONS),
    ),
    Case(
        "the previous close is kept",
        READ,
        'rows = read_index(bronze).where("reads_well")',
        "rows = read_index(bronze).where(\"reads_well and time > '09:00:00'\")",
        (LEVELS,),
    ),
    Case(
        "the previous close is in no bar",
        READ,
        'levels.where("not is_previous_close")',
        "levels",
        (INDEX_BARS, INDEX_SESSIONS),
    ),
    Case(
        "all indices of the report are kept",
        READ,
        '"index_name", "left")',
        '"index_name", "inner")',
        (LEVELS,),
    ),
    Case(
        "the names of an index are mapped to its id",
        READ,
        'F.coalesce("index_id", "index_name")',
        'F.col("index_name")',
        (LEVELS,),
    ),
    Case(
        "an unmapped name is its own id",
        READ,
        'F.coalesce("index_id", "index_name")',
        'F.coalesce("index_id", F.lit("UNKNOWN"))',
        (LEVELS,),
    ),
    Case(
        "lines of a tick file count from its header",
        FILES,
        "split_lines(data, layout.cells, len(above) + 1, wanted)",
        "split_lines(data, layout.cells, 1, wanted)",
        (TRADES, SPREADS, REJECTS),
    ),
    Case(
        "lines of a report in JSON count from 1",
        REPORTS,
        "list(range(1, len(data) + 1))",
        "list(range(len(data)))",
        (LEVELS,),
    ),
)

CONTRACT_RULES = (
    Case(
        "a product closes at its own hour",
        READ,
        'F.coalesce("day_close", F.lit(ASSUMED_DAY_CLOSE))',
        "F.lit(ASSUMED_DAY_CLOSE)",
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "terms hold from their first session to their last",
        READ,
        '& (F.col("session_date") >= F.col("since"))\n'
        '        & (F.col("until").isNull() | (F.col("session_date") <= F.col("until")))',
        "",
        (CONTRACTS, FUTURES_BARS),
    ),
    Case(
        "a product without terms keeps its contracts",
        READ,
        'rows.join(terms, held, "left")',
        'rows.join(terms, held, "inner")',
        (CONTRACTS,),
    ),
    Case(
        "a product without terms closes at 13:45:00",
        READ,
        'ASSUMED_DAY_CLOSE = "13:45:00"',
        'ASSUMED_DAY_CLOSE = "13:30:00"',
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a product without terms closes at 13:30:00 on the last day",
        READ,
        'ASSUMED_LAST_DAY_CLOSE = "13:30:00"',
        'ASSUMED_LAST_DAY_CLOSE = "13:45:00"',
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a product without terms expires on third Wednesdays",
        READ,
        'ASSUMED_EXPIRY_RULE = "third_wednesday"',
        'ASSUMED_EXPIRY_RULE = "third_last_session_even"',
        (CONTRACTS,),
    ),
    Case(
        "an expiry of another form is a reject",
        TABLES,
        "([WF][1-5])?",
        "([A-Z][1-5])?",
        (TRADES, REJECTS),
    ),
    Case(
        "a price that is no number is a reject",
        READ,
        '_OUTRIGHT = f"{t.EXPIRY_FORM},{_PRICE},',
        '_OUTRIGHT = f"{t.EXPIRY_FORM},.+,',
        (TRADES, REJECTS),
    ),
    Case(
        "a line of too few cells is a reject",
        READ,
        "F.coalesce(well, F.lit(False))",
        'F.coalesce(well, F.lit(False)) | F.col("text").isNotNull()',
        (REJECTS,),
    ),
    Case(
        "a monthly ends on the third Wednesday",
        EXPIRIES,
        'WeekdayRule("Wed", 3, weeklies=True)',
        'WeekdayRule("Wed", 2, weeklies=True)',
        (CONTRACTS,),
    ),
    Case(
        "Wn ends on the nth Wednesday",
        EXPIRIES,
        '("W", "Wed")',
        '("W", "Thu")',
        (CONTRACTS,),
    ),
    Case(
        "the third Wednesday is no weekly",
        EXPIRIES,
        'rows.where("n <> 3")',
        "rows",
        (CONTRACTS,),
    ),
    Case(
        "an expiry moves to the next session where its day is closed",
        EXPIRIES,
        'WeekdayRule("Wed", 3, weeklies=True)',
        'WeekdayRule("Wed", 3, back=True, weeklies=True)',
        (CONTRACTS,),
        AFTER_NEW_YEAR,
    ),
    Case(
        "dates are as known at the session: before the typhoon",
        READ,
        "known = _as_known(with_dates, closures)",
        "known = with_dates",
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "dates are as known at the session: after the typhoon",
        READ,
        'F.col("announced_on") >= F.col("session_date")',
        "F.lit(True)",
        (CONTRACTS,),
        AFTER_TYPHOON,
    ),
    Case(
        "the final settlement moves with the last trading day",
        READ,
        'F.coalesce("expected", "final_settlement_date")',
        'F.col("final_settlement_date")',
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "where the rule is unknown dates are null",
        READ,
        'F.coalesce("expiry_rule", F.lit(ASSUMED_EXPIRY_RULE))',
        "F.lit(ASSUMED_EXPIRY_RULE)",
        (CONTRACTS,),
    ),
    Case(
        "M bears its code on its last day",
        EXPIRIES,
        'F.col("last_trading_date").alias("valid_to"),\n            pairs',
        'F.date_sub("last_trading_date", 1).alias("valid_to"),\n            pairs',
        (CONTRACTS,),
    ),
    Case(
        "M is the earliest monthly, not the calendar month",
        EXPIRIES,
        '"M": F.col("front"),',
        '"M": F.col("front") - 1,',
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "M+1 is the next calendar month",
        EXPIRIES,
        '"M+1": F.col("front") + 1,',
        '"M+1": F.col("front") + 2,',
        (CONTRACTS,),
    ),
    Case(
        "M+2 is the calendar month after M+1",
        EXPIRIES,
        '"M+2": F.col("front") + 2,',
        '"M+2": F.col("front") + 3,',
        (CONTRACTS,),
    ),
    Case(
        "Q+1 is the first quarter month after M+2",
        EXPIRIES,
        'F.col("front") + 3 + F.pmod(F.lit(2) - (F.col("front") + 3), F.lit(3))',
        'F.col("front") + 1 + F.pmod(F.lit(2) - (F.col("front") + 1), F.lit(3))',
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "Q+2 is the quarter month after Q+1",
        EXPIRIES,
        '"Q+2": quarter + 3,',
        '"Q+2": quarter + 6,',
        (CONTRACTS,),
    ),
    Case(
        "Q+3 is the quarter month after Q+2",
        EXPIRIES,
        '"Q+3": quarter + 6,',
        '"Q+3": quarter + 9,',
        (CONTRACTS,),
    ),
    Case(
        "the monthly counts among the Wednesday expiries",
        EXPIRIES,
        '~F.col("expiry").contains("F")',
        'F.col("expiry").contains("W")',
        (CONTRACTS,),
    ),
    Case(
        "W+1 is the Wednesday expiry after W",
        EXPIRIES,
        "F.lag(last, 2).over(order)",
        "F.lag(last, 3).over(order)",
        (CONTRACTS,),
    ),
    Case(
        "W+1 becomes W once W has ended",
        EXPIRIES,
        'F.col("ended_1").alias("valid_to")',
        'F.col("last_trading_date").alias("valid_to")',
        (CONTRACTS,),
    ),
    Case(
        "a contract that trades as a leg alone is a contract of the session",
        READ,
        '.unionByName(spreads.select("session_date", "product",'
        ' F.col("far_expiry").alias("expiry")))',
        "",
        (CONTRACTS,),
    ),
    Case(
        "a contract without a code has one row",
        READ,
        'known.join(validity, borne, "left")',
        'known.join(validity, borne, "inner")',
        (CONTRACTS,),
    ),
    Case(
        "both sides of an outright trade are printed",
        READ,
        ".otherwise(F.lit(2))",
        ".otherwise(F.lit(1))",
        (TRADES, REJECTS),
    ),
    Case(
        "both sides of both legs of a spread are printed",
        READ,
        "F.when(spread, F.lit(4))",
        "F.when(spread, F.lit(2))",
        (SPREADS, REJECTS),
    ),
    Case(
        "volume that is no multiple of its sides is a reject, never rounded",
        READ,
        "& (volume % sides == 0)",
        "",
        (TRADES, SPREADS, REJECTS),
    ),
    Case(
        "a spread trades both its legs",
        READ,
        "legs[0].unionByName(legs[1])",
        "legs[0]",
        (FUTURES_BARS,),
    ),
    Case(
        "a spread trades as many contracts in each leg",
        READ,
        'F.sum(F.col("contracts").cast("bigint")).alias("spread_contracts")',
        'F.count("contracts").alias("spread_contracts")',
        (FUTURES_BARS,),
    ),
    Case(
        "the opening auction is marked where the file marks it",
        READ,
        'F.col("opening_auction") == "*"',
        'F.col("opening_auction") == "-"',
        (TRADES,),
    ),
    Case(
        "the open is the first row by line",
        BARS,
        'F.min_by("price", "line").alias("open")',
        'F.max_by("price", "line").alias("open")',
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the close is the last row by line",
        BARS,
        'F.max_by("price", "line").alias("close")',
        'F.min_by("price", "line").alias("close")',
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "lines order the trades of one second",
        BARS,
        'F.min_by("price", "line").alias("open")',
        'F.min_by("price", F.struct("bar_start", -F.col("line"))).alias("open")',
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the first row opens, marked or not",
        READ,
        '_placed(trades, closes, "expiry"), keys,',
        '_placed(trades.where("opening_auction"), closes, "expiry"), keys,',
        (FUTURES_BARS,),
    ),
)

BAR_RULES = (
    Case(
        "there are five scales",
        BARS,
        "SCALES_MINUTES = (1, 5, 15, 30, 60)",
        "SCALES_MINUTES = (1, 5, 15, 30)",
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a bar is named by its start",
        BARS,
        "F.timestamp_seconds(local - F.pmod(local, width) - F.lit(utc_offset_seconds))",
        "F.timestamp_seconds(local - F.pmod(local, width) + width - F.lit(utc_offset_seconds))",
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the interval of a bar holds its start and not its end",
        BARS,
        "F.timestamp_seconds(local - F.pmod(local, width) -",
        "F.timestamp_seconds(local - 1 - F.pmod(local - 1, width) -",
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "bars are aligned to midnight, not to the opening",
        BARS,
        "F.timestamp_seconds(local - F.pmod(local, width) -",
        "F.timestamp_seconds(local - F.pmod(local - 2_700, width) -",
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a print exactly at the close belongs to the last bar",
        BARS,
        "local_seconds(at, utc_offset_seconds) == close_seconds",
        "F.lit(False)",
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "only a print exactly at the close is folded",
        BARS,
        "local_seconds(at, utc_offset_seconds) == close_seconds",
        "local_seconds(at, utc_offset_seconds) % 900 == 0",
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "an index closes at 13:30:00",
        READ,
        'INDEX_CLOSE = "13:30:00"',
        'INDEX_CLOSE = "13:45:00"',
        (INDEX_BARS,),
    ),
    Case(
        "a contract closes at 13:30:00 on its last day",
        READ,
        'F.when(last_day, F.col("last_day_close")).otherwise(F.col("day_close"))',
        'F.col("day_close")',
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a far contract's print at 13:30:00 is not folded",
        READ,
        'last_day = F.col("session_date") == F.col("last_trading_date")',
        "last_day = F.lit(True)",
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the night closes at 05:00:00",
        READ,
        'NIGHT_CLOSE = "05:00:00"',
        'NIGHT_CLOSE = "04:00:00"',
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a spread closes with its near leg",
        READ,
        '_placed(spreads, _closes(contracts, products), "near_expiry")',
        '_placed(spreads, _closes(contracts, products), "far_expiry")',
        (SPREAD_BARS,),
    ),
    Case(
        "prices come from outright trades alone",
        READ,
        '_placed(trades, closes, "expiry"), keys,',
        '_placed(trades.drop("opening_auction").unionByName('
        'spreads.withColumnRenamed("near_expiry", "expiry")'
        '.select(*(c for c in trades.columns if c != "opening_auction"))),'
        ' closes, "expiry"), keys,',
        (FUTURES_BARS,),
    ),
    Case(
        "a minute with legs alone has a bar",
        READ,
        '[*keys, "bar_start"], "full")',
        '[*keys, "bar_start"], "left")',
        (FUTURES_BARS,),
    ),
    Case(
        "a minute with legs alone has null prices",
        READ,
        ".fillna(0, counts)",
        ".fillna(0)",
        (FUTURES_BARS,),
    ),
    Case(
        "a minute with legs alone neither opens",
        BARS,
        ".otherwise(F.expr(_AFTER_ALL))",
        ".otherwise(F.col(order))",
        (FUTURES_BARS, FUTURES_SESSIONS),
    ),
    Case(
        "nor closes a coarser bar",
        BARS,
        ".otherwise(F.expr(_BEFORE_ALL))",
        ".otherwise(F.col(order))",
        (FUTURES_BARS, FUTURES_SESSIONS),
    ),
    Case(
        "the mean is not weighted by contracts",
        BARS,
        '_double(F.col("price_sum")) / n.cast("double")',
        '_double(F.col("price_contracts_sum")) / F.col("contracts").cast("double")',
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "std is that of a sample",
        BARS,
        '(n.cast("double") - F.lit(1.0))',
        'n.cast("double")',
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "std is null below two rows",
        BARS,
        "F.when(n > 1, F.sqrt(variance))",
        "F.when(n > 1, F.sqrt(variance)).otherwise(F.lit(0.0))",
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "std comes from exact sums",
        BARS,
        "_double(squares) /",
        '(n * _double(F.col("price_square_sum"))'
        ' - _double(F.col("price_sum")) * _double(F.col("price_sum"))) /',
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the vwap is weighted by contracts",
        BARS,
        "(exact * volume).cast(WEIGHTED)",
        "exact.cast(WEIGHTED)",
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "trades counts rows",
        BARS,
        'F.count("price").alias(count)',
        'F.count_distinct("price").alias(count)',
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a coarser bar opens with its first minute",
        BARS,
        'F.min_by("open", "_first")',
        'F.min("open")',
        (INDEX_BARS, FUTURES_SESSIONS),
    ),
    Case(
        "a coarser bar closes with its last minute",
        BARS,
        'F.max_by("close", "_last")',
        'F.max("close")',
        (INDEX_BARS, FUTURES_SESSIONS),
    ),
    Case(
        "a session is added up from one-minute bars",
        READ,
        'all_bars.where("scale_minutes = 1")',
        "all_bars",
        (INDEX_SESSIONS, FUTURES_SESSIONS),
    ),
    Case(
        "a session has its parts and the whole",
        READ,
        'F.array(own, F.lit("whole"))',
        "F.array(own)",
        (INDEX_SESSIONS, FUTURES_SESSIONS, "gold/spread_sessions"),
    ),
)


def jobs_of(tables: tuple[str, ...]) -> list[str]:
    """The jobs that write the tables, in the order in which data flows."""
    wanted = (*CALENDAR_JOBS, *tables) if CONTRACTS in tables else tables
    return [name for name, job in JOBS.items() if job.writes.path in wanted]


def test_running_the_jobs_again_changes_nothing(market: Market, tmp_path: Path) -> None:
    copy = market.copied(tmp_path / "lake")
    copy.renew_bronze(THIRD_WEDNESDAY)
    copy.renew_references()
    copy.run(jobs_of(TRUE_TABLES), [THIRD_WEDNESDAY])
    assert [table for table in TRUE_TABLES if copy.differences(table, THIRD_WEDNESDAY)] == []


@pytest.mark.parametrize("case", [*TIME, *CONTRACT_RULES, *BAR_RULES], ids=lambda case: case.rule)
def test_a_broken_rule_shows(case: Case, market: Market, tmp_path: Path) -> None:
    copy = market.copied(tmp_path / "lake")
    with broken(case.module, case.code, case.instead):
        if case.module in {FILES, REPORTS}:
            copy.renew_bronze(case.session)
        if case.module == CALENDARS:
            copy.renew_references()
        copy.run(jobs_of(case.tables), [case.session])
    equal = [table for table in case.tables if not copy.differences(table, case.session)]
    assert equal == []
