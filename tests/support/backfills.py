"""Backfills of Taiwan's sessions in this process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from indextracker.building.reports import Report
from indextracker.platform import Platform
from indextracker_assets.backfill import backfill
from indextracker_catalogue import SUBJECTS, Subject

TAIWAN: Subject = SUBJECTS["taiwan"]


def backfill_sessions(platform: Platform, days: Sequence[date], **more: Any) -> Report:
    """What a backfill of some sessions found and made."""
    return backfill(platform, TAIWAN, {TAIWAN.timeline: [str(day) for day in days]}, **more)
