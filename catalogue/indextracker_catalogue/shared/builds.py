"""The log of what tables were built from: one table for all subjects."""

from __future__ import annotations

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.timeline import Days

BUILDS = Table(
    layer="silver",
    name="builds",
    subject="deliveries",
    meaning=(
        "A log with one row per table and session that a run built and found in order, and the "
        "accepted documents that it was built from. A session whose accepted documents are others "
        "by now is stale."
    ),
    key=("table_path", "session_date", "built_at"),
    timeline=Days("UTC"),
    dated_by="session_date",
    partitioned="year",
    writes="append",
    by_job=False,
    columns=(
        Column("table_path", "string", "Table built, layer/name; raw/name is its copy to query."),
        Column("session_date", "date", "Session built."),
        Column("documents", "string", "feed=sha256 of each document, sorted, by commas."),
        Column("built_at", "timestamp", "When it was built."),
    ),
)
