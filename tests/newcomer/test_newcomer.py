"""A subject is added by folders of its name alone: a toy exchange beside the others.

The harbour trades berths on Saturdays and Sundays, in another zone, and reads its gauges each hour.
Its folders stand in floors/, one on each floor, and are added to a copy of the sources of which no
file is changed. What happens there happens once, in `lived`; each test looks at a part of it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from newcomer.house import House, added, built
from support.archives import DOCUMENTS, Archive
from support.commands import Commands
from support.homes import Home
from support.lakehouse import LIGHT
from support.sources import PROJECT

from indextracker_catalogue import SUBJECTS
from indextracker_simulator.taiwan.exchange import Exchange

TESTS = Path(__file__).parents[1]
# Two weekends; of the first the Sunday's document is wrong, and of the second no more is asked.
SATURDAY, SUNDAY, AFTER = date(2024, 12, 14), date(2024, 12, 15), date(2024, 12, 21)
MONDAY = date(2024, 12, 16)
HARBOUR = ("berth", "berth_price", "tide")


@dataclass(frozen=True)
class Lived:
    """What the commands said one after the other, and what was published after each.

    Attributes:
        wrong: A backfill of the harbour, of whose documents one is wrong.
        failed: One whose rows break a test of its marts.
        beside: A backfill of the other subject in that state.
        mended: One of the harbour with a right document, after the other's rows were broken.
        status: What `status` says then, and its JSON.
    """

    home: Home
    wrong: subprocess.CompletedProcess[str]
    failed: subprocess.CompletedProcess[str]
    beside: subprocess.CompletedProcess[str]
    mended: subprocess.CompletedProcess[str]
    status: subprocess.CompletedProcess[str]
    status_json: subprocess.CompletedProcess[str]
    published: dict[str, dict[str, list[tuple[Any, ...]]]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The sources with the harbour, and what is generated of it."""
    house = built(tmp_path_factory.mktemp("house"))
    house.generate()
    return house


@pytest.fixture(scope="module")
def forked(house: House) -> Iterator[Commands]:
    """The process off which the commands of the house are forked."""
    commands = Commands(house.roots)
    yield commands
    commands.close()


@pytest.fixture(scope="module")
def lived(house: House, forked: Commands) -> Lived:
    """Both subjects in one lake and one warehouse, first the one and then the other broken."""
    documents = house.folder / "documents"
    documents.mkdir()
    home = Home(house.folder / "home", f"archive:{documents}", lambda: forked)
    home.folder.mkdir()
    auctions(documents, SATURDAY, {"north": "1.5", "south": "3", "west": "2"})
    auctions(documents, SUNDAY, {"north": "1.5"}, heading="another day")
    auctions(documents, AFTER, {"north": "1000", "south": "3"})
    for day in (SATURDAY, SUNDAY, AFTER, AFTER + timedelta(days=1)):
        gauges(documents, day)
    exchange = Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))
    taiwan = Archive(documents, exchange)
    for feed in LIGHT[1].split(","):
        document = exchange.published(DOCUMENTS[feed], MONDAY)
        assert document
        taiwan.put(taiwan.name(feed, MONDAY), document.body)
    published = {}

    wrong = home.run("backfill", "harbour", *days(SATURDAY, SUNDAY))
    published["wrong"] = marts(home)
    failed = home.run("backfill", "harbour", *days(AFTER, AFTER), "--json")
    published["failed"] = marts(home)
    beside = home.run("backfill", "taiwan", *days(MONDAY, MONDAY), *LIGHT)
    published["beside"] = marts(home)
    double_what_is_loaded(home)
    auctions(documents, AFTER, {"north": "2.5", "south": "5"})
    mended = home.run("backfill", "harbour", *days(AFTER, AFTER), "--again", "--json")
    published["mended"] = marts(home)
    status = home.run("status", *days(SATURDAY, AFTER))
    status_json = home.run("status", *days(SATURDAY, AFTER), "--json")
    return Lived(home, wrong, failed, beside, mended, status, status_json, published)


@pytest.fixture(scope="module")
def found(house: House, lived: Lived) -> dict[str, Any]:
    """What its floors hold in the end."""
    said = house.run(
        str(TESTS / "newcomer" / "inside.py"),
        source=lived.home.source,
        dagster_home=lived.home.dagster,
        lake=lived.home.lake,
        warehouse=lived.home.warehouse,
    )
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return told


def days(first: date, last: date) -> tuple[str, ...]:
    return ("--from", str(first), "--to", str(last))


def auctions(folder: Path, session: date, prices: dict[str, str], heading: object = None) -> None:
    """The document of a session; its first line is corrected by a later one."""
    lines = [f"auctions of {heading or session}", "north,0.5"]
    lines += [f"{berth},{price}" for berth, price in prices.items()]
    (folder / f"auctions_{session:%Y%m%d}.csv").write_text("\n".join(lines))


def gauges(folder: Path, day: date) -> None:
    """The documents of the hours of a day: the water rises by a metre each hour."""
    for hour in range(24):
        text = f"east,{hour}.5\nwest,{hour + 1}.5\n"
        (folder / f"gauges_{day:%Y%m%d}T{hour:02}.csv").write_text(text)


