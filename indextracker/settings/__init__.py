"""The environment and the settings file, read and validated once.

The only module that touches os.environ: everything else is handed a Settings object. It also
sets what libraries and child processes expect to find there. How a file is read is not known here.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from indextracker.settings import file as settings_file
from indextracker.system import failpoints

PROJECT = Path(__file__).resolve().parents[2]

World = Literal["simulated", "real"]
SECRETS = {"finmind_token", "warehouse_password", "dagster_database"}
# Variables that begin as settings do and are none, of dbt's profile and of the tests.
_OTHERS = re.compile(r"INDEXTRACKER_(SETTINGS|KILLS|REQUIRE_SAMPLES|(DBT|TEST)_[A-Z_]+)")
_EMR = ("emr_application", "emr_role", "emr_code")
# What a deployment on AWS names by itself: nothing there falls back to a default of one machine.
_NAMED_ON_AWS = (
    "source",
    "lake",
    "engine",
    "warehouse",
    "start",
    "dagster_home",
    # Read by dagster.yaml, also in processes that never load this module: `secret` is too late.
    "dagster_database",
    "logs_bucket",
)
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)*")
_TOPIC = re.compile(r"arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+")


class SettingsError(ValueError):
    """Settings cannot be used.

    Attributes:
        sentences: What is wrong, each with its variable or its file.
    """

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True)
class Origins:
    """Where this process's settings come from; what is in neither has its default.

    Attributes:
        file: The settings file, there or not.
        filed: Names of the settings that it gives.
        variables: Names of the variables that give others.
    """

    file: Path
    filed: tuple[str, ...]
    variables: tuple[str, ...]


class Settings(BaseSettings):
    """Where documents come from, where data goes and what computes it.

    Attributes:
        env: Which deployment this is: one machine, or AWS, where every axis is to be named.
        source: `simulated`, `simulated:<address>` of a simulated exchange that runs already,
            `live`, or `archive:<path or s3 prefix>` of the publishers' own files.
        lake: Folder or s3 prefix of the lake.
        engine: What runs Spark code: `sail` or `spark` (a JVM) in this process, a Spark Connect
            server at `sc://host:port`, or `emr`, EMR Serverless.
        warehouse: DuckDB file that readers open, or `redshift://user@host:port/database`, with
            `?cluster=<identifier>` where IAM gives the password.
        warehouse_password: Secret of the warehouse's user, where IAM does not give it.
        copy_role: ARN of the role with which Redshift reads what is loaded.
        staging: s3 prefix through which rows go to Redshift; beside the lake by default.
        readers: Role of the warehouse that may read it.
        emr_application: Id of the application of EMR Serverless.
        emr_role: ARN of the role with which its jobs run.
        emr_code: s3 prefix of the packaged Spark code, its messages and logs.
        secret: Name in Secrets Manager of an object with the secrets that are not set here.
        start: First session that partitions hold.
        dagster_home: Folder of Dagster's instance.
        dagster_database: Secret address of the PostgreSQL that keeps Dagster's records.
        logs_bucket: Bucket for what steps print; dagster.yaml of AWS puts it below `dagster/`.
        user_agent: How publishers are told who asks.
        finmind_token: Secret of an account at FinMind; without one its feeds are blocked.
        automation: Whether schedules and sensors begin as running or stopped.
        alerts: Who is told that a run failed: `log`, `none`, or the ARN of a topic of SNS.
        failpoint: Where a test has this process die, `name` or `name:n`.
    """

    model_config = SettingsConfigDict(env_prefix="INDEXTRACKER_", extra="ignore", frozen=True)

    env: Literal["local", "aws"] = "local"
    source: str = "simulated"
    lake: str = ""
    engine: str = "sail"
    warehouse: str = ""
    warehouse_password: SecretStr | None = None
    copy_role: str = ""
    staging: str = ""
    readers: str = Field(default="indextracker_readers", pattern=r"^[a-z_][a-z0-9_]*$")
    emr_application: str = ""
    emr_role: str = ""
    emr_code: str = ""
    secret: str = ""
    start: date = date(2020, 1, 2)
    dagster_home: str = ""
    dagster_database: SecretStr | None = None
    logs_bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9.-]+)?$")
    user_agent: str = ""
    finmind_token: SecretStr | None = None
    automation: Literal["running", "stopped"] = "stopped"
    alerts: str = "log"
    failpoint: str = Field(default="", pattern=r"^([a-z-]+(:[1-9][0-9]*)?)?$")

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        kind, _, place = source.partition(":")
        if source in ("simulated", "live"):
            return source
        if kind == "simulated":
            return f"simulated:{_loopback(place)}"
        if kind == "archive" and _BUCKET.fullmatch(place.rstrip("/")):
            return f"archive:{place.rstrip('/')}"
        if kind == "archive" and place and "://" not in place:
            return f"archive:{Path(place).expanduser().resolve()}"
        raise ValueError(
            f"{source!r} is neither 'simulated', 'simulated:<http address>', 'live' "
            "nor 'archive:<folder or s3 prefix>'"
        )

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, engine: str) -> str:
        if engine in ("sail", "spark", "emr") or re.fullmatch(r"sc://[\w.-]+:\d+(/;.*)?", engine):
            return engine
        raise ValueError(f"{engine!r} is neither 'sail', 'spark', 'sc://<host>:<port>' nor 'emr'")

    @field_validator("alerts")
    @classmethod
    def _known_alerts(cls, alerts: str) -> str:
        if alerts in ("log", "none") or _TOPIC.fullmatch(alerts):
            return alerts
        raise ValueError(f"{alerts!r} is neither 'log', 'none' nor the ARN of a topic of SNS")

    @field_validator("user_agent")
    @classmethod
    def _honest_user_agent(cls, user_agent: str) -> str:
        if not user_agent:
            return f"indextracker/{version('indextracker')} (open market-data lakehouse)"
        if not (user_agent.isascii() and user_agent.isprintable() and user_agent.strip()):
            raise ValueError(f"{user_agent!r} is no line of printable ASCII")
        return user_agent

    @field_validator("finmind_token")
    @classmethod
    def _usable_token(cls, token: SecretStr | None) -> SecretStr | None:
        secret = token.get_secret_value().strip() if token else ""
        if not secret:
            return None
        # Said without the value: this sentence is printed.
        if not (secret.isascii() and secret.isprintable() and " " not in secret):
            raise ValueError("it is no token: it holds blanks or characters beyond ASCII")
        return SecretStr(secret)

    @field_validator("dagster_database")
    @classmethod
    def _postgresql(cls, address: SecretStr | None) -> SecretStr | None:
        # The driver that dagster-postgres installs is to be named: SQLAlchemy 2.1 takes another
        # one where none is. Said without the value: this sentence is printed.
        if address and not address.get_secret_value().startswith("postgresql+psycopg2://"):
            raise ValueError(
                "it is no postgresql+psycopg2://<user>:<password>@<host>:5432/<database>"
            )
        return address

    @field_validator("lake")
    @classmethod
    def _folder_or_bucket(cls, place: str) -> str:
        if "://" in place:
            return _bucket(place)
        return _absolute(place)

    @field_validator("staging", "emr_code")
    @classmethod
    def _in_a_bucket(cls, place: str) -> str:
        return _bucket(place) if place else ""

    @field_validator("warehouse")
    @classmethod
    def _file_or_cluster(cls, place: str) -> str:
        if "://" not in place:
            return _absolute(place)
        parts = urlsplit(place)
        if parts.password:
            # Said without the value: this sentence is printed.
            raise ValueError("it holds a password: set INDEXTRACKER_WAREHOUSE_PASSWORD instead")
        whole = parts.scheme == "redshift" and parts.username and parts.hostname
        if not (whole and parts.path.strip("/")):
            raise ValueError(
                f"{place!r} is neither a path nor redshift://<user>@<host>:<port>/<database>"
            )
        return place

    @field_validator("dagster_home")
    @classmethod
    def _folder(cls, place: str) -> str:
        if "://" in place:
            raise ValueError(f"{place!r} is no path on this machine")
        return _absolute(place)

    @model_validator(mode="before")
    @classmethod
    def _places(cls, values: dict[str, str]) -> dict[str, str]:
        if values.get("env") == "aws" and (unnamed := _unnamed(values)):
            raise ValueError(f"on AWS nothing has a default: set {_variables(unnamed)}")
        home = PROJECT / "data" / _world(values.get("source", "simulated"))
        defaults = {
            "lake": home / "lake",
            "warehouse": home / "warehouse.duckdb",
            "dagster_home": home / "dagster",
        }
        for name, default in defaults.items():
            values[name] = values.get(name) or str(default)
        return values

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.env == "aws" and "://" not in self.lake:
            raise ValueError(
                f"on AWS every run is a machine of its own, and INDEXTRACKER_LAKE={self.lake} is a "
                "folder of one: set an s3://<bucket>/<prefix>"
            )
        if self.engine == "emr" and (unnamed := [n for n in _EMR if not getattr(self, n)]):
            raise ValueError(f"EMR Serverless needs {_variables(unnamed)}: set them")
        if self.engine == "emr" and "://" not in self.lake:
            raise ValueError(
                f"EMR Serverless sees S3 alone, and INDEXTRACKER_LAKE={self.lake} is a folder of "
                "this machine: set an s3://<bucket>/<prefix>"
            )
        if self.on_cluster and "://" not in self.staged_at:
            raise ValueError(
                "Redshift loads from S3 alone, and the lake is a folder: set INDEXTRACKER_STAGING"
            )
        return self

    @property
    def world(self) -> World:
        """Whether the data is simulated or real: a lake never holds both."""
        return _world(self.source)

    @property
    def on_cluster(self) -> bool:
        """Whether the warehouse is Redshift, and not a file."""
        return "://" in self.warehouse

    @property
    def staged_at(self) -> str:
        """The s3 prefix through which rows go to Redshift."""
        return self.staging or f"{self.lake}-staging"

    @property
    def beside(self) -> Path:
        """Folder on this machine for what belongs to the lake or the warehouse and is no data."""
        remote = "://" in self.lake
        return Path(self.dagster_home) if remote else Path(self.lake).parent

    @property
    def warehouse_private(self) -> str:
        """The file in which the warehouse is built before it is published."""
        place = Path(self.warehouse)
        return str(place.with_name(f".{place.name}.building"))

    @property
    def docs(self) -> str:
        """Folder of the docs that dbt writes."""
        if self.on_cluster:
            return str(Path(self.dagster_home) / "dbt_docs")
        return str(Path(self.warehouse).with_name("dbt_docs"))

    def with_secrets(self, found: Mapping[str, object]) -> Settings:
        """These settings with secrets from elsewhere; what the environment holds, wins.

        Args:
            found: Secrets by the name of their setting. The address of Dagster's database may be
                among them, for those who hand it to the containers; here it is passed over.

        Raises:
            SettingsError: A secret is unknown or cannot be used, or a needed one is not there.
        """
        place = f"INDEXTRACKER_SECRET: {self.secret!r}"
        if unknown := sorted(found.keys() - SECRETS):
            raise SettingsError(
                f"{place} holds {', '.join(unknown)}; known are {', '.join(sorted(SECRETS))}"
            )
        here = self.model_dump()
        new = {name: found[name] for name in found.keys() - {"dagster_database"} if not here[name]}
        try:
            settings = _validated({}, **(here | new))
        except SettingsError as error:
            raise SettingsError(f"{place} cannot be used: {error}") from None
        if _needs_password(self.warehouse) and not settings.warehouse_password:
            raise SettingsError(
                f"{place} holds no warehouse_password, and the environment has none"
            )
        return settings


def load() -> Settings:
    """The settings of this process: of the environment, else of the settings file.

    Raises:
        SettingsError: One sentence per variable, or line of the file, that cannot be used.
    """
    return _validated(_verified()[1])


def origins() -> Origins:
    """Where the settings come from; to be asked before `export`, which sets all variables.

    Raises:
        SettingsError: A name is no setting's, or the file cannot be used.
    """
    file, filed = _verified()
    given = [name for name in Settings.model_fields if os.environ.get(_variable(name))]
    return Origins(file, tuple(filed), tuple(_variable(name) for name in given))


def export(settings: Settings) -> None:
    """Sets what libraries and child processes read from the environment.

    Children get every setting by its absolute value, so that their working folder cannot matter.
    Secrets are not copied: children inherit the variables in which they came.
    """
    for name, value in settings.model_dump(exclude=SECRETS).items():
        os.environ[_variable(name)] = str(value)
    if named := os.environ.get("INDEXTRACKER_SETTINGS"):
        os.environ["INDEXTRACKER_SETTINGS"] = _absolute(named)
    failpoints.arm(settings.failpoint)
    os.environ["DAGSTER_HOME"] = settings.dagster_home
    os.environ["INDEXTRACKER_DBT_DATABASE"] = settings.warehouse_private
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # Sail's defaults write Snappy, twice the size of zstd, and log every session it opens.
    os.environ.setdefault("SAIL_PARQUET__COMPRESSION", "zstd(1)")
    os.environ.setdefault("RUST_LOG", "error")
    # It also drops a session that was idle for 15 minutes, as between acquiring and refining.
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", "86400")
    _export_for_s3()


@contextmanager
def for_dbt(password: str, **values: str) -> Iterator[None]:
    """What dbt's profile reads of a cluster, for as long as a call of dbt lasts.

    Taken away again: other children have no business with it.

    Args:
        password: Under a name that dbt keeps out of its logs.
        **values: The rest of the login, by the last word of its variable.
    """
    variables = {f"INDEXTRACKER_DBT_{name.upper()}": value for name, value in values.items()}
    variables["DBT_ENV_SECRET_INDEXTRACKER_PASSWORD"] = password
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


def _export_for_s3() -> None:
    """Has boto3, delta-rs and Sail understand the variables of AWS alike."""
    if region := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        # boto3 knows the second name alone.
        os.environ.setdefault("AWS_REGION", region)
        os.environ.setdefault("AWS_DEFAULT_REGION", region)
    if endpoint := os.environ.get("AWS_ENDPOINT_URL", ""):
        # A store of one's own has no host name for each bucket.
        os.environ.setdefault("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "false")
        if endpoint.startswith(("http://127.0.0.1:", "http://localhost:")):
            os.environ.setdefault("AWS_ALLOW_HTTP", "true")


def _verified() -> tuple[Path, dict[str, Any]]:
    """The settings file and what it gives where the environment gives nothing.

    Raises:
        SettingsError: A name is no setting's, or the file cannot be used.
    """
    names = {_variable(name) for name in Settings.model_fields}
    unknown = [
        f"{name}: no setting is called so{settings_file.meant(name, Settings.model_fields)}"
        for name in sorted(os.environ)
        if name.startswith("INDEXTRACKER_") and name not in names and not _OTHERS.fullmatch(name)
    ]
    if unknown:
        raise SettingsError(*unknown)
    named = os.environ.get("INDEXTRACKER_SETTINGS")
    file = Path(named or PROJECT / "indextracker.toml").expanduser().absolute()
    filed: dict[str, Any] = {}
    if named or file.exists():
        try:
            filed = settings_file.read(file, Settings.model_fields, SECRETS)
        except OSError as error:
            raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise SettingsError(*str(error).split("; ")) from None
    return file, {name: v for name, v in filed.items() if not os.environ.get(_variable(name))}


def _validated(filed: Mapping[str, Any], **given: Any) -> Settings:
    """The settings, or one error with all that is wrong.

    Args:
        filed: What the settings file gives.
        **given: What outranks file and environment.
    """
    home = {"dagster_home": os.environ.get("DAGSTER_HOME", "")}
    if os.environ.get("INDEXTRACKER_DAGSTER_HOME"):
        home = {}
    try:
        return Settings(**(home | dict(filed) | given))
    except ValidationError as error:
        sentences = [
            ": ".join(
                [
                    *(_called(str(name), filed) for name in item["loc"]),
                    item["msg"].removeprefix("Value error, "),
                ]
            )
            for item in error.errors()
        ]
    # Outside, so that it does not carry the other, which holds what was set, a secret perhaps.
    raise SettingsError(*sentences)


def _called(name: str, filed: Collection[str]) -> str:
    """How a setting is called where people set it."""
    return f"{name} in the settings file" if name in filed else _variable(name)


def _variable(name: str) -> str:
    return f"INDEXTRACKER_{name.upper()}"


def _world(source: object) -> World:
    return "simulated" if str(source).partition(":")[0] == "simulated" else "real"


def _absolute(place: str) -> str:
    return str(Path(place).expanduser().absolute())


def _bucket(place: str) -> str:
    if not _BUCKET.fullmatch(place.rstrip("/")):
        raise ValueError(f"{place!r} is no s3://<bucket>/<prefix>")
    return place.rstrip("/")


def _unnamed(values: Mapping[str, object]) -> list[str]:
    """What a deployment on AWS lacks, all at once."""
    lacking = [name for name in _NAMED_ON_AWS if not values.get(name)]
    if values.get("engine") == "emr":
        lacking += [name for name in _EMR if not values.get(name)]
    warehouse = str(values.get("warehouse", ""))
    if "://" in warehouse and not values.get("copy_role"):
        lacking.append("copy_role")
    given = values.get("warehouse_password") or values.get("secret")
    if _needs_password(warehouse) and not given:
        lacking.append("warehouse_password")
    return lacking


def _variables(names: Sequence[str]) -> str:
    return ", ".join(map(_variable, names))


def _needs_password(warehouse: str) -> bool:
    """Whether it is Redshift, and no cluster is named for which IAM gives a password."""
    return "://" in warehouse and "cluster=" not in warehouse.partition("?")[2]


def _loopback(address: str) -> str:
    """The address of a server on this machine: what is called simulated comes from nowhere else."""
    try:
        parts = urlsplit(address)
        host = ipaddress.ip_address(parts.hostname or "")
        usable = parts.scheme == "http" and host.is_loopback and parts.port is not None
        usable = usable and not (parts.username or parts.path.strip("/") or parts.query)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{address!r} is no http://127.0.0.1:<port>")
    return address.rstrip("/")
