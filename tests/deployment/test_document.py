"""What docs/running-on-aws.md says of settings, secrets and choices is so."""

from __future__ import annotations

import json
import os
import re

import pytest
from dagster._core.workspace.load import location_origins_from_yaml_paths
from deployment.clouds import Cloud
from deployment.synthesis import Assembly
from support.sources import PROJECT

from indextracker import settings as environment
from indextracker.settings import NAMES, SECRETS, Settings

TEXT = (PROJECT / "docs" / "running-on-aws.md").read_text(encoding="utf-8")
OBJECTS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
# What says nothing of AWS.
LOCAL = {"failpoint", *(name for name in NAMES if name.startswith("dashboard_"))}


def example() -> dict[str, str]:
    [block] = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    return dict(line.split("=", 1) for line in block.splitlines())


def test_the_example_is_a_deployment(on_aws: Cloud) -> None:
    os.environ.update(example())
    settings = environment.load()
    for name, value in example().items():
        assert str(settings.by_name()[name.removeprefix("INDEXTRACKER_").lower()]) == value


def test_every_setting_has_an_example_or_is_a_secret() -> None:
    shown = {name.removeprefix("INDEXTRACKER_").lower() for name in example()}
    assert shown | SECRETS | LOCAL == set(NAMES)
    table = TEXT.split("## Settings")[1].split("## Running it")[0]
    explained = set(re.findall(r"`([A-Z_]+)`", table))
    assert {name.upper() for name in set(NAMES) - LOCAL} <= explained


def test_the_secret_holds_what_can_be_used(assembly: Assembly) -> None:
    [shown] = [one for one in OBJECTS if "finmind_token" in one]
    [(_, made)] = [
        item
        for item in assembly.resources("AWS::SecretsManager::Secret")
        if item[1]["Properties"]["Name"] == "indextracker/production"
    ]
    generated = made["Properties"]["GenerateSecretString"]
    given = json.loads(generated["SecretStringTemplate"])
    assert shown == given | {generated["GenerateStringKey"]: "(made)"}
    # ECS hands over these two, from secrets of their own.
    assert set(shown) == SECRETS - {"warehouse_password", "dagster_database"}
    filled = Settings().with_secrets(given | {"dashboard_password": "of-many-characters"})
    assert filled.dashboard.password


def test_the_services_find_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_CODE_HOST", "code.indextracker.internal")
    path = PROJECT / "deployment" / "workspace.yaml"
    [origin] = location_origins_from_yaml_paths([str(path)])
    assert (origin.location_name, origin.port) == ("indextracker", 4000)
    assert origin.host == "code.indextracker.internal"
    assert f"-p {origin.port}" in (PROJECT / "deployment" / "serve").read_text()


def test_every_choice_is_told() -> None:
    choices = (PROJECT / "deployment/aws/infrastructure/choices.py").read_text()
    names = re.findall(r"^    (\w+): str(?: = .*)?$", choices, re.MULTILINE)
    assert len(names) > 8
    assert [
        name for name in names if f"`{name}`" not in TEXT and f"{name.upper()}=" not in TEXT
    ] == []
