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
from support.sources import PROJECT

from indextracker import settings as environment
from indextracker.settings import NAMES, Settings, SettingsError

SECRET = "s3cret.t0ken-of-somebody"
DATABASE = f"postgresql+psycopg2://dagster:{SECRET}@db.example.org:5432/dagster"
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:indextracker"
RESULTS = f"postgresql://me:{SECRET}@db.example.org:5432/results?sslmode=require"
REDSHIFT = "redshift://loader@cluster.example.org:5439/market"
# The least that names every axis on AWS.
ON_AWS = {
    "ENV": "aws",
    "SOURCE": "live",
    "LAKE": "s3://market/lake",
    "ENGINE": "emr",
    "EMR_APPLICATION": "00f1abcd",
    "EMR_ROLE": "arn:aws:iam::123456789012:role/spark",
    "EMR_CODE": "s3://market/code",
    "WAREHOUSE": REDSHIFT,
    "COPY_ROLE": "arn:aws:iam::123456789012:role/copy",
    "SECRET": "indextracker/production",
    "START": "2021-07-26",
    "DAGSTER_HOME": "/srv/dagster",
    "DAGSTER_DATABASE": DATABASE,
    "LOGS_BUCKET": "market-logs",
}


@pytest.fixture(autouse=True)
def bare() -> Iterator[None]:
    """None of our variables is set, and whatever a test sets is gone after it."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("INDEXTRACKER_", "DAGSTER_")):
            del os.environ[name]
    # Whoever works here may have a file of their own.
    os.environ["INDEXTRACKER_SETTINGS"] = os.devnull
    yield
    os.environ.clear()
    os.environ.update(before)


def loaded(**variables: str) -> Settings:
    os.environ.update({f"INDEXTRACKER_{name}": value for name, value in variables.items()})
    return environment.load()


def test_defaults() -> None:
    settings = loaded()
    data = PROJECT / "data" / "simulated"
    assert settings.by_name() == {
        "env": "local",
        "source": "simulated",
        "lake": str(data / "lake"),
        "engine": "sail",
        "warehouse": str(data / "warehouse.duckdb"),
        "warehouse_password": None,
        "copy_role": "",
        "staging": "",
        "readers": "indextracker_readers",
        "strategy_database": None,
        "emr_application": "",
        "emr_role": "",
        "emr_code": "",
        "secret": "",
        "start": date(2020, 1, 2),
        "dagster_home": str(data / "dagster"),
        "dagster_database": None,
        "logs_bucket": "",
        "user_agent": f"indextracker/{version('indextracker')} (open market-data lakehouse)",
        "finmind_token": None,
        "alphavantage_key": None,
        "rapidapi_key": None,
        "automation": "stopped",
        "alerts": "log",
        "failpoint": "",
        "dashboard_host": "127.0.0.1",
        "dashboard_port": 8050,
        "dashboard_password": None,
        "dashboard_proxy_header": "",
        "dashboard_proxies": "",
        "dashboard_names": "",
        "live_port": 8060,
        "monitor_port": 8070,
        "alertmanager": "http://127.0.0.1:9093",
        "dagster_webserver": "http://127.0.0.1:3000",
        "stream": str(data / "streams"),
        "stream_keep_days": 0,
        "alert_rules": "",
        "alert_mail_password": None,
        "alert_webhook": None,
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
    assert settings.lake.address == str(data / "lake")
    assert settings.warehouse.address == str(data / "warehouse.duckdb")
    assert settings.dagster.home == str(data / "dagster")


EMR = {
    "LAKE": "s3://market/lake",
    "EMR_APPLICATION": "00f1abcd",
    "EMR_ROLE": "arn:aws:iam::123456789012:role/spark",
    "EMR_CODE": "s3://market/code",
}
READ: list[tuple[str, str, object]] = [
    ("ENV", "local", "local"),
    ("SOURCE", "archive:/srv/documents", "archive:/srv/documents"),
    ("SOURCE", "archive:s3://bucket/documents/", "archive:s3://bucket/documents"),
    ("SOURCE", "live", "live"),
    ("SOURCE", "simulated:http://127.0.0.1:8700/", "simulated:http://127.0.0.1:8700"),
    ("SOURCE", "simulated:http://[::1]:8700", "simulated:http://[::1]:8700"),
    ("LAKE", "/srv/lake", "/srv/lake"),
    ("LAKE", "s3://bucket/some/lake/", "s3://bucket/some/lake"),
    ("LAKE", "s3://bucket", "s3://bucket"),
    ("ENGINE", "sail", "sail"),
    ("ENGINE", "spark", "spark"),
    ("ENGINE", "emr", "emr"),
    ("ENGINE", "sc://spark.example.org:15002", "sc://spark.example.org:15002"),
    ("ENGINE", "sc://127.0.0.1:15002/;use_ssl=true", "sc://127.0.0.1:15002/;use_ssl=true"),
    ("WAREHOUSE", "/srv/w.duckdb", "/srv/w.duckdb"),
    ("WAREHOUSE_PASSWORD", SECRET, SecretStr(SECRET)),
    ("COPY_ROLE", "arn:aws:iam::123456789012:role/copy", "arn:aws:iam::123456789012:role/copy"),
    ("STAGING", "s3://bucket/staging/", "s3://bucket/staging"),
    ("STAGING", "", ""),
    ("READERS", "analysts", "analysts"),
    ("STRATEGY_DATABASE", RESULTS, SecretStr(RESULTS)),
    ("STRATEGY_DATABASE", "", None),
    ("EMR_APPLICATION", "00f1abcd", "00f1abcd"),
    ("EMR_ROLE", "arn:aws:iam::123456789012:role/spark", "arn:aws:iam::123456789012:role/spark"),
    ("EMR_CODE", "s3://bucket/code/", "s3://bucket/code"),
    ("SECRET", "indextracker/production", "indextracker/production"),
    ("START", "2021-07-26", date(2021, 7, 26)),
    ("DAGSTER_HOME", "/srv/dagster", "/srv/dagster"),
    ("DAGSTER_DATABASE", DATABASE, SecretStr(DATABASE)),
    ("LOGS_BUCKET", "some-logs", "some-logs"),
    ("USER_AGENT", "somebody/1.0 (mail@example.org)", "somebody/1.0 (mail@example.org)"),
    ("FINMIND_TOKEN", SECRET, SecretStr(SECRET)),
    ("FINMIND_TOKEN", f" {SECRET}\n", SecretStr(SECRET)),
    ("FINMIND_TOKEN", " ", None),
    ("ALPHAVANTAGE_KEY", SECRET, SecretStr(SECRET)),
    ("RAPIDAPI_KEY", SECRET, SecretStr(SECRET)),
    ("AUTOMATION", "running", "running"),
    ("ALERTS", "none", "none"),
    ("ALERTS", TOPIC, TOPIC),
    ("FAILPOINT", "bronze-after:2", "bronze-after:2"),
    ("DASHBOARD_HOST", "::1", "::1"),
    ("DASHBOARD_PORT", "8051", 8051),
    ("DASHBOARD_PASSWORD", SECRET, SecretStr(SECRET)),
    ("DASHBOARD_PASSWORD", "", None),
    ("DASHBOARD_PROXY_HEADER", "X-Forwarded-User", "X-Forwarded-User"),
    ("DASHBOARD_PROXIES", "10.0.0.5, ::1", "10.0.0.5,::1"),
    ("DASHBOARD_NAMES", "charts.example.org,charts", "charts.example.org,charts"),
    ("LIVE_PORT", "8061", 8061),
    ("MONITOR_PORT", "8071", 8071),
    ("ALERTMANAGER", "http://alerts:9093", "http://alerts:9093"),
    ("DAGSTER_WEBSERVER", "https://dagster.example.org", "https://dagster.example.org"),
    ("ALERT_RULES", "/srv/alerts.toml", "/srv/alerts.toml"),
    ("ALERT_MAIL_PASSWORD", SECRET, SecretStr(SECRET)),
    ("ALERT_MAIL_PASSWORD", "", None),
    ("ALERT_WEBHOOK", f"https://example.org/{SECRET}", SecretStr(f"https://example.org/{SECRET}")),
    ("ALERT_WEBHOOK", "", None),
    ("STREAM", "kinesis://ticks", "kinesis://ticks"),
    ("STREAM", "/srv/streams/", "/srv/streams"),
    ("STREAM_KEEP_DAYS", "400", 400),
]
PROXY = {"DASHBOARD_PROXY_HEADER": "X-User", "DASHBOARD_PROXIES": "10.0.0.5"}


@pytest.mark.parametrize(("variable", "value", "expected"), READ)
def test_every_variable_is_read(variable: str, value: str, expected: object) -> None:
    needed = EMR if value == "emr" else PROXY if variable in PROXY else {}
    assert loaded(**(needed | {variable: value})).by_name()[variable.lower()] == expected


def test_no_variable_is_left_out_here() -> None:
    assert sorted(name.upper() for name in NAMES) == sorted({variable for variable, _, _ in READ})


def test_dagsters_own_variable_counts_where_ours_is_not_set() -> None:
    os.environ["DAGSTER_HOME"] = "/srv/dagster"
    assert environment.load().dagster.home == "/srv/dagster"
    assert loaded(DAGSTER_HOME="/srv/ours").dagster.home == "/srv/ours"


@pytest.mark.parametrize("variable", ["LAKE", "WAREHOUSE", "DAGSTER_HOME", "ALERT_RULES"])
def test_relative_paths_are_made_absolute(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    field = variable.lower()
    assert loaded(**{variable: "some/place"}).by_name()[field] == f"{tmp_path}/some/place"
    assert loaded(**{variable: "~/place"}).by_name()[field] == "/home/someone/place"


def test_an_archive_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert loaded(SOURCE="archive:documents").source.address == f"archive:{tmp_path}/documents"


def test_what_stands_beside_the_warehouse() -> None:
    settings = loaded(WAREHOUSE="/srv/market.duckdb")
    assert settings.warehouse.private == "/srv/.market.duckdb.building"
    assert settings.docs == "/srv/dbt_docs"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ENV", "moon", "'local'"),
        ("SOURCE", "carrier pigeon", "'carrier pigeon' is neither 'simulated', "),
        ("SOURCE", "archive:", "'archive:' is neither 'simulated', "),
        (
            "SOURCE",
            "archive:https://example.org/documents",
            "nor 'archive:<folder or s3 prefix>'",
        ),
        ("SOURCE", "", "'' is neither 'simulated', "),
        ("SOURCE", "archive:s3://Bucket/documents", "is neither 'simulated', "),
        ("LAKE", "gs://bucket/lake", "'gs://bucket/lake' is no s3://<bucket>/<prefix>"),
        ("LAKE", "s3://", "'s3://' is no s3://<bucket>/<prefix>"),
        ("LAKE", "s3://bucket/a b", "is no s3://<bucket>/<prefix>"),
        ("LAKE", "s3://user:password@bucket/lake", "is no s3://<bucket>/<prefix>"),
        ("STAGING", "/srv/staging", "'/srv/staging' is no s3://<bucket>/<prefix>"),
        ("EMR_CODE", "bucket/code", "'bucket/code' is no s3://<bucket>/<prefix>"),
        ("WAREHOUSE", "redshift://cluster/db", "nor redshift://<user>@<host>:<port>/<database>"),
        ("WAREHOUSE", "redshift://me@cluster", "nor redshift://<user>@<host>:<port>/<database>"),
        ("WAREHOUSE", "postgresql://me@host/db", "is neither a path nor redshift://"),
        ("READERS", "Analysts; drop", "pattern"),
        ("LOGS_BUCKET", "s3://some-logs", "pattern"),
        ("DAGSTER_HOME", "http://dagster", "is no path on this machine"),
        ("ENGINE", "abacus", "'abacus' is neither 'sail', 'spark', 'sc://<host>:<port>' nor 'emr'"),
        ("ENGINE", "sc://host", "'sc://host' is neither 'sail', "),
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
        ("ALERTS", "pigeon", "'pigeon' is neither 'log', 'none' nor the ARN of a topic of SNS"),
        ("FAILPOINT", "bronze-after:0", "pattern"),
        ("DASHBOARD_HOST", "everywhere", "'everywhere' is no address such as 127.0.0.1"),
        ("DASHBOARD_PORT", "70000", "less than or equal to 65535"),
        ("ALERT_RULES", "s3://bucket/alerts.toml", "is no file of this machine"),
        ("ALERT_WEBHOOK", "http://example.org/hook", "it is no https:// address"),
        ("DASHBOARD_PASSWORD", "short", "no password of 12 characters or more"),
        ("DASHBOARD_PROXY_HEADER", "X User", "pattern"),
        ("DASHBOARD_NAMES", "https://charts", "pattern"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(**{variable: value})
    message = str(caught.value)
    assert message.startswith(f"INDEXTRACKER_{variable}: ")
    assert said in message
    assert "\n" not in message
    assert "Value error" not in message


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7"])
def test_a_dashboard_that_others_reach_asks_who_they_are(host: str) -> None:
    with pytest.raises(SettingsError, match=f"at {host} others .*INDEXTRACKER_DASHBOARD_PASSWORD"):
        loaded(DASHBOARD_HOST=host)
    assert not loaded(DASHBOARD_HOST=host, DASHBOARD_PASSWORD=SECRET).dashboard.is_open
    os.environ.pop("INDEXTRACKER_DASHBOARD_PASSWORD")
    assert not loaded(DASHBOARD_HOST=host, **PROXY).dashboard.is_open


@pytest.mark.parametrize("alone", sorted(PROXY))
def test_a_header_is_trusted_from_named_proxies_alone(alone: str) -> None:
    with pytest.raises(SettingsError, match="set both"):
        loaded(**{alone: PROXY[alone]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file in a folder of its own."""
    made = tmp_path / "mine" / "indextracker.toml"
    made.parent.mkdir()
    made.write_text(
        'source = "archive:documents"\nlake = "lake"\nwarehouse = "/srv/w.duckdb"\n'
        'dagster_home = "~/dagster"\nstart = 2021-07-26\n'
    )
    os.environ["INDEXTRACKER_SETTINGS"] = str(made)
    return made


