"""Checks that all tables of lines of documents have in common."""

from __future__ import annotations

from indextracker_catalogue.model import Check

LINE_SPLITS = Check(
    "line_splits",
    "text is not null",
    "Every line splits into the cells of its header.",
    "warn",
)
OF_LINES = (
    Check("document_named", "document is null", "Every row names its document."),
    LINE_SPLITS,
)
