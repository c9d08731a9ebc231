"""What all tables of rejects have in common: one of each subject and time line."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Timeline


def rejects_table(
    name: str, timeline: Timeline, keyed_by: Column, key_nullable: tuple[str, ...] = ()
) -> Table:
    """The table of the lines that could not be read.

    Args:
        name: Its name, which ends with `rejects`.
        timeline: The time line of the documents.
        keyed_by: The column of its keys.
        key_nullable: What else tells one row from another, where a line gives several.
    """
    return Table(
        layer="silver",
        name=name,
        meaning="One row per line of an accepted document that could not be read, with the reason.",
        key=(keyed_by.name, "feed", "line"),
        timeline=timeline,
        key_nullable=key_nullable,
        partitioned="year",
        columns=(
            keyed_by,
            Column("feed", "string", "Feed of the document."),
            Column("line", "bigint", "Line in the document, from 1."),
            Column("document", "string", "Digest (sha256) of the document in the landing zone."),
            Column("text", "string", "The line as published, cells trimmed."),
            Column("reason", "string", "What could not be read."),
        ),
        checks=(Check("no_rejects", "true", "Every line of the documents can be read.", "warn"),),
    )
