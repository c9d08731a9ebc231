"""What breaks in one subject stops no other: backfills of everything, and what starts by itself.

Each backfill is of one day and of all subjects. Two of them are broken, each in another way, and
the third has to reach its marts; in six days each is broken in each way. Then a table of one is
damaged, and the sensors bring the others up to date. All of it happens once, in `lived`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner
from support.archives import MakePlatform
from support.ticks import Harness

from indextracker.acquiring import acquisition
from indextracker.building.reports import Report
from indextracker.engines.sail import SailEngine
from indextracker.feeds import Feed, feeds_of
from indextracker.feeds.sources import http, judging
from indextracker.platform import Platform
from indextracker_assets import jobs
from indextracker_assets.assets import silver_gold
from indextracker_catalogue import SUBJECTS, TABLES, subject_of
from indextracker_cli import backfilling, indextracker
from indextracker_cli.wishes import wishes
from indextracker_simulator.answers import Answer
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.server import ExchangeServer
from indextracker_simulator.taiwan.exchange import Exchange

START = date(2024, 12, 2)
# Of streams no document is asked for.
OF_DOCUMENTS = [name for name, subject in SUBJECTS.items() if feeds_of(subject)]
# Which subjects are broken on each day, and how.
ROUNDS: dict[date, dict[str, str]] = {
    date(2024, 12, 9): {"india": "publisher", "news": "reading"},
    date(2024, 12, 10): {"taiwan": "publisher", "india": "reading"},
    date(2024, 12, 11): {"news": "publisher", "taiwan": "job"},
    date(2024, 12, 12): {"india": "model", "news": "job"},
    date(2024, 12, 13): {"taiwan": "model", "india": "job"},
    date(2024, 12, 16): {"taiwan": "reading", "news": "model"},
}
# A few small documents that reach the marts; without reports of actions no return is known.
LIGHT = (
    *("finmind_trades", "taifex_daily_futures", "nse_udiff_bhavcopy", "nse_corporate_actions"),
    "alphavantage_news",
)
# With enough documents of each subject for every trouble of a publisher.
MORE = (
    *LIGHT,
    *("twse_index", "taifex_volume_totals"),
    *("nse_full_bhavcopy", "nse_index_closes", "nse_market_caps"),
)
TROUBLES = ("forbidden", "garbage", "nothing", "hangs")
PATIENCE_SECONDS, HANGING_SECONDS = 2.0, 3.0
# The beginnings of addresses by which a server tells whose document is asked for.
ADDRESSES = {"news": ("/query",), "india": ("/content", "/products", "/archives", "/api/holiday")}
# In which days a subject's marts have rows.
MARTS = {
    "taiwan": "select distinct session_date from derivative_session",
    "india": "select distinct session_date from nse_eod",
    "news": "select distinct published_at::date from fct_news_ticker",
}
SENTIMENT = """
    select
        (select count(*) from fct_news_sentiment),
        (select count(instrument_id) from fct_news_sentiment),
        (select sum(scored_stories) from fct_news_sentiment),
        (select count(*) from fct_sentiment_returns),
        (select sum(events) from fct_sentiment_returns)
