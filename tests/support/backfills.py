"""Backfills of sessions in this process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from typing import Any

from indextracker.building.reports import Report
from indextracker.platform import Platform
from indextracker_assets.backfill import Backfills
from indextracker_catalogue import SUBJECTS, Subject

TAIWAN: Subject = SUBJECTS["taiwan"]


def backfill_sessions(
    platform: Platform, days: Sequence[date], subject: Subject = TAIWAN, **more: Any
) -> Report:
    """What a backfill of some sessions found and made."""
    with closing(Backfills(platform)) as backfills:
        return backfills.run(subject, {subject.timeline: [str(day) for day in days]}, **more)
