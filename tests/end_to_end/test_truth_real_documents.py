"""The pipeline's tables of real documents agree with the documents' own figures."""

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from support import one_sail
from support.keys import keys, keys_of
from support.market import JOBS_OF_TAIWAN, TAIWAN

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS, run
from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker.lake.checks import examine
from indextracker_catalogue import TABLES, Table, tables_of
from indextracker_catalogue.taiwan import XTAI

WITH_TOTALS = date(2021, 7, 26)
FUTURES = (WITH_TOTALS, date(2024, 12, 13), date(2024, 12, 16), date(2024, 12, 17))
# TAIEX at 09:00:05 and at 13:30:00, as published.
LEVELS = {date(2023, 7, 21): (17106.29, 17030.70), date(2023, 1, 30): (15291.53, 15493.82)}
MAIN_INDEX = "發行量加權股價指數"
WITH_ETF = date(2021, 9, 22)
REPORTED = (date(2023, 1, 30), date(2024, 7, 29))
DOCUMENTS = {
    "taifex_futures": FUTURES,
    "taifex_volume_totals": (WITH_TOTALS,),
    "taifex_combination_trades": (WITH_TOTALS,),
    "taifex_options": (WITH_TOTALS,),
    "taifex_daily_futures": REPORTED,
    "taifex_daily_options": REPORTED[:1],
    "twse_index": tuple(LEVELS),
    "finmind_trades": (WITH_ETF,),
}
SESSIONS = sorted({session for sessions in DOCUMENTS.values() for session in sessions})