def test_a_file_gives_settings_and_its_places_begin_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    settings = loaded()
    assert settings.source.address == f"archive:{file.parent}/documents"
    assert settings.lake.address == str(file.parent / "lake")
    assert settings.warehouse.address == "/srv/w.duckdb"
    assert settings.dagster.home == "/home/someone/dagster"
    assert (settings.lake.start, settings.world) == (date(2021, 7, 26), "real")


def test_the_environment_outranks_the_file(file: Path) -> None:
    os.environ["DAGSTER_HOME"] = "/srv/theirs"
    settings = loaded(SOURCE="simulated", START="2022-01-03", LAKE="")
    assert (settings.source.address, settings.lake.start) == ("simulated", date(2022, 1, 3))
    # An empty variable names nothing, and DAGSTER_HOME is no setting of ours.
    assert settings.lake.address == str(file.parent / "lake")
    assert settings.dagster.home.endswith("/dagster")
    origins = environment.origins()
    assert origins.file == file
    assert origins.filed == ("lake", "warehouse", "dagster_home")
    assert origins.variables == ("INDEXTRACKER_SOURCE", "INDEXTRACKER_START")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sorce = "live"', "{file}: no setting is called 'sorce', perhaps source"),
        ('INDEXTRACKER_LAKE = "x"', "no setting is called 'INDEXTRACKER_LAKE', perhaps lake"),
        ('finmind_token = "x"', "finmind_token is a secret: set INDEXTRACKER_FINMIND_TOKEN"),
        ("source = live", "{file} is no TOML: "),
        ('source = "pigeon"', "source in the settings file: 'pigeon' is neither "),
        ("source = 7", "{file}: source is neither a text in quotes nor a date"),
        ("[source]", "{file}: source is neither a text in quotes nor a date"),
        ("source = 2021-07-26", "source in the settings file: Input should be a valid string"),
    ],
)
def test_what_a_file_cannot_mean_is_said(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        loaded()
    assert said.format(file=file) in str(caught.value)


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere.toml cannot be read: No such file"):
        loaded(SETTINGS=str(tmp_path / "nowhere.toml"))


def test_a_misspelt_variable_is_an_error() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(SORCE="live", KILLS="3", TEST_IMAGES="4.0", DBT_HOST="x", LAEK="/srv")
    assert caught.value.sentences == (
        "INDEXTRACKER_LAEK: no setting is called so, perhaps lake",
        "INDEXTRACKER_SORCE: no setting is called so, perhaps source",
    )


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
        "from indextracker import settings\nfrom indextracker.system import failpoints\n"
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


@pytest.mark.parametrize("variable", sorted(name.upper() for name in environment.SECRETS))
def test_no_secret_is_shown_or_copied(variable: str) -> None:
    prefixes = {
        "DAGSTER_DATABASE": "postgresql+psycopg2://me:",
        "ALERT_WEBHOOK": "https://example.org/",
        "STRATEGY_DATABASE": "postgresql://me@db.example.org/results?password=",
    }
    prefix = prefixes.get(variable, "x")
    settings = loaded(**{variable: f"{prefix}{SECRET}"})
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()}"
    assert SECRET not in settings.model_dump_json()
    environment.export(settings)
    assert [n for n, value in os.environ.items() if SECRET in value] == [f"INDEXTRACKER_{variable}"]


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(WAREHOUSE=f"redshift://me:{SECRET}@cluster.example.org:5439/market")
    assert str(caught.value) == (
        "INDEXTRACKER_WAREHOUSE: it holds a password: set INDEXTRACKER_WAREHOUSE_PASSWORD instead"
    )
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__}"


