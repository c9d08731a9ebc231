"""Secrets from Secrets Manager reach the processes that need them, and nothing else."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import boto3
import pytest
from deployment.clouds import Cloud
from pydantic import SecretStr

from indextracker.settings import Settings, SettingsError
from indextracker_assets.secrets import unlocked
from indextracker_cli import secrets as command

NAME = "indextracker/production"
TOKEN, PASSWORD = "t0ken-of-somebody", "p4ssword-of-the-warehouse"


def keep(held: object) -> None:
    text = held if isinstance(held, str) else json.dumps(held)
    boto3.client("secretsmanager").create_secret(Name=NAME, SecretString=text)


def test_the_secret_fills_the_settings(on_aws: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    keep({"finmind_token": TOKEN, "warehouse_password": PASSWORD})
    before = dict(os.environ)
    with caplog.at_level(logging.INFO):
        filled = unlocked(Settings(secret=NAME))
    assert filled.source.secrets["finmind_token"] == SecretStr(TOKEN)
    assert filled.warehouse.password == SecretStr(PASSWORD)
    assert command.unlocked(Settings(secret=NAME)) == filled
    assert dict(os.environ) == before
    for secret in (TOKEN, PASSWORD):
        assert secret not in f"{filled!r} {filled.model_dump()} {caplog.text}"


def test_the_environment_wins(on_aws: Cloud) -> None:
    keep({"finmind_token": TOKEN, "warehouse_password": PASSWORD})
    filled = unlocked(Settings(secret=NAME, warehouse_password=SecretStr("ours")))
    assert (filled.source.secrets["finmind_token"], filled.warehouse.password) == (
        SecretStr(TOKEN),
        SecretStr("ours"),
    )


def test_nobody_is_asked_where_no_secret_is_named() -> None:
    """On one machine there is no AWS: the Dagster library for it is not even imported."""
    program = (
        "import sys\n"
        "from indextracker.settings import load\n"
        "from indextracker_assets.secrets import unlocked\n"
        "from indextracker_cli import secrets\n"
        "given = load()\n"
        "assert unlocked(given) is given and secrets.unlocked(given) is given\n"
        "print([name for name in ('boto3', 'dagster_aws', 'dagster') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_secret_that_is_not_there_is_named(on_aws: Cloud) -> None:
    with pytest.raises(SettingsError, match=f"^INDEXTRACKER_SECRET: '{NAME}' cannot be read from"):
        unlocked(Settings(secret=NAME))


def test_a_store_out_of_reach_is_said(on_aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nowhere")
    with pytest.raises(SettingsError, match="Unable to locate credentials"):
        unlocked(Settings(secret=NAME))


@pytest.mark.parametrize("held", [TOKEN, [TOKEN], f'{{"finmind_token": "{TOKEN}"'])
def test_what_is_no_object_is_refused_and_not_shown(on_aws: Cloud, held: object) -> None:
    keep(held)
    with pytest.raises(SettingsError) as caught:
        unlocked(Settings(secret=NAME))
    error = caught.value
    assert str(error) == f"INDEXTRACKER_SECRET: '{NAME}' holds no JSON object"
    assert TOKEN not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
