"""The environment as one object: read, refused in sentences, and handed on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from indextracker import settings as environment
from indextracker.settings import PROJECT, Settings, SettingsError

VARIABLES = (
    "ENV",
    "SOURCE",
    "LAKE",
    "ENGINE",
    "WAREHOUSE",
    "START",
    "DAGSTER_HOME",
    "USER_AGENT",
    "FINMIND_TOKEN",
    "AUTOMATION",
    "ALERTS",
    "FAILPOINT",
)
SECRET = "s3cret.t0ken-of-somebody"


@pytest.fixture(autouse=True)
def bare() -> Iterator[None]:
    """None of our variables is set, and whatever a test sets is gone after it."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("INDEXTRACKER_", "DAGSTER_")):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


def loaded(**variables: str) -> Settings:
    os.environ.update({f"INDEXTRACKER_{name}": value for name, value in variables.items()})
    return environment.load()


def test_defaults() -> None:
    settings = loaded()
    data = PROJECT / "data" / "simulated"
    assert settings.model_dump() == {
        "env": "local",
        "source": "simulated",
        "lake": str(data / "lake"),
        "engine": "sail",
        "warehouse": str(data / "warehouse.duckdb"),
        "start": date(2020, 1, 2),
        "dagster_home": str(data / "dagster"),
        "user_agent": f"indextracker/{version('indextracker')} (open market-data lakehouse)",
        "finmind_token": None,
        "automation": "stopped",
        "alerts": "log",
        "failpoint": "",
    }


@pytest.mark.parametrize(
    ("source", "world"),
    [
        ("simulated", "simulated"),
        ("simulated:http://127.0.0.1:8700", "simulated"),
        ("live", "real"),
        ("archive:/srv/documents", "real"),
    ],
)
def test_each_world_has_homes_of_its_own(source: str, world: str) -> None:
    settings = loaded(SOURCE=source)
    data = PROJECT / "data" / world
    assert settings.world == world
    assert settings.lake == str(data / "lake")
    assert settings.warehouse == str(data / "warehouse.duckdb")
    assert settings.dagster_home == str(data / "dagster")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ENV", "local", "local"),
        ("SOURCE", "archive:/srv/documents", "archive:/srv/documents"),
        ("LAKE", "/srv/lake", "/srv/lake"),
        ("ENGINE", "sail", "sail"),
        ("WAREHOUSE", "/srv/w.duckdb", "/srv/w.duckdb"),
        ("START", "2021-07-26", date(2021, 7, 26)),
        ("DAGSTER_HOME", "/srv/dagster", "/srv/dagster"),
        ("SOURCE", "live", "live"),
        ("SOURCE", "simulated:http://127.0.0.1:8700/", "simulated:http://127.0.0.1:8700"),
        ("SOURCE", "simulated:http://[::1]:8700", "simulated:http://[::1]:8700"),
        ("USER_AGENT", "somebody/1.0 (mail@example.org)", "somebody/1.0 (mail@example.org)"),
        ("FINMIND_TOKEN", SECRET, SecretStr(SECRET)),
        ("FINMIND_TOKEN", f" {SECRET}\n", SecretStr(SECRET)),
        ("FINMIND_TOKEN", " ", None),
        ("AUTOMATION", "running", "running"),
        ("ALERTS", "none", "none"),
        ("FAILPOINT", "bronze-after:2", "bronze-after:2"),
    ],
)
def test_every_variable_is_read(variable: str, value: str, expected: object) -> None:
    assert getattr(loaded(**{variable: value}), variable.lower()) == expected


def test_all_variables_are_known_here() -> None:
    assert tuple(name.upper() for name in Settings.model_fields) == VARIABLES


def test_dagsters_own_variable_counts_where_ours_is_not_set() -> None:
    os.environ["DAGSTER_HOME"] = "/srv/dagster"
    assert environment.load().dagster_home == "/srv/dagster"
    assert loaded(DAGSTER_HOME="/srv/ours").dagster_home == "/srv/ours"