"""
# A key that no model can turn into a day, or an hour.
NO_KEY = {"taiwan": "not-a-date", "india": "not-a-date", "news": "not-an-hour!!"}
BROKEN_JOB = "an arm of the loom is broken"
BROKEN_READER = "the reader stumbles"


def subject_at(target: str) -> str:
    """The subject that an address belongs to."""
    return next((name for name, paths in ADDRESSES.items() if target.startswith(paths)), "taiwan")


@dataclass(frozen=True)
class Trouble:
    """What becomes of an answer, in the place of a fault of the simulator."""

    name: str
    latency_seconds: float = HANGING_SECONDS

    @property
    def kind(self) -> str:
        return {"nothing": "drop", "hangs": "latency"}.get(self.name, self.name)

    def alter(self, answer: Answer) -> Answer:
        if self.name == "forbidden":
            return replace(answer, status=403, body=b"no")
        return replace(answer, body=bytes(range(256)) * 9)


@dataclass
class Breaking:
    """What is broken at present, and the troubles that befell documents of each subject.

    Attributes:
        ways: By subject the way.
        befallen: By subject the trouble of each document.
    """

    ways: Mapping[str, str] = field(default_factory=dict)
    befallen: dict[str, dict[str, str]] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def is_broken(self, subject: object, way: str) -> bool:
        return self.ways.get(str(getattr(subject, "name", subject))) == way

    def draw(self, target: str, _: Answer) -> Trouble | None:
        """As the simulator's faults are drawn: each document of a broken publisher has one."""
        subject = subject_at(target)
        if not self.is_broken(subject, "publisher"):
            return None
        with self._turn:
            known = self.befallen.setdefault(subject, {})
            number = len(known)
            known.setdefault(target, TROUBLES[number] if number < len(TROUBLES) else TROUBLES[0])
            return Trouble(known[target])

    @contextmanager
    def in_the_program(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Has readers and jobs raise where they are broken; publishers are not waited for long."""
        read, run = judging.read_new, silver_gold.run

        def reading(feed: Feed, *rest: Any) -> pa.Table:
            if self.is_broken(subject_of(feed.table), "reading"):
                raise RuntimeError(BROKEN_READER)
            return read(feed, *rest)

        def running(job: Any, *rest: Any) -> None:
            if self.is_broken(subject_of(job.writes), "job"):
                raise RuntimeError(BROKEN_JOB)
            run(job, *rest)

        patch.setattr(judging, "read_new", reading)
        patch.setattr(silver_gold, "run", running)
        patch.setattr(http, "TIMEOUT_SECONDS", (PATIENCE_SECONDS, PATIENCE_SECONDS))
        patch.setattr(http, "ATTEMPTS", 1)
        # All hours of a day are asked for, whatever becomes of the first.
        patch.setattr(acquisition, "BLOCKS_BORNE", 100)
        yield


@dataclass(frozen=True)
class Round:
    """What a backfill of everything reported, and the days of each subject in the marts then."""

    reports: Mapping[str, Report]
    days: Mapping[str, set[date]]


@dataclass
class Lived:
    """What happened.

    Attributes:
        rounds: By day.
        befallen: Troubles of the publisher of each subject.
        caught_up: By the subject of which a table was damaged, the days in the marts then.
        status: Likewise what `status` told, by subject.
        codes: Likewise its exit code.
        doctor: Likewise what `doctor` printed.
        sentiment: In the marts in the end: companies and sessions with news, those with an
            instrument, their scored stories; rows of what came of it, and events.
    """

    rounds: dict[date, Round] = field(default_factory=dict)
    befallen: dict[str, set[str]] = field(default_factory=dict)
    caught_up: dict[str, dict[str, set[date]]] = field(default_factory=dict)
    status: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    doctor: dict[str, str] = field(default_factory=dict)
    sentiment: tuple[int, ...] = ()


@pytest.fixture(scope="module")
def lived(make_platform: MakePlatform, engine: SailEngine) -> Iterator[Lived]:
    lived, breaking, nse = Lived(), Breaking(), Nse()
    exchanges = (Exchange(), nse, Newsroom(exchange=nse))
    server = ExchangeServer(*exchanges, faults=breaking)  # type: ignore[arg-type]
    with (
        server.in_background(),
        pytest.MonkeyPatch.context() as patch,
        breaking.in_the_program(patch),
    ):
        platform = make_platform(f"simulated:{server.url}", start=START)
        patch.setattr(backfilling, "Platform", lambda found: Platform(found, engine=engine))
        # It tries an engine of its own, which takes longer than all else.
        patch.setattr(import_module("indextracker_cli.doctor"), "_engine", lambda _: iter(()))
        for day, ways in ROUNDS.items():
            breaking.ways = ways
            lived.rounds[day] = everything(platform, day, ways)
        lived.befallen = {name: {*found.values()} for name, found in breaking.befallen.items()}
        breaking.ways = {}
        with dg.DagsterInstance.from_config(platform.settings.dagster.home) as instance:
            harness = Harness(platform, instance)
            for name in ("india", "taiwan"):
                with damaged(platform, name):
                    live_with(lived, harness, name)
        with platform.warehouse.reading() as connection:
            [lived.sentiment] = connection.execute(SENTIMENT).fetchall()
        yield lived


def everything(platform: Platform, day: date, ways: Mapping[str, str]) -> Round:
    """A backfill of all subjects, up to the marts; models are broken where they are to be."""
    feeds = MORE if "publisher" in ways.values() else LIGHT
    meant = [feed for feed in feeds if feed in LIGHT or ways.get(owner(feed)) == "publisher"]
    asked = wishes(
        None, feeds=meant, tables=None, first=day, last=day, to_layer="marts", quiet=True
    )
    broken = [name for name, way in ways.items() if way == "model"]
    loads = "delete from raw.loads where key like 'not-%'"
    if broken:
        rows = ", ".join(f"('{name}', '{NO_KEY[name]}', 'none')" for name in broken)
        of_building(platform, f"insert into raw.loads (subject, key, load_id) values {rows}")
    reports = backfilling.run(platform.settings, asked)
    if broken:
        of_building(platform, loads)
    return Round(reports, published(platform))


def owner(feed: str) -> str:
    subject = subject_of(TABLES[f"bronze/{feed}"])
    assert subject
    return subject.name


def of_building(platform: Platform, sql: str) -> None:
    """Changes the file in which the warehouse is built, as nothing of the program would."""
    file = Path(platform.settings.warehouse.address).with_name(".warehouse.duckdb.building")
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)


def published(platform: Platform) -> dict[str, set[date]]:
    """Of each subject the days in its marts that readers see; none of what is not there."""
    found: dict[str, set[date]] = {}
    with platform.warehouse.reading() as connection:
        for name, query in MARTS.items():
            try:
                found[name] = {day for (day,) in connection.execute(query).fetchall()}
            except duckdb.CatalogException:
                found[name] = set()
    return found


@contextmanager
def damaged(platform: Platform, name: str) -> Iterator[None]:
    """Has the first document table of a subject unreadable for the length of a block."""
    feed = next(feed for feed in LIGHT if owner(feed) == name)
    log = Path(platform.lake.root, "bronze", feed, "_delta_log")
    aside = log.with_name("aside")
    shutil.copytree(log, aside)
    for entry in log.iterdir():
        entry.write_text("this is no log")
    yield
    shutil.rmtree(log)
    aside.rename(log)


def live_with(lived: Lived, harness: Harness, name: str) -> None:
    """What the sensors do for the others, and what people are told, while a table is damaged."""
    for other in OF_DOCUMENTS:
        if other != name:
            sensor = f"stale_sessions{SUBJECTS[other].suffix}"
            for _ in (jobs.REFINE, jobs.BUILD_MARTS):
                asked = harness.sensor(sensor)
                if not isinstance(asked, str):
                    harness.run(asked)
    lived.caught_up[name] = published(harness.platform)
    span = ["--from", str(min(ROUNDS)), "--to", str(max(ROUNDS))]
    told = CliRunner().invoke(indextracker, ["status", *span, "--json"], standalone_mode=False)
    lived.codes[name] = told.return_value
    lived.status[name] = json.loads(told.stdout)["subjects"]
    lived.doctor[name] = CliRunner().invoke(indextracker, ["doctor"]).stdout


CASES = [
    pytest.param(day, name, way, id=f"{name}'s {way}")
    for day, ways in ROUNDS.items()
    for name, way in ways.items()
]


def test_each_subject_is_broken_in_each_way() -> None:
    broken = {pair for ways in ROUNDS.values() for pair in ways.items()}
    ways = ("publisher", "reading", "job", "model")
    assert broken == {(name, way) for name in OF_DOCUMENTS for way in ways}


@pytest.mark.parametrize("day", ROUNDS, ids=str)
def test_whoever_is_well_reaches_the_marts_in_the_same_backfill(lived: Lived, day: date) -> None:
    [well] = set(OF_DOCUMENTS) - set(ROUNDS[day])
    report = lived.rounds[day].reports[well]
    assert (report.failures, report.incomplete) == ([], {})
    assert day in lived.rounds[day].days[well]


@pytest.mark.parametrize(("day", "name", "way"), CASES)
def test_what_is_broken_says_so_and_publishes_nothing_of_the_day(
    lived: Lived, day: date, name: str, way: str
) -> None:
    report = lived.rounds[day].reports[name]
    said = "; ".join(report.failures)
    missing = [answer for found in report.incomplete.values() for answer in found.values()]
    states = {answer.state for answer in missing}
    if way == "publisher":
        assert said == ""
        assert {"blocked"} <= states <= {"blocked", "refused", "missing"}
        assert report.exit_code == 2
    elif way == "reading":
        assert said == ""
        assert states == {"refused"}
        assert all(BROKEN_READER in (answer.reason or "") for answer in missing)
        assert report.exit_code == 2
    else:
        why = {"job": BROKEN_JOB, "model": "dbt build failed"}[way]
        assert why in said
        assert report.exit_code == 1
    assert day not in lived.rounds[day].days[name]


def test_news_of_simulated_companies_reaches_the_marts_of_sentiment(lived: Lived) -> None:
    news, of_instruments, scored, classes, _ = lived.sentiment
    assert scored >= news >= of_instruments > 0
    assert classes == 16


def test_returns_that_come_after_the_news_are_in_its_figures(lived: Lived) -> None:
    *_, events = lived.sentiment
    assert events > 0


@pytest.mark.parametrize("name", OF_DOCUMENTS)
def test_publishers_answered_with_every_trouble(lived: Lived, name: str) -> None:
    assert lived.befallen[name] == set(TROUBLES)


@pytest.mark.parametrize("name", ["india", "taiwan"])
def test_sensors_of_the_others_bring_their_days_to_the_marts(lived: Lived, name: str) -> None:
    """Their documents were there; a job, or a model, had not been."""
    for other in set(OF_DOCUMENTS) - {name}:
        lost = ("publisher", "reading")
        due = {day for day, ways in ROUNDS.items() if ways.get(other) not in lost}
        assert due <= lived.caught_up[name][other], other


@pytest.mark.parametrize("name", ["india", "taiwan"])
def test_status_and_doctor_tell_of_the_others(lived: Lived, name: str) -> None:
    assert lived.codes[name] == 1
    assert set(lived.status[name]) >= set(OF_DOCUMENTS)
    assert set(lived.status[name][name]) == {"failure"}
    for other in set(OF_DOCUMENTS) - {name}:
        told = lived.status[name][other]
        assert "failure" not in told, told
        assert told["layers"]["warehouse"]["newest"]
    [feed] = [feed for feed in LIGHT if owner(feed) == name][:1]
    assert f"bronze/{feed}" in lived.doctor[name]
    assert "marts in" in lived.doctor[name]
