"""Alerts in their mart on Redshift, by the sensor and the runs that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from support.alerted import alerted
from support.ticks import Harness

from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.warehouse.dbt_runs import prepare
from indextracker_cli.backfilling import prepare_instance


@pytest.mark.usefixtures("s3")
def test_what_is_decided_and_then_sent_is_in_the_mart(
    on_cluster: Callable[..., Settings],
    loaded_with_nothing: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = on_cluster(tmp_path, like=loaded_with_nothing)
    monkeypatch.setenv("DAGSTER_HOME", settings.dagster.home)
    prepare_instance(settings)
    prepare()
    platform = Platform(settings)
    with dg.DagsterInstance.ephemeral() as instance:
        alerted(Harness(platform, instance))
    platform.close()