def marts(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the marts that are published, and of what is loaded of the other subject."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        listed = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema = 'marts' or table_name = 'etf_bars'"
        ).fetchall()
        return {
            name: connection.execute(f"select * from {name} order by all").fetchall()
            for (name,) in sorted(listed)
        }


def double_what_is_loaded(home: Home) -> None:
    """Has the other subject's bars loaded twice, as a broken loader would; and marks all tides."""
    with duckdb.connect(str(home.warehouse.with_name(".warehouse.duckdb.building"))) as connection:
        connection.execute("insert into raw.etf_bars select * from raw.etf_bars")
        connection.execute("update raw.loads set load_id = 'broken' where subject = 'taiwan'")
        connection.execute("update intermediate.int_tide set height = height + 1000")


def of_harbour(published: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows for name, rows in published.items() if name.partition(".")[2] in HARBOUR}


def of_taiwan(published: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows for name, rows in published.items() if name.partition(".")[2] not in HARBOUR}


def test_it_adds_folders_of_its_name_and_nothing_else() -> None:
    files = added()
    assert len(files) > 10
    for file in files:
        assert "harbour" in (*file.parts[:-1], file.stem), file
        assert not (PROJECT / file).exists()


def test_each_floor_finds_it(found: dict[str, Any]) -> None:
    assert set(found["subjects"]) == {"harbour", *SUBJECTS}
    assert found["tables"] == [
        "bronze/harbour_auctions",
        "bronze/harbour_gauges",
        "silver/harbour_quays",
        "silver/harbour_berths",
        "silver/harbour_prices",
        "silver/harbour_tides",
        "silver/harbour_notices",
        "gold/harbour_averages",
    ]
    assert found["feeds"] == ["harbour_auctions", "harbour_gauges"]
    assert found["jobs"] == [
        "silver/harbour_prices",
        "gold/harbour_averages",
        "silver/harbour_berths",
        "silver/harbour_tides",
    ]
    assert found["due"] == "2024-11-02 18:00:00+13:00"