@pytest.fixture(scope="module")
def lake(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The real sessions, from archived documents to gold."""
    filled = Lake(str(tmp_path_factory.mktemp("real") / "lake"), "real")
    with ArchiveSource(samples) as archive:
        for feed, sessions in DOCUMENTS.items():
            answers = acquire(filled, FEEDS[feed], keys(sessions), archive)
            assert {answer.state for answer in answers.values()} == {"accepted"}
    for table, reference in REFERENCES.items():
        filled.replace(table, reference.made())
    jobs = [JOBS[name] for name in JOBS_OF_TAIWAN]
    for job in jobs:
        filled.ensure((job.writes, *job.reads))
    for job in jobs:
        run(job, filled, one_sail.engine(), keys(SESSIONS))
    return filled


def answers(lake: Lake, session: date, query: str, *tables: str) -> list[tuple[object, ...]]:
    with lake.sql([TABLES[table] for table in tables], {XTAI: [str(session)]}) as connection:
        return connection.execute(query).fetchall()


def lines_of(archive: Path, above: int) -> Iterator[list[str]]:
    """The lines of a zipped file below its header, their cells trimmed."""
    with zipfile.ZipFile(archive) as opened:
        text = opened.read(opened.namelist()[0]).decode("cp950")
    for line in text.splitlines()[above:]:
        yield [cell.strip() for cell in line.split(",")]


def computed(lake: Lake, session: date) -> dict[str, int]:
    """Both sides of all legs per product, from the typed trades."""
    rows = answers(
        lake,
        session,
        """
        select product, sum(sides)::bigint from (
            select product, 2 * contracts as sides from futures_trades
            union all
            select product, 4 * contracts from futures_spreads
        ) as printed group by product
        """,
        "silver/futures_trades",
        "silver/futures_spreads",
    )
    return dict(rows)


def test_volumes_equal_the_control_totals(lake: Lake, samples: Path) -> None:
    rows = lines_of(samples / "taifex" / "Daily_2021_07_26_B.zip", above=2)
    official = {row[1]: int(row[3]) for row in rows if row[1]}
    assert len(official) == 232
    assert computed(lake, WITH_TOTALS) == official


def test_tx_traded_as_many_contracts_as_the_exchange_says(lake: Lake) -> None:
    query = """
        select sum(contracts + spread_contracts)::bigint from futures_sessions
        where product = 'TX' and session_part = 'whole'
    """
    assert answers(lake, WITH_TOTALS, query, "gold/futures_sessions") == [(143_336,)]


@pytest.mark.parametrize("session", FUTURES, ids=str)
def test_every_line_is_a_trade(lake: Lake, samples: Path, session: date) -> None:
    lines = 0
    official: Counter[str] = Counter()
    for row in lines_of(samples / "taifex" / f"Daily_{session:%Y_%m_%d}.zip", above=1):
        lines += 1
        official[row[1]] += int(row[5])
    assert computed(lake, session) == official
    for table, kept in (
        ("silver/rejects", 0),
        ("bronze/taifex_futures", lines),
    ):
        assert lake.row_counts(TABLES[table], [str(session)]) == {str(session): kept}
    trades, spreads = (
        lake.row_counts(TABLES[f"silver/futures_{kind}"], [str(session)])[str(session)]
        for kind in ("trades", "spreads")
    )
    assert trades + spreads == lines


@pytest.mark.parametrize("session", FUTURES, ids=str)
def test_bars_of_every_scale_hold_the_whole_volume(lake: Lake, session: date) -> None:
    query = """
        select scale_minutes, sum(contracts)::bigint, sum(spread_contracts)::bigint,
            sum(trades)::bigint
        from futures_bars group by scale_minutes
    """
    found = {
        scale: tuple(counts)
        for scale, *counts in answers(lake, session, query, "gold/futures_bars")
    }
    ((contracts, trades),) = answers(
        lake,
        session,
        "select sum(contracts)::bigint, count(*) from futures_trades",
        "silver/futures_trades",
    )
    ((legs,),) = answers(
        lake,
        session,
        "select 2 * sum(contracts)::bigint from futures_spreads",
        "silver/futures_spreads",
    )
    assert found == dict.fromkeys((1, 5, 15, 30, 60), (contracts, legs, trades))


def published(samples: Path, session: date) -> list[tuple[str, float]]:
    """Time and level of TAIEX, read plainly from the document."""
    stem = samples / "twse" / f"MI_5MINS_INDEX_{session:%Y%m%d}"
    if stem.with_suffix(".json").exists():
        report = json.loads(stem.with_suffix(".json").read_bytes())
        header, rows = report["fields"], report["data"]
    else:
        text = stem.with_suffix(".csv").read_text(encoding="cp950").replace('="', '"')
        _, header, *rows = csv.reader(text.splitlines())
    place = header.index(MAIN_INDEX)
    return [
        (row[0], float(row[place].replace(",", "")))
        for row in rows
        if len(row) > place and row[0][:2].isdigit()
    ]


@pytest.mark.parametrize("session", LEVELS, ids=str)
def test_the_session_of_taiex(lake: Lake, samples: Path, session: date) -> None:
    (first, *levels) = published(samples, session)
    assert first[0] == "09:00:00"
    assert (levels[0][0], levels[-1][0]) == ("09:00:05", "13:30:00")
    values = [level for _, level in levels]
    query = """
        select session_part, open, high, low, close, ticks from index_sessions
        where index_id = 'TAIEX' order by session_part
    """
    opened, closed = LEVELS[session]
    figures = (opened, max(values), min(values), closed, len(values))
    assert answers(lake, session, query, "gold/index_sessions") == [
        ("day", *figures),
        ("whole", *figures),
    ]


@pytest.mark.parametrize("session", LEVELS, ids=str)
def test_bars_of_taiex_span_the_session(lake: Lake, session: date) -> None:
    query = """
        select scale_minutes, count(*), strftime(min(bar_start), '%H:%M'),
            strftime(max(bar_start), '%H:%M'), arg_min(open, bar_start), arg_max(close, bar_start)
        from index_bars where index_id = 'TAIEX' group by scale_minutes order by scale_minutes
    """
    ends = LEVELS[session]
    assert answers(lake, session, query, "gold/index_bars") == [
        (1, 270, "01:00", "05:29", *ends),
        (5, 54, "01:00", "05:25", *ends),
        (15, 18, "01:00", "05:15", *ends),
        (30, 9, "01:00", "05:00", *ends),
        (60, 5, "01:00", "05:00", *ends),
    ]


def test_txo_traded_as_many_contracts_as_the_exchange_says(lake: Lake) -> None:
    query = """
        select session_part, option_type, sum(contracts)::bigint from option_sessions
        where product = 'TXO' group by all order by all
    """
    assert answers(lake, WITH_TOTALS, query, "gold/option_sessions") == [
        ("day", "C", 281_320),
        ("day", "P", 260_396),
        ("night", "C", 48_894),
        ("night", "P", 57_344),
        ("whole", "C", 281_320 + 48_894),
        ("whole", "P", 260_396 + 57_344),
    ]
    assert 281_320 + 260_396 + 48_894 + 57_344 == 647_954


def test_every_line_of_options_is_a_side(lake: Lake, samples: Path) -> None:
    lines = 0
    official: Counter[str] = Counter()
    for row in lines_of(samples / "taifex" / "OptionsDaily_2021_07_26.zip", above=2):
        lines += 1
        official[row[1]] += int(row[7])
    found = answers(
        lake,
        WITH_TOTALS,
        "select product, sum(sides)::bigint, count(*) from option_trades group by 1",
        "silver/option_trades",
    )
    assert {product: sides for product, sides, _ in found} == official
    assert sum(rows for *_, rows in found) == lines == 386_240


def test_bars_of_options_hold_the_whole_volume(lake: Lake) -> None:
    query = """
        select scale_minutes, sum(contracts)::bigint, sum(prints)::bigint
        from option_bars group by 1 order by 1
    """
    ((sides, rows),) = answers(
        lake,
        WITH_TOTALS,
        "select sum(sides)::bigint, count(*) from option_trades",
        "silver/option_trades",
    )
    assert answers(lake, WITH_TOTALS, query, "gold/option_bars") == [
        (scale, sides // 2, rows) for scale in (1, 5, 15, 30, 60)
    ]


@pytest.mark.parametrize(
    ("session", "instrument", "lines"),
    [
        (REPORTED[0], "Futures", 1_854),
        (REPORTED[0], "Options", 5_922),
        (REPORTED[1], "Futures", 2_135),
    ],
)
def test_reports_decode_without_rejects(
    lake: Lake, session: date, instrument: str, lines: int
) -> None:
    query = f"select count(*) from daily_report where instrument = '{instrument}'"
    assert answers(lake, session, query, "silver/daily_report") == [(lines,)]
    assert lake.row_counts(TABLES["silver/rejects"], [str(session)]) == {str(session): 0}


def test_figures_of_the_report_are_the_printed_ones(lake: Lake) -> None:
    query = """
        select session_part, expiry, open, high, low, close, contracts, settlement_price,
            open_interest
        from daily_report where product = 'TX' and expiry in ('202408', '202408/202409')
        order by expiry, session_part
    """
    found = answers(lake, REPORTED[1], query, "silver/daily_report")
    assert found[0] == ("day", "202408", 22430, 22519, 22146, 22261, 99245, 22256, 80737)
    assert [(row[:2], row[-2:]) for row in found[1:]] == [
        (("night", "202408"), (None, None)),
        (("day", "202408/202409"), (None, None)),
        (("night", "202408/202409"), (None, None)),
    ]


def test_final_settlement_stands_as_zero(lake: Lake) -> None:
    """TX 202301 ended on 2023-01-30: its third Wednesday and every day until then were closed."""
    query = """
        select contracts > 0, settlement_price from daily_report
        where product = 'TX' and expiry = '202301' and session_part = 'day'
    """
    assert answers(lake, REPORTED[0], query, "silver/daily_report") == [(True, 0.0)]


def test_a_report_without_trades_to_compare_with_is_unexplained_where_it_has_volume(
    lake: Lake,
) -> None:
    """No tick file of the reports' sessions is at hand: our side has no trades of them."""
    query = """
        select class, min(official_contracts), max(computed_contracts), count(*)
        from reconciliation group by class order by class
    """
    found = answers(lake, REPORTED[0], query, "gold/reconciliation")
    assert [(row[0], row[1] > 0, row[2]) for row in found] == [
        ("equal", False, 0),
        ("unexplained", True, 0),
    ]


def test_trades_of_the_etf(lake: Lake) -> None:
    query = """
        select strftime(traded_at, '%H:%M:%S.%g'), price, shares, side from etf_trades
        where symbol = '006204' order by line
    """
    assert answers(lake, WITH_ETF, query, "silver/etf_trades") == [
        ("01:00:11.161", 90.1, 1_000, "buy"),
        ("05:20:24.969", 90.0, 10_000, "buy"),
        ("05:20:26.038", 90.0, 10_000, "buy"),
    ]
    query = """
        select session_part, open, high, low, close, round(vwap, 6), shares, prints
        from etf_sessions order by 1
    """
    figures = (90.1, 90.1, 90.0, 90.0, round((90.1 + 900 + 900) / 21, 6), 21_000, 3)
    assert answers(lake, WITH_ETF, query, "gold/etf_sessions") == [
        ("day", *figures),
        ("whole", *figures),
    ]


@pytest.mark.parametrize("table", tables_of(TAIWAN), ids=lambda table: table.path)
def test_no_row_breaks_a_rule(lake: Lake, table: Table) -> None:
    findings = examine(lake, table, keys_of(table, SESSIONS))
    findings = [one for one in findings if one.rule.severity == "error"]
    assert [(one.rule.name, one.examples) for one in findings if one.bad_rows] == []
