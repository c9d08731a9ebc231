"""Sentences in place of a page's body, or a part of it: what is missing or wrong, what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker.reader import LakehouseMissingError
from indextracker_dashboard.state import StateError

_LOG = logging.getLogger(__name__)


def of(error: Exception, path: str) -> Component:
    """What is shown of an error.

    Args:
        error: What went wrong. What nobody expected is logged with its place, and not shown.
        path: The page in which it went wrong.
    """
    match error:
        case LakehouseMissingError():
            return empty(str(error))
        case StateError():
            return notice(
                "This address cannot be shown",
                f"{_sentence(error)} ",
                html.A("Show the page as it begins", href=path),
            )
        case LookupError() | ValueError() | OSError() if str(error) and not _is_slip(error):
            return notice("There is nothing to show", _sentence(error))
    _LOG.error("the page %s failed", path, exc_info=error)
    return notice(
        "This page cannot be shown",
        "Something went wrong in it: the log of the dashboard says where. The other pages go on.",
    )


def section(
    title: str, path: str, read: Callable[[], Frame], draw: Callable[[Frame], list[Component]]
) -> list[Component]:
    """A part of a page whose other parts are shown whatever is missing of this one.

    Args:
        title: Its heading.
        path: The page.
        read: Reads its rows.
        draw: Draws them, if there are any.
    """
    try:
        frame = read()
    except (LookupError, ValueError, OSError) as error:
        return [html.H2(title), of(error, path)]
    return drawn(title, frame, draw)


def drawn(title: str, frame: Frame, draw: Callable[[Frame], list[Component]]) -> list[Component]:
    """A heading, what is missing, and what there is."""
    # Sessions of a week in a row are missing for one reason, which is told once.
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in frame.missing.rows.to_pylist():
        alike.setdefault((row["feed"] or "bars", row["state"].replace("_", " ")), []).append(row)
    gone = [
        html.P(f"Missing: {feed}, {state}{_which(rows)}: {rows[0]['reason']}.")
        for (feed, state), rows in alike.items()
    ]
    missing = [html.Div(gone, className="candles-missing", role="status")] if gone else []
    return [html.H2(title), *missing, *(draw(frame) if len(frame) else [])]


def _which(rows: list[dict[str, Any]]) -> str:
    if len(rows) == 1:
        return ""
    return f", {len(rows)} from {rows[0]['key']} to {rows[-1]['key']}, of the first"


def empty(said: str) -> Component:
    """The page of a lakehouse that is not there yet."""
    return notice(
        "There is no data yet",
        f"{said[:1].upper()}{said[1:]}. In a terminal run ",
        dmc.Code("indextracker backfill"),
        ", or ",
        dmc.Code("make run"),
        " in the project's folder, and this page shows what it brought.",
    )


def notice(title: str, *said: str | Component) -> Component:
    """A sentence that stands where figures would."""
    return dmc.Alert(html.P(list(said)), title=title, color="gray", className="notice")


def not_begun(error: Exception) -> str:
    """Why what a button begins was not begun."""
    return f"It was not begun: {error}."


def _is_slip(error: Exception) -> bool:
    """Whether it is a mistake of the code, which says nothing to people."""
    return isinstance(error, KeyError | IndexError | UnicodeError)


def _sentence(error: Exception) -> str:
    said = str(error).strip().partition("\n")[0]
    return f"{said[:1].upper()}{said[1:]}."
