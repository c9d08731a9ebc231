"""A run that breaks between its steps breaks the backfill too: no step can tell of it."""

from __future__ import annotations

from datetime import date

import pytest
from dagster._core.execution.plan.active import ActiveExecution
from support.archives import MakePlatform
from support.backfills import backfill_sessions


def test_a_run_that_fails_without_a_failing_step_is_reported(
    make_platform: MakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = make_platform(start=date(2024, 12, 2))

    def gone(_: ActiveExecution) -> None:
        raise RuntimeError("the database of the runs is gone")

    monkeypatch.setattr(ActiveExecution, "get_next_step", gone)
    report = backfill_sessions(
        platform, [date(2024, 12, 13)], feeds=["twse_index"], to_layer="bronze"
    )
    assert report.failures == [
        "asking for documents of 2024-12-13: the database of the runs is gone"
    ]
    assert report.exit_code == 1
