"""Days that are loaded backwards: a run of a later one alone builds what it looks back on first."""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import pytest
from support import nse_files
from support.archives import Archive, MakePlatform

from indextracker.acquiring.acquisition import acquire
from indextracker.acquiring.importing import import_document
from indextracker.building.earlier import known
from indextracker.building.needs import need
from indextracker.building.reports import Report
from indextracker.building.staleness import stale
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker.system.documents import Document
from indextracker_assets.backfill import Backfills
from indextracker_catalogue import SUBJECTS, TABLES

INDIA = SUBJECTS["india"]
FEED = "nse_legacy_bhavcopy"
DAYS = [date(2020, 1, day) for day in (6, 7, 8)]
# A bonus of one for one leaves half of the price on the second day.
CLOSES = dict(zip(DAYS, ("10", "5.5", "6.6"), strict=True))
FACTS = ("silver/equities_daily", "silver/corporate_actions")
PRICES = (
    *("silver/nse_days", "silver/instruments", "silver/corporate_action_lists"),
    *("gold/equities_adjusted", "gold/equity_returns"),
)
ADJUSTED, RETURNS = TABLES["gold/equities_adjusted"], TABLES["gold/equity_returns"]
ACTIONS = [
    {"symbol": "ALFA", "series": "EQ", "subject": what, "exDate": f"{day:%d-%b-%Y}"}
    for what, day in (("Dividend - Rs 1 Per Share", DAYS[0]), ("Bonus 1:1", DAYS[1]))
] + [{"symbol": "BETA", "series": "EQ", "subject": "Dividend", "exDate": f"{DAYS[2]:%d-%b-%Y}"}]


@dataclass(frozen=True)
class Loaded:
    """A lake of three days, of which the first two were loaded backwards.

    Attributes:
        behind: The keys that rested on less than there was, before the last day.
        last: What the backfill of the last day reported.
    """

    platform: Platform
    behind: list[str]
    last: Report


def behind(platform: Platform) -> list[str]:
    needs = {ADJUSTED.path: need(ADJUSTED)}
    calendars = known(platform.lake, platform.calendar_of)
    return list(stale(platform.lake, needs, [str(day) for day in DAYS], calendars)[ADJUSTED.path])


@pytest.fixture(scope="module")
def loaded(make_platform: MakePlatform, archive: Archive) -> Loaded:
    for day in DAYS:
        prices = ",".join([CLOSES[day]] * 5)
        line = f"ALFA,EQ,{prices},,100,1000,{day:%d-%b-%Y},9,INE000A01010,"
        body = nse_files.text(nse_files.LEGACY_HEADER, line)
        name = archive.name(FEED, day)
        archive.put(name, nse_files.zipped(name.removesuffix(".zip"), body))
    platform = make_platform(archive.source)
    listed = Document.of("actions.json", json.dumps(ACTIONS).encode())
    assert import_document(platform.lake, listed, "2020-01-02", platform.clock()).is_new

    with closing(Backfills(platform)) as backfills:

        def backfill(day: date) -> Report:
            """Only what is needed of the day: to ask for all its documents takes longer."""
            acquire(platform.lake, FEEDS[FEED], [str(day)], platform.source)
            keys = {INDIA.timeline: [str(day)]}
            assert backfills.run(INDIA, keys, tables=FACTS).failures == []
            return backfills.run(INDIA, keys, tables=PRICES)

        for day in reversed(DAYS[:2]):
            assert backfill(day).failures == []
        return Loaded(platform, behind(platform), backfill(DAYS[2]))


def test_days_loaded_backwards_rest_on_less_than_there_is(loaded: Loaded) -> None:
    assert loaded.behind == [str(DAYS[1])]


def test_a_later_day_alone_builds_what_it_looks_back_on(loaded: Loaded) -> None:
    assert loaded.last.failures == []
    assert behind(loaded.platform) == []


def test_its_figures_are_those_of_all_the_days(loaded: Loaded) -> None:
    rows = loaded.platform.lake.rows(RETURNS).to_table().to_pylist()
    [last] = [row for row in rows if row["session_date"] == DAYS[2]]
    assert last["return_1"] == pytest.approx(0.2)
    assert last["sessions_52_weeks"] == len(DAYS)
    # The lowest is the first, of which the bonus leaves half.
    assert (last["low_52_weeks"], last["high_52_weeks"]) == pytest.approx((5.0, 6.6))
