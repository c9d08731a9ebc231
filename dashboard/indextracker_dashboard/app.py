"""The frame around the pages: navigation, permalinks, and the notice that new data was published.

The address holds the state of a page. What people choose goes into the address (assets/frame.js),
and what the address says into the body, so that links, reloads and the back button are one way.
What a page shows is its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from indextracker.settings.dashboard import DashboardSettings
from indextracker_dashboard import downloads, guarding, notices
from indextracker_dashboard.controls import STATE, aria, offered
from indextracker_dashboard.data import Data
from indextracker_dashboard.live import relay
from indextracker_dashboard.page import Page
from indextracker_dashboard.pages import PAGES, health
from indextracker_dashboard.state import texts_of

NAME = "IndexTracker"
LOOKS_EVERY_MS = 15_000
_WAITING = {"visibility": "visible", "opacity": 0.5}
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def app(data: Data, settings: DashboardSettings, pages: Sequence[Page[Any]] = PAGES) -> Dash:
    """The application, to be served by any server for WSGI: `app(...).server`.

    Args:
        data: The lakehouse.
        settings: Who may see it.
        pages: The pages, the first of which is shown at `/` too.
    """
    made = Dash(
        __name__,
        title=NAME,
        update_title="",
        index_string=_INDEX,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    made.layout = _layout()
    _register(made, data, pages)
    for page in pages:
        page.register(made, data)
    downloads.serve(made.server, pages, data)
    relay.serve(made.server, data, settings.live_port)
    health.serve(made.server, settings)
    made.server.add_url_rule(
        guarding.HEALTH, "health", lambda: ("ok\n", {"Content-Type": "text/plain"})
    )
    guarding.guard(made.server, settings, made.csp_hashes())
    return made


def _layout() -> Component:
    return dmc.MantineProvider(
        defaultColorScheme="auto",
        theme={"primaryColor": "blue", "fontFamily": "system-ui, sans-serif"},
        children=[
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="scheme"),
            dcc.Store(id="latest"),
            dcc.Interval(id="look", interval=LOOKS_EVERY_MS),
            html.A("Skip to the page", href="#page", className="skip"),
            html.Header(
                [
                    html.Span(NAME, className="brand"),
                    html.Nav(id="nav", **aria("Pages")),
                ],
                className="frame-header",
            ),
            html.Div(
                [
                    "New data was published. ",
                    dmc.Button("Show it", id="again", size="compact-sm", variant="default"),
                ],
                id="published",
                hidden=True,
                role="status",
            ),
            html.Main(id="page", tabIndex="-1"),
        ],
    )


def _register(made: Dash, data: Data, pages: Sequence[Page[Any]]) -> None:
    by_path = {page.path: page for page in pages} | {"/": pages[0]}
    fields = {"field": ALL}

    @made.callback(
        Output("page", "children"),
        Output("nav", "children"),
        Input("url", "pathname"),
        Input("again", "n_clicks"),
        State("url", "search"),
    )
    def open_page(path: str, again: int | None, query: str | None) -> tuple[Any, Any]:
        del again
        page = by_path.get(path)
        nav = [_link(each, page) for each in pages]
        return _opened(page, path, query or "", data), nav

    @made.callback(
        Output("body", "children"),
        Output("drawn", "data"),
        Input(STATE, "data"),
        State("opened", "data"),
    )
    def draw(query: str, opened: dict[str, Any]) -> tuple[Any, str]:
        page = by_path.get(opened["at"])
        if page is None:
            return notices.notice("There is no such page", "Choose one of those above."), ""
        edition = _edition(data)
        try:
            state = page.read(query)
            body = page.body(state, data)
        except Exception as error:  # noqa: BLE001 - the last net: people get a sentence
            return notices.of(error, page.path), edition
        return [body, downloads.links(page, state)] if page.tables else body, edition

    # One callback for the controls of all pages: of two pages that have a field of one name, each
    # would answer for the other's.
    @made.callback(
        Output(fields, "data"),
        Input(STATE, "data"),
        State(fields, "id"),
        State("opened", "data"),
    )
    def offer(query: str, ids: list[dict[str, str]], opened: dict[str, Any]) -> list[Any]:
        return _offered(by_path.get(opened["at"]), query, [each["field"] for each in ids], data)

    @made.callback(
        Output("latest", "data"), Input("look", "n_intervals"), prevent_initial_call=True
    )
    def look(times: int) -> str:
        del times
        return _edition(data)

    def in_browser(function: str, *bound: Output | Input | State) -> None:
        made.clientside_callback(ClientsideFunction("frame", function), *bound)

    # Until a page is open there is none of it.
    about = State("opened", "data", allow_optional=True)
    in_browser(
        "toAddress",
        Output("url", "search"),
        Input(fields, "value"),
        State(fields, "id"),
        about,
        State("url", "search"),
    )
    # Without an output: the body would wait for it, and in vain where there are no controls.
    in_browser(
        "fromAddress",
        Input("url", "search"),
        State("url", "pathname"),
        State(fields, "value"),
        State(fields, "id"),
        about,
        State(STATE, "data", allow_optional=True),
    )
    in_browser(
        "isNew",
        Output("published", "hidden"),
        Input("latest", "data"),
        Input("drawn", "data", allow_optional=True),
    )
    in_browser("ready", Output("scheme", "data"), Input("opened", "data"))


def _opened(page: Page[Any] | None, path: str, query: str, data: Data) -> list[Component]:
    """A page with its controls; its body follows, so that the page is there at once."""
    if page is None:
        return _inside({"at": path, "title": NAME, "defaults": {}}, query, [html.H1("Not found")])
    head: list[Component] = [html.H1(page.title), html.P(page.about, className="about")]
    if page.controls:
        # What is wrong with a state, or with the lakehouse, is said by the body.
        with suppress(LookupError, ValueError, OSError):
            head.append(page.controls(page.read(query), data))
    title = f"{page.title} · {NAME}"
    opened = {"at": path, "title": title, "defaults": texts_of(page.state())}
    return _inside(opened, query, head)


def _offered(page: Page[Any] | None, query: str, fields: list[str], data: Data) -> list[Any]:
    """What there is to choose from, of each field of a page; no update of those that stay."""
    unchanged = [no_update] * len(fields)
    if page is None:
        return unchanged
    try:
        state = page.read(query)
        found = page.offers(state, data)
    except (LookupError, ValueError, OSError):
        # What is wrong with a state, or with the lakehouse, is said by the body.
        return unchanged
    return [
        offered(found[field], getattr(state, field)) if field in found else no_update
        for field in fields
    ]


def _inside(opened: dict[str, Any], query: str, head: list[Component]) -> list[Component]:
    """What a page begins with, and what the frame knows of it."""
    return [
        dcc.Store(id="opened", data=opened),
        dcc.Store(id=STATE, data=query),
        dcc.Store(id="drawn"),
        html.Div(head),
        dcc.Loading(html.Div(id="body"), delay_show=400, overlay_style=_WAITING),
    ]


def _link(page: Page[Any], current: Page[Any] | None) -> Component:
    here = {"aria-current": "page"} if page is current else {}
    return dcc.Link(page.title, href=page.path, className="page-link" + (" here" if here else ""))


def _edition(data: Data) -> str:
    try:
        return data.edition()
    except (LookupError, ValueError, OSError):
        return ""
