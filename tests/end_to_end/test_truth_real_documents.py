"""What the pipeline makes of the publishers' own documents agrees with what they say."""

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from end_to_end import one_sail

from indextracker.acquisition import acquire
from indextracker.calendars import taiwan
from indextracker.feeds import taifex, twse
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker.lake.checks import examine
from indextracker.reference_tables import REFERENCES
from indextracker_spark.jobs import JOBS
from indextracker_spark.tables import TABLES, Table

WITH_TOTALS = date(2021, 7, 26)
FUTURES = (WITH_TOTALS, date(2024, 12, 13), date(2024, 12, 16), date(2024, 12, 17))
# TAIEX at 09:00:05 and at 13:30:00, as published.
LEVELS = {date(2023, 7, 21): (17106.29, 17030.70), date(2023, 1, 30): (15291.53, 15493.82)}
MAIN_INDEX = "發行量加權股價指數"


@pytest.fixture(scope="module")
def lake(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The real sessions, from archived documents to gold."""
    filled = Lake(str(tmp_path_factory.mktemp("real") / "lake"), "real")
    with ArchiveSource(samples) as archive:
        for feed, sessions in (
            (taifex.FUTURES, FUTURES),
            (taifex.VOLUME_TOTALS, [WITH_TOTALS]),
            (twse.INDEX, list(LEVELS)),
        ):
            answers = acquire(filled, feed, sessions, archive)
            assert {answer.state for answer in answers.values()} == {"accepted"}
    for table, rows in REFERENCES.items():
        filled.replace(table, rows(taiwan()))
    filled.ensure(job.writes for job in JOBS.values())
    for job in JOBS:
        one_sail.engine().run(job, filled.root, sorted([*FUTURES, *LEVELS]))
    return filled


def answers(lake: Lake, session: date, query: str, *tables: str) -> list[tuple[object, ...]]:
    with lake.sql([TABLES[table] for table in tables], [session]) as connection:
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
        assert lake.row_counts(TABLES[table], [session]) == {session: kept}
    trades, spreads = (
        lake.row_counts(TABLES[f"silver/futures_{kind}"], [session])[session]
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


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)
def test_no_row_breaks_a_rule(lake: Lake, table: Table) -> None:
    sessions = None if table.storage == "whole" else [*FUTURES, *LEVELS]
    findings = [one for one in examine(lake, table, sessions) if one.rule.severity == "error"]
    assert [(one.rule.name, one.examples) for one in findings if one.bad_rows] == []
