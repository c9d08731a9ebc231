"""The doctor, above all when things are broken."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable
from support.homes import Home

from indextracker.acquiring.deliveries import Delivery, record
from indextracker.feeds import PUBLISHERS
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.reference import taiwan as reference
from indextracker.settings import Settings
from indextracker_catalogue import SECRETS, TABLES
from indextracker_cli.doctor import Finding, _secrets

# Nothing listens there: what asks the network through it fails at once.
NO_NETWORK = {"https_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}
SECRET = "eyJ0eXAi.a-very-secret-token"


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, list[tuple[str, str]]]:
    """Verdict and sentence of each finding, by part; the code follows from the verdicts."""
    assert "Traceback" not in done.stderr + done.stdout
    found: dict[str, list[tuple[str, str]]] = {}
    for verdict, part, says in re.findall(
        r"^(ok|warning|problem) +([A-Za-z ]+): (.*)$", done.stdout, re.MULTILINE
    ):
        found.setdefault(part, []).append((verdict, says))
    verdicts = [verdict for told in found.values() for verdict, _ in told]
    assert done.returncode == int("problem" in verdicts), done.stdout + done.stderr
    assert re.search(rf"^{verdicts.count('problem')} problems?, ", done.stdout, re.MULTILINE)
    return found


def test_a_sound_home_has_no_problem(empty: Home) -> None:
    found = findings(empty.run_by_path("doctor"))
    reviews = found.pop("reference data")
    assert {verdict for told in found.values() for verdict, _ in told} == {"ok"}
    # Facts grow old without anything being wrong with the home.
    assert [verdict for verdict, _ in reviews].count("problem") == 0
    told = " ".join(says for _, says in reviews)
    assert all(f"{review.exchange} {review.kind} " in told for review in reference.REVIEWS.read())
    assert set(found) == {
        *("Python", "dbt", "settings", "folders", "disk", "lake", "clock", "warehouse", "locks"),
        *("Dagster", "history", "source", "engine"),
        *(secret.site for secret in SECRETS.values()),
    }
    assert re.search(r"exchange runs and lists \d+ sessions", found["source"][0][1])
    # Looking makes nothing.
    assert not empty.lake.exists()
    assert not empty.dagster.exists()
    assert not empty.warehouse.parent.exists()


def test_wrong_settings_are_named_and_the_rest_is_looked_at(empty: Home) -> None:
    wrong = {"INDEXTRACKER_SOURCE": "carrier pigeon", "INDEXTRACKER_START": "yesterday"}
    done = empty.run("doctor", **wrong)
    found = findings(done)
    told = [says for verdict, says in found["settings"] if verdict == "problem"]
    assert [says.partition(":")[0] for says in told] == list(wrong)
    assert found["Python"][0][0] == "ok"


@pytest.mark.parametrize("command", ["backfill", "query", "status", "restore", "ui"])
def test_help_is_there_when_a_setting_is_wrong(empty: Home, command: str) -> None:
    done = empty.run(command, "--help", INDEXTRACKER_SOURCE="carrier pigeon")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: indextracker")


def test_every_part_is_told_by_itself(empty: Home, tmp_path: Path) -> None:
    """A lake of the other world, a warehouse of rubbish, folders that cannot be, no network."""
    Lake(str(empty.lake), "simulated").ensure([TABLES["silver/indices"]])
    empty.warehouse.parent.mkdir()
    empty.warehouse.write_bytes(b"this is no database" * 1000)
    file = tmp_path / "file"
    file.write_text("no folder")
    done = empty.run(
        "doctor",
        INDEXTRACKER_SOURCE="live",
        INDEXTRACKER_DAGSTER_HOME=str(file / "dagster"),
        INDEXTRACKER_FINMIND_TOKEN=SECRET,
        **NO_NETWORK,
    )
    assert SECRET not in done.stdout + done.stderr
    found = findings(done)
    [(verdict, says)] = found["lake"]
    assert (verdict, "simulated data and this run is of the real world" in says) == (
        "problem",
        True,
    )
    [(verdict, says)] = found["warehouse"]
    assert verdict == "problem"
    assert f"move it and .{empty.warehouse.name}.building beside it away" in says
    told = dict(found["folders"])
    assert "INDEXTRACKER_DAGSTER_HOME" in told["problem"]
    assert str(file / "dagster") in told["problem"]
    assert [verdict for verdict, _ in found["source"]] == ["problem"] * len(PUBLISHERS)
    assert "www.taifex.com.tw cannot be reached" in found["source"][0][1]
    assert found["FinMind"] == [("ok", "a token is set; it is shown nowhere")]
    assert [verdict for verdict, _ in found["engine"]] == ["ok"]


def test_without_a_token_it_is_told_how_to_get_one() -> None:
    told = Finding(
        "FinMind",
        "warning",
        "no token is set, so that ticks of ETFs are blocked, and nothing else: ticks need a Backer "
        "or Sponsor account of finmindtrade.com, its token in INDEXTRACKER_FINMIND_TOKEN",
    )
    found = list(_secrets(Settings(source="live")))
    assert told in found
    assert [one.part for one in found] == [secret.site for secret in SECRETS.values()]


def test_what_is_in_the_lake_is_looked_at(empty: Home, tmp_path: Path) -> None:
    """A table of another declaration, an answer from the future, an archive that is not there."""
    lake = Lake(str(empty.lake), "real")
    table = TABLES["silver/indices"]
    lake.ensure([TABLES["silver/etfs"]])
    schema = arrow_schema(table).append(arrow_schema(table).field("market").with_name("venue"))
    DeltaTable.create(lake.path(table), schema)
    now = datetime.now(UTC)
    record(
        lake,
        [
            Delivery(
                feed="twse_index",
                key=str(now.date()),
                url=None,
                name=None,
                sha256=None,
                bytes=None,
                published_at=None,
                fetched_at=now + timedelta(days=3),
                state="missing",
                reason="a clock that went wrong",
            )
        ],
    )
    empty.dagster.mkdir()
    (empty.dagster / "dagster.yaml").write_text("telemetry: {enabled: true}\n")
    found = findings(empty.run("doctor", INDEXTRACKER_SOURCE=f"archive:{tmp_path / 'nowhere'}"))
    [(verdict, says)] = found["lake"]
    assert (verdict, "venue is stored and no longer declared" in says) == ("problem", True)
    [(verdict, says)] = found["clock"]
    assert (verdict, "set the clock" in says) == ("problem", True)
    [(verdict, says)] = found["source"]
    assert (verdict, "nowhere is no folder" in says) == ("problem", True)
    [(verdict, says)] = found["Dagster"]
    assert (verdict, "differs from" in says) == ("warning", True)