def test_the_driver_of_dagsters_database_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(DAGSTER_DATABASE=DATABASE.replace("+psycopg2", ""))
    assert str(caught.value).startswith(
        "INDEXTRACKER_DAGSTER_DATABASE: it is no postgresql+psycopg"
    )
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__}"


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql+psycopg2://me:{SECRET}@db.example.org:5432/results",
        f"postgresql://me:{SECRET}@db.example.org",
        f"postgresql://{SECRET}/results",
        f"postgresql://me:{SECRET}@db.example.org:port/results",
    ],
)
def test_what_is_no_address_of_a_postgresql_is_not_repeated(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(STRATEGY_DATABASE=address)
    assert str(caught.value).startswith("INDEXTRACKER_STRATEGY_DATABASE: it is no postgresql://")
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__}"


def test_redshift_is_told_from_a_file() -> None:
    cluster = loaded(WAREHOUSE=REDSHIFT, LAKE="s3://market/lake", DAGSTER_HOME="/srv/dagster")
    assert (cluster.warehouse.on_cluster, cluster.warehouse.address) == (True, REDSHIFT)
    assert cluster.staged_at == "s3://market/lake-staging"
    assert cluster.docs == "/srv/dagster/dbt_docs"
    file = loaded(WAREHOUSE="/srv/w.duckdb", LAKE="/srv/lake")
    assert not file.warehouse.on_cluster