@pytest.mark.parametrize("variable", ["LAKE", "WAREHOUSE", "DAGSTER_HOME"])
def test_relative_paths_are_made_absolute(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    field = variable.lower()
    assert getattr(loaded(**{variable: "some/place"}), field) == f"{tmp_path}/some/place"
    assert getattr(loaded(**{variable: "~/place"}), field) == "/home/someone/place"


def test_an_archive_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert loaded(SOURCE="archive:documents").source == f"archive:{tmp_path}/documents"


def test_what_stands_beside_the_warehouse() -> None:
    settings = loaded(WAREHOUSE="/srv/market.duckdb")
    assert settings.warehouse_private == "/srv/.market.duckdb.building"
    assert settings.docs == "/srv/dbt_docs"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ENV", "moon", "'local'"),
        ("SOURCE", "carrier pigeon", "'carrier pigeon' is neither 'simulated', "),
        ("SOURCE", "archive:", "'archive:' is neither 'simulated', "),
        (
            "SOURCE",
            "archive:s3://bucket/documents",
            "nor 'archive:<folder>'",
        ),
        ("SOURCE", "", "'' is neither 'simulated', "),
        ("LAKE", "s3://bucket/lake", "'s3://bucket/lake' is no path on this machine"),
        ("WAREHOUSE", "redshift://cluster/db", "is no path on this machine"),
        ("DAGSTER_HOME", "http://dagster", "is no path on this machine"),
        ("ENGINE", "abacus", "'sail'"),
        ("START", "yesterday", "valid date"),
        ("SOURCE", "simulated:", "'' is no http://127.0.0.1:<port>"),
        ("SOURCE", "simulated:http://example.org:80", "is no http://127.0.0.1:<port>"),
        ("SOURCE", "simulated:http://localhost.example.org:80", "is no http://127.0.0.1:<port>"),
        ("SOURCE", "simulated:http://127.0.0.1@example.org:80", "is no http://127.0.0.1:<port>"),
        ("SOURCE", "simulated:http://127.0.0.1", "is no http://127.0.0.1:<port>"),
        ("SOURCE", "simulated:http://127.0.0.1:99999", "is no http://127.0.0.1:<port>"),
        ("SOURCE", "simulated:http://127.0.0.1:80/else", "is no http://127.0.0.1:<port>"),
        ("SOURCE", "simulated:https://127.0.0.1:80", "is no http://127.0.0.1:<port>"),
        ("SOURCE", "live:http://127.0.0.1:80", "is neither 'simulated', "),
        ("USER_AGENT", "some\nbody", "is no line of printable ASCII"),
        ("USER_AGENT", "  ", "is no line of printable ASCII"),
        ("AUTOMATION", "perhaps", "'running' or 'stopped'"),
        ("ALERTS", "pigeon", "'log' or 'none'"),
        ("FAILPOINT", "bronze-after:0", "pattern"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(**{variable: value})
    message = str(caught.value)
    assert message.startswith(f"INDEXTRACKER_{variable}: ")
    assert said in message
    assert "\n" not in message


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(SOURCE="x", START="y", ENGINE="z")
    sentences = str(caught.value).split("; ")
    assert {sentence.partition(":")[0] for sentence in sentences} == {
        "INDEXTRACKER_SOURCE",
        "INDEXTRACKER_START",
        "INDEXTRACKER_ENGINE",
    }


def test_a_wrong_token_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(FINMIND_TOKEN=f"{SECRET}\r\nHost: example.org")
    assert "INDEXTRACKER_FINMIND_TOKEN: " in str(caught.value)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__}"


def test_a_token_stays_in_the_variable_in_which_it_came() -> None:
    settings = loaded(FINMIND_TOKEN=SECRET)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} "
    assert SECRET not in settings.model_dump_json()
    environment.export(settings)
    named = [name for name, value in os.environ.items() if SECRET in value]
    assert named == ["INDEXTRACKER_FINMIND_TOKEN"]
    assert environment.load() == settings


def test_a_failpoint_kills_whoever_was_told_to_die() -> None:
    program = (
        "from indextracker import failpoints, settings\n"
        "settings.export(settings.load())\n"
        "failpoints.failpoint('here')\n"
        "failpoints.failpoint('there')\n"
        "print('alive', flush=True)\n"
        "failpoints.failpoint('there')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"INDEXTRACKER_FAILPOINT": "there:2"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "alive\n")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        loaded().lake = "/elsewhere"  # type: ignore[misc] # what is tested


CHILD = """
import os
from indextracker import settings
print(settings.load().model_dump_json())
print(os.environ["DAGSTER_HOME"])
print(os.environ["INDEXTRACKER_DBT_DATABASE"])
"""


def test_children_have_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their working folder."""
    monkeypatch.chdir(tmp_path)
    settings = loaded(
        SOURCE="archive:documents", LAKE="lake", WAREHOUSE="w.duckdb", START="2021-07-26"
    )
    environment.export(settings)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == [
        settings.model_dump_json(),
        settings.dagster_home,
        settings.warehouse_private,
    ]


def test_exporting_keeps_what_people_chose_for_libraries() -> None:
    os.environ["RUST_LOG"] = "debug"
    environment.export(loaded())
    assert os.environ["RUST_LOG"] == "debug"
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"
