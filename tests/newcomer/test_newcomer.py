"""A subject is added by folders of its name alone: a toy exchange beside the others.

The harbour trades berths on Saturdays and Sundays, in another zone. Its folders stand in floors/,
one on each floor, and are added to a copy of the sources of which no file is changed.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from newcomer.house import House, added, built
from support.sources import PROJECT

TESTS = Path(__file__).parents[1]
# Seven weekends.
SESSIONS = [date(2024, 11, 2) + timedelta(weeks=n // 2, days=n % 2) for n in range(14)]

DECLARED = """
import json, runpy
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets.definitions import build_defs
from indextracker_catalogue import SUBJECTS, subject_of, TABLES
from indextracker_spark.jobs import JOBS
graph_of = runpy.run_path({code_location!r})["graph_of"]
prepare()
defs = build_defs(Platform(Settings()))
partitions = {{
    node.key.to_user_string(): list(node.partitions_def.get_partition_keys())[:100]
    for node in defs.resolve_asset_graph().asset_nodes if node.partitions_def
}}
print(json.dumps({{
    "subjects": list(SUBJECTS),
    "tables": [path for path, table in TABLES.items() if subject_of(table) is SUBJECTS["harbour"]],
    "feeds": [name for name, feed in FEEDS.items() if feed.publisher == "harbour"],
    "jobs": [name for name, job in JOBS.items() if subject_of(job.writes).name == "harbour"],
    "graph": graph_of(defs),
    "partitions": partitions,
}}))
"""

BUILT = """
import json
from datetime import date
from indextracker.acquiring.acquisition import acquire
from indextracker.calendars import calendar
from indextracker.engines.sail import SailEngine
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker_catalogue import TABLES
from indextracker_spark.jobs import JOBS
lake, engine = Lake({lake!r}, "real"), SailEngine()
with ArchiveSource({archive!r}) as source:
    asked = list({sessions!r})
    answers = acquire(lake, FEEDS["harbour_auctions"], asked, source)
    hours = ["2024-12-14T22", "2024-12-14T23"]
    tides = acquire(lake, FEEDS["harbour_gauges"], hours, source)
keys = [key for key, answer in answers.items() if answer.accepted]
known = calendar(FEEDS["harbour_auctions"].timeline, date(2024, 12, 16))
ours = {{name: job for name, job in JOBS.items() if "harbour" in name}}
lake.ensure(job.writes for job in ours.values())
for job in ours.values():
    hourly = job.writes.timeline == FEEDS["harbour_gauges"].timeline
    due = [tide.key for tide in tides.values() if tide.accepted] if hourly else keys
    engine.run(job, lake.root, [] if job.writes.is_whole else due)