def test_redshift_needs_a_place_in_s3_to_load_from() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(WAREHOUSE=REDSHIFT, LAKE="/srv/lake")
    assert str(caught.value) == (
        "Redshift loads from S3 alone, and the lake is a folder: set INDEXTRACKER_STAGING"
    )
    staged = loaded(WAREHOUSE=REDSHIFT, LAKE="/srv/lake", STAGING="s3://market/staging")
    assert staged.staged_at == "s3://market/staging"


def test_aws_with_every_axis_named() -> None:
    settings = loaded(**ON_AWS)
    named = {name: value for name, value in ON_AWS.items() if name != "DAGSTER_DATABASE"}
    found = {name: str(settings.by_name()[name.lower()]) for name in named}
    assert found == named
    assert settings.dagster.database == SecretStr(DATABASE)


@pytest.mark.parametrize("variable", sorted(ON_AWS.keys() - {"ENV", "SECRET"}))
def test_no_axis_of_aws_falls_back(variable: str) -> None:
    given = {name: value for name, value in ON_AWS.items() if name != variable}
    with pytest.raises(SettingsError) as caught:
        loaded(**given)
    said = f"on AWS nothing has a default: set INDEXTRACKER_{variable}"
    # What an engine or a warehouse needs beside its name is known when it is named.
    assert str(caught.value) == said


