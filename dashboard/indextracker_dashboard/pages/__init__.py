"""The pages, in the order of the navigation: those of this folder, and those that subjects have."""

from __future__ import annotations

from typing import Any

from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.subjects import declared
from indextracker_dashboard.candles.page import CANDLES
from indextracker_dashboard.live import LIVE
from indextracker_dashboard.page import Page
from indextracker_dashboard.pages.health import HEALTH
from indextracker_dashboard.pages.sql import SQL
from indextracker_dashboard.pages.today import TODAY
from indextracker_dashboard.truth import TRUTH

FLOOR = "indextracker_dashboard"

PAGES: tuple[Page[Any], ...] = tuple(
    sorted(
        (
            TODAY,
            CANDLES,
            LIVE,
            SQL,
            TRUTH,
            HEALTH,
            *(page for subject in SUBJECTS for page in declared(FLOOR, subject, Page)),
        ),
        key=lambda page: page.order,
    )
)