# Again for the last session alone, which sees those before it.
engine.run(ours["gold/harbour_averages"], lake.root, keys[-1:], earlier=keys)
engine.close()
print(json.dumps({{
    "sessions": known.keys("2024-11-01", "2024-12-15"),
    "due": FEEDS["harbour_auctions"].due(asked[0]),
    "tides": [(tide.key, tide.state) for tide in tides.values()],
    "answers": {{key: [a.state, a.reason] for key, a in answers.items()}},
    "rows": {{name: lake.rows(TABLES[name]).to_table().to_pylist() for name in ours}},
}}, default=str))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The sources with the harbour."""
    house = built(tmp_path_factory.mktemp("house"))
    house.generate()
    return house


@pytest.fixture(scope="module")
def declared(house: House) -> dict[str, Any]:
    """What the floors have found."""
    code_location = TESTS / "indextracker_assets" / "test_code_location.py"
    program = DECLARED.format(code_location=str(code_location))
    said = house.run("-c", program, dagster_home=house.folder / "home", lake=house.folder / "lake")
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return told


def test_it_adds_folders_of_its_name_and_nothing_else() -> None:
    files = added()
    assert len(files) > 10
    for file in files:
        assert "harbour" in (*file.parts[:-1], file.stem), file
        assert not (PROJECT / file).exists()


def test_each_floor_finds_it(declared: dict[str, Any]) -> None:
    assert declared["subjects"] == ["harbour", "taiwan"]
    assert declared["tables"] == [
        "bronze/harbour_auctions",
        "bronze/harbour_gauges",
        "silver/harbour_quays",
        "silver/harbour_berths",
        "silver/harbour_prices",
        "silver/harbour_tides",
        "silver/harbour_notices",
        "gold/harbour_averages",
    ]
    assert declared["feeds"] == ["harbour_auctions", "harbour_gauges"]
    assert declared["jobs"] == [
        "silver/harbour_prices",
        "gold/harbour_averages",
        "silver/harbour_berths",
        "silver/harbour_tides",
    ]


def test_the_graph_has_it_beside_the_others(declared: dict[str, Any]) -> None:
    graph = declared["graph"]
    reviewed = json.loads((TESTS / "indextracker_assets" / "asset_graph.json").read_text())
    ours = {key: node for key, node in graph.items() if node["group"].startswith("harbour_")}
    assert {key: node for key, node in graph.items() if key not in ours} == reviewed
    assert ours["marts/tide"]["deps"] == ["intermediate/int_tide"]
    assert ours["intermediate/int_tide"]["deps"] == ["raw/raw_harbour_tides"]
    assert ours["silver/harbour_prices"]["deps"] == [
        "bronze/harbour_auctions",
        "silver/harbour_quays",
    ]
    assert ours["silver/harbour_prices"]["partitioned"]
    assert not ours["silver/harbour_berths"]["partitioned"]


def test_its_partitions_are_its_own_sessions_and_hours(declared: dict[str, Any]) -> None:
    partitions = declared["partitions"]
    weekends = [date(2024, 1, 6) + timedelta(weeks=n // 2, days=n % 2) for n in range(100)]
    for path in ("bronze/harbour_auctions", "silver/harbour_prices", "gold/harbour_averages"):
        assert partitions[path] == [str(day) for day in weekends], path
    for path in ("bronze/harbour_gauges", "silver/harbour_tides"):
        assert partitions[path][:25:24] == ["2020-01-02T00", "2020-01-03T00"], path
    assert {date.fromisoformat(key).weekday() for key in partitions["gold/futures_bars"]} <= {
        *range(5)
    }


def test_its_documents_become_its_tables(house: House) -> None:
    """More sessions than one commit of an engine has, of which the last has a wrong document."""
    archive = house.folder / "archive"
    archive.mkdir()
    for number, session in enumerate(SESSIONS):
        heading = f"auctions of {session if session != SESSIONS[-1] else 'another day'}"
        lines = (heading, "north,0.5", f"north,{number}.5", "south,3")
        (archive / f"auctions_{session:%Y%m%d}.csv").write_text("\n".join(lines))
    (archive / "gauges_20241214T22.csv").write_text("east,1.5\nwest,2.5\n")
    sessions = [str(session) for session in SESSIONS]
    program = BUILT.format(lake=str(house.folder / "lake"), archive=str(archive), sessions=sessions)
    found = json.loads(house.run("-c", program).splitlines()[-1])
    assert found["sessions"] == sessions
    assert found["due"] == "2024-11-02 18:00:00+13:00"
    *good, (state, reason) = found["answers"].values()
    assert good == [["accepted", None]] * 13
    assert state == "refused"
    assert reason.startswith("auctions_20241215.csv does not begin with its date")
    rows = found["rows"]
    assert found["tides"] == [["2024-12-14T22", "accepted"], ["2024-12-14T23", "missing"]]
    (tide,) = rows["silver/harbour_tides"]
    assert (tide["hour"], tide["height"]) == ("2024-12-14 22:00:00+00:00", 2.0)
    assert by_key(rows["silver/harbour_prices"], "north") == {
        session: number + 0.5 for number, session in enumerate(sessions[:-1])
    }
    assert by_key(rows["gold/harbour_averages"], "north") == {
        session: sum(n + 0.5 for n in range(max(number - 5, 0), number + 1)) / min(number + 1, 6)
        for number, session in enumerate(sessions[:-1])
    }
    assert {row["berth"]: row["sessions"] for row in rows["silver/harbour_berths"]} == {
        "north": 13,
        "south": 13,
    }


def by_key(rows: list[dict[str, Any]], berth: str) -> dict[str, float]:
    """The prices of a berth by session."""
    return {row["session_date"]: row["price"] for row in rows if row["berth"] == berth}