def test_what_is_missing_on_aws_is_one_sentence() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(ENV="aws", ENGINE="emr", WAREHOUSE=REDSHIFT)
    assert str(caught.value) == (
        "on AWS nothing has a default: set INDEXTRACKER_SOURCE, INDEXTRACKER_LAKE, "
        "INDEXTRACKER_START, INDEXTRACKER_DAGSTER_HOME, INDEXTRACKER_DAGSTER_DATABASE, "
        "INDEXTRACKER_LOGS_BUCKET, INDEXTRACKER_EMR_APPLICATION, INDEXTRACKER_EMR_ROLE, "
        "INDEXTRACKER_EMR_CODE, INDEXTRACKER_COPY_ROLE, INDEXTRACKER_WAREHOUSE_PASSWORD"
    )


def test_an_empty_variable_names_nothing() -> None:
    with pytest.raises(SettingsError, match=r"set INDEXTRACKER_LAKE, INDEXTRACKER_LOGS_BUCKET$"):
        loaded(**(ON_AWS | {"LAKE": "", "LOGS_BUCKET": ""}))


@pytest.mark.parametrize(
    "given",
    [
        {"SECRET": "indextracker/production"},
        {"WAREHOUSE_PASSWORD": SECRET},
        {"WAREHOUSE": f"{REDSHIFT}?cluster=market"},
        {"WAREHOUSE": "/mnt/shared/w.duckdb"},
    ],
)
def test_each_way_to_the_warehouse_suffices(given: dict[str, str]) -> None:
    without = {name: value for name, value in ON_AWS.items() if name != "SECRET"}
    assert loaded(**(without | given)).deployment.env == "aws"