def test_the_data_dictionary_has_it(house: House) -> None:
    told = (house.folder / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    assert "### silver/harbour_tides" in told
    assert "one write replaces the rows of the hours that it lists" in told
    assert (
        "| `height` | double precision |  | Mean height of the water, in metres. | "
        "`silver/harbour_tides.height` |"
    ) in told


def test_the_graph_has_it_beside_the_others(found: dict[str, Any]) -> None:
    graph = found["graph"]
    reviewed = json.loads((TESTS / "indextracker_assets" / "asset_graph.json").read_text())
    ours = {key: node for key, node in graph.items() if node["group"].startswith("harbour_")}
    assert {key: node for key, node in graph.items() if key not in ours} == reviewed
    assert ours["silver/harbour_prices"]["partitioned"]
    assert not ours["silver/harbour_berths"]["partitioned"]
    assert ours["marts/tide"]["deps"] == ["intermediate/int_tide"]
    assert ours["intermediate/int_tide"]["deps"] == ["raw/raw_harbour_tides"]


def test_its_partitions_are_its_own_sessions_and_hours(found: dict[str, Any]) -> None:
    partitions = found["partitions"]
    weekends = [date(2024, 1, 6) + timedelta(weeks=n // 2, days=n % 2) for n in range(100)]
    for path in ("bronze/harbour_auctions", "silver/harbour_prices", "gold/harbour_averages"):
        assert partitions[path] == [str(day) for day in weekends], path
    for path in ("bronze/harbour_gauges", "silver/harbour_tides"):
        assert partitions[path][:25:24] == ["2020-01-02T00", "2020-01-03T00"], path
    assert {date.fromisoformat(key).weekday() for key in partitions["gold/futures_bars"]} <= {
        *range(5)
    }


def test_its_documents_become_its_tables(lived: Lived, found: dict[str, Any]) -> None:
    rows = found["rows"]
    prices = {
        (row["session_date"], row["berth"]): row["price"] for row in rows["silver/harbour_prices"]
    }
    assert prices == {
        ("2024-12-14", "north"): 1.5,
        ("2024-12-14", "south"): 3.0,
        ("2024-12-14", "west"): 2.0,
        ("2024-12-21", "north"): 2.5,
        ("2024-12-21", "south"): 5.0,
    }
    of_late = {
        row["berth"]: row["price"]
        for row in rows["gold/harbour_averages"]
        if row["session_date"] == "2024-12-21"
    }
    assert of_late == {"north": 2.0, "south": 4.0}
    assert {row["berth"]: row["sessions"] for row in rows["silver/harbour_berths"]} == {
        "north": 2,
        "south": 2,
        "west": 1,
    }
    assert {row["berth"]: row["quay"] for row in rows["silver/harbour_quays"]} == {
        "north": "old",
        "south": "new",
    }
    tides = sorted((row["hour"], row["height"]) for row in rows["silver/harbour_tides"])
    assert len(tides) == 72
    assert tides[22] == ("2024-12-14 22:00:00+00:00", 23.0)
    notices = [(row["at"], row["notice"]) for row in rows["silver/harbour_notices"]]
    assert sorted(notices) == [
        (f"2024-12-21 0{hour}:00:00+00:00", notice) for hour in (1, 2) for notice in ("ebb", "fog")
    ]


def test_a_wrong_document_holds_up_no_other(lived: Lived) -> None:
    said = lived.wrong
    assert said.returncode == 2, said.stderr
    assert "auctions_20241215.csv does not begin with its date, 2024-12-15" in said.stdout
    published = lived.published["wrong"]
    assert published["marts.berth_price"] == [
        (SATURDAY, "north", 1.5, 1.5),
        (SATURDAY, "south", 3.0, 3.0),
        (SATURDAY, "west", 2.0, 2.0),
    ]
    assert published["marts.berth"] == [("north", "old"), ("south", "new")]
    assert len(published["marts.tide"]) == 48
    hour, height = published["marts.tide"][22]
    assert (str(hour), height) == ("2024-12-14 22:00:00", 23.0)


def test_its_audit_is_told(lived: Lived) -> None:
    assert "silver/harbour_prices berths_are_known: 1 row of 2024-12-14" in lived.wrong.stdout


def test_a_failed_test_of_its_marts_holds_back_it_alone(lived: Lived) -> None:
    assert lived.failed.returncode == 1
    [failure] = json.loads(lived.failed.stdout)["failures"]
    assert "berth_price_is_below_a_hundred" in failure
    assert lived.published["failed"] == lived.published["wrong"]
    assert lived.beside.returncode == 0, lived.beside.stdout + lived.beside.stderr
    assert of_harbour(lived.published["beside"]) == of_harbour(lived.published["wrong"])
    assert lived.published["beside"]["marts.derivative_detail_history"]


def test_what_breaks_the_other_does_not_hold_it_back(lived: Lived) -> None:
    assert lived.mended.returncode == 0, lived.mended.stdout + lived.mended.stderr
    published = lived.published["mended"]
    assert of_taiwan(published) == of_taiwan(lived.published["beside"])
    assert published["marts.berth_price"][3:] == [
        (AFTER, "north", 2.5, 2.0),
        (AFTER, "south", 5.0, 4.0),
    ]


def test_its_hours_are_built_by_hour(lived: Lived) -> None:
    """Those that were loaded anew: the others keep the mark that was set on them."""
    tides = [height for _, height in lived.published["mended"]["marts.tide"]]
    heights = [hour + 1.0 for hour in range(24)]
    assert tides == [*(height + 1000 for height in (*heights, *heights)), *heights]


def test_its_backfill_tells_of_sessions_and_hours(lived: Lived) -> None:
    told = json.loads(lived.mended.stdout)
    assert told["sessions"]["2024-12-21"] == {
        "harbour_auctions": {
            "state": "accepted",
            "reason": told["sessions"]["2024-12-21"]["harbour_auctions"]["reason"],
        }
    }
    assert told["sessions"]["2024-12-21T22"]["harbour_gauges"]["state"] == "accepted"
    assert told["tables"]["silver/harbour_tides"] == 24
    assert told["tables"]["gold/harbour_averages"] == 2


def test_status_shows_it(lived: Lived) -> None:
    assert lived.status.returncode == 0, lived.status.stderr
    assert "harbour: A toy exchange of berths" in lived.status.stdout
    assert "harbour_gauges" in lived.status.stdout
    told = json.loads(lived.status_json.stdout)["subjects"]
    assert set(told) == {"harbour", *SUBJECTS}
    sessions = told["harbour"]["sessions"]
    assert sessions["2024-12-14"]["harbour_auctions"]["state"] == "accepted"
    assert sessions["2024-12-15"]["harbour_auctions"]["state"] == "refused"
    assert sessions["2024-12-14T22"]["harbour_gauges"]["state"] == "accepted"


def test_its_schedules_ask_for_its_own_keys(found: dict[str, Any]) -> None:
    """The hour that has passed, and on a Friday nothing."""
    hour, saturday = "2024-12-22T00", "2024-12-21"
    assert found["schedules"] == {
        "gauges": [["acquire_harbour_hours", [hour, hour], []]],
        "auctions on Saturday": [["acquire_harbour", [saturday, saturday], []]],
        "auctions on Friday": "2024-12-20 is no trading day; the next one is 2024-12-21",
        "freshness": [["freshness_harbour", None, []]],
    }


def test_its_sensors_look_at_it_alone(found: dict[str, Any]) -> None:
    """Of the harbour alone an hour is stale, whose document has just come."""
    assert found["sensors"]["stale_sessions"].startswith("nothing is stale")
    [[job, keys, assets]] = found["sensors"]["stale_sessions_harbour"]
    assert (job, keys) == ("refine_harbour_hours", ["2024-12-22T00", "2024-12-22T00"])
    assert {"silver/harbour_tides", "raw/raw_harbour_tides"} <= {*assets}
    assert found["sensors"]["outstanding_documents_harbour"].startswith("no document is requested")
