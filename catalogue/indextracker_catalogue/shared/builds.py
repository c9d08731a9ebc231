"""The log of builds and of the documents that each was made from: one table for all subjects."""

from __future__ import annotations

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.timeline import Days

BUILDS = Table(
    layer="silver",
    name="builds",
    meaning=(
        "A log with one row per table and key (session, hour or year) that a run built and whose "
        "checks passed, with what it was built from: accepted documents, or tables. A key is stale "
        "when it rests on something else by now."
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
        Column("session_date", "date", "Session built; of another key its day."),
        Column(
            "documents",
            "string",
            "feed=sha256 of each document, sorted, separated by commas. Where the table looks back "
            "by five keys, feed-5=digest of theirs; where no feed fills a table, table=digest.",
        ),
        Column("built_at", "timestamp", "When it was built."),
        Column(
            "key",
            "string",
            "Key built, of the table's time line, empty for a table in one piece; null in rows "
            "from before it was noted, whose key follows from the session.",
        ),
    ),
)