def test_a_secret_is_no_address_of_dagsters_database() -> None:
    """dagster.yaml reads it from the environment, in processes without our settings too."""
    given = {name: value for name, value in ON_AWS.items() if name != "DAGSTER_DATABASE"}
    with pytest.raises(SettingsError, match=r"set INDEXTRACKER_DAGSTER_DATABASE$"):
        loaded(**given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"EMR_ROLE": "", "EMR_CODE": ""}, "needs INDEXTRACKER_EMR_ROLE, INDEXTRACKER_EMR_CODE"),
        ({"LAKE": "/srv/lake"}, "INDEXTRACKER_LAKE=/srv/lake is a folder of this machine"),
    ],
)
def test_emr_has_what_it_needs(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(ENGINE="emr", **(EMR | given))
    assert said in str(caught.value)


def test_on_aws_the_lake_is_no_folder() -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(**(ON_AWS | {"LAKE": "/srv/lake", "STAGING": "s3://market/staging"}))
    assert "INDEXTRACKER_LAKE=/srv/lake is a folder of one" in str(caught.value)


def test_secrets_fill_what_the_environment_leaves_open() -> None:
    settings = loaded(**ON_AWS)
    found = {"finmind_token": f" {SECRET}\n", "warehouse_password": "pass", "dagster_database": "x"}
    filled = settings.with_secrets(found)
    assert filled.source.secrets["finmind_token"] == SecretStr(SECRET)
    assert filled.warehouse.password == SecretStr("pass")
    assert filled.dagster.database == SecretStr(DATABASE)
    changed = filled.by_name().items() - settings.by_name().items()
    assert {name for name, _ in changed} == {"finmind_token", "warehouse_password"}
    assert SECRET not in f"{filled!r} {filled.model_dump()} {filled.model_dump_json()}"
    environment.export(filled)
    assert [n for n, value in os.environ.items() if value in (SECRET, "pass")] == []


def test_the_environment_wins_over_secrets() -> None:
    settings = loaded(**ON_AWS, WAREHOUSE_PASSWORD="ours", FINMIND_TOKEN="")
    filled = settings.with_secrets({"finmind_token": "theirs", "warehouse_password": "theirs"})
    assert filled.warehouse.password == SecretStr("ours")
    assert filled.source.secrets["finmind_token"] == SecretStr("theirs")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "'indextracker/production' holds no warehouse_password, and the environment has none"),
        ({"warehouse_password": ""}, "holds no warehouse_password"),
        (
            {"warehouse_password": "x", "finmind": SECRET},
            "holds finmind; known are alert_mail_password, alert_webhook, alphavantage_key, ",
        ),
        (
            {"warehouse_password": "x", "finmind_token": f"{SECRET} {SECRET}"},
            "cannot be used: INDEXTRACKER_FINMIND_TOKEN: it is no token",
        ),
        ({"warehouse_password": [SECRET]}, "INDEXTRACKER_WAREHOUSE_PASSWORD: Input should be a "),
    ],
)
def test_secrets_that_cannot_be_used_are_named_and_not_shown(
    found: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(**ON_AWS).with_secrets(found)
    error = caught.value
    assert str(error).startswith("INDEXTRACKER_SECRET: 'indextracker/production' ")
    assert said in str(error)
    assert SECRET not in f"{error!r} {error.__cause__!r} {error.__context__!r}"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        loaded().lake.address = "/elsewhere"  # type: ignore[misc] # what is tested


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
        settings.dagster.home,
        settings.warehouse.private,
    ]


def test_exporting_keeps_what_people_chose_for_libraries() -> None:
    os.environ["RUST_LOG"] = "debug"
    environment.export(loaded())
    assert os.environ["RUST_LOG"] == "debug"
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"
