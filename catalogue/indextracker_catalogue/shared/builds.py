"""The log of builds and of the documents that each was made from: one table for all subjects."""

from __future__ import annotations

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.timeline import Days

BUILDS = Table(
    layer="silver",
    name="builds",
    subject="deliveries",
    meaning=(
        "A log with one row per table and session that a run built and whose checks passed, with "
        "the accepted documents that it was built from. A session is stale when its accepted "
        "documents are no longer these."
    ),
    key=("table_path", "session_date", "built_at"),
    timeline=Days("UTC"),
    dated_by="session_date",
    partitioned="year",
    writes="append",
    by_job=False,
    columns=(
        Column(
            "table_path",
            "string",
            "Table built, layer/name; raw/name is its copy in the warehouse.",
        ),
        Column("session_date", "date", "Session built."),
        Column("documents", "string", "feed=sha256 of each document, sorted, separated by commas."),
        Column("built_at", "timestamp", "When it was built."),
    ),
)
