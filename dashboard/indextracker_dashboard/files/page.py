"""The page Files: people's own price files are dragged onto it, detected, and what they hold shown.

Commands look into files and load them, in processes of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, dcc, html, no_update
from dash import State as Held
from dash.development.base_component import Component

from indextracker.reader import QuestionError
from indextracker_dashboard import controls, grids, notices
from indextracker_dashboard.children import BusyError, Told
from indextracker_dashboard.controls import STATE
from indextracker_dashboard.data import Data
from indextracker_dashboard.files import layouts, uploads
from indextracker_dashboard.files.state import PATH, FilesState, answers_of
from indextracker_dashboard.page import Page

LOOKS_EVERY_MS = 1_000
_SAID = "files-said"
_LOADED = """select collection, count(*) as documents, sum(rows) as prices,
    sum(rejected) as lines_not_read, count(*) filter (state = 'refused') as documents_refused,
    min(first_at) as first_at, max(last_at) as last_at, max(loaded_at) as loaded_at
from silver.file_documents group by all order by collection"""


def _detecting(collection: str) -> str:
    return f"detect {collection}"


def _body(state: FilesState, data: Data) -> Component:
    # Without a lakehouse the page says what to run.
    data.edition()
    shown: list[Component | None] = []
    if state.collection:
        shown = _collection(state, uploads.folder_of(data, state.collection), data)
    return html.Div([*shown, _loaded(data)])


def _collection(state: FilesState, folder: Path, data: Data) -> list[Component | None]:
    kept = uploads.files(folder)
    size = sum(bytes_ for _, bytes_ in kept)
    told = data.children.told(_detecting(state.collection))
    found = layouts.read(folder / uploads.LAYOUTS)
    chosen = state.layout if state.layout in found else next(iter(found), "")
    shown: list[Component | None] = [
        _drop(state.collection),
        html.P(f"{len(kept):,} file{'' if len(kept) == 1 else 's'} are kept, {_size(size)}.")
        if kept
        else None,
        _progress(told, "detecting", "What is no price file"),
        html.H2("Layouts") if found else None,
        layouts.listed(state, found, chosen) if found else None,
    ]
    if state.layout and state.layout not in found:
        shown.append(notices.notice("There is no such layout", "Choose one of those above."))
    elif chosen:
        shown.append(layouts.body(state, folder, found[chosen]))
    return shown


def _drop(collection: str) -> Component:
    most = uploads.FILE_BYTES // 2**20
    collected: dict[str, Any] = {"data-collection": collection}
    return html.Div(
        [
            html.P(
                "Drag price files here: CSV and its kin, Excel, Parquet, Feather, packed or not, "
                f"of {most} MB at most."
            ),
            dmc.Button("Choose files", id="files-choose", variant="default"),
            html.P(id="files-sending", role="status"),
        ],
        className="drop",
        **collected,
    )


def _progress(told: Told | None, doing: str, refused: str) -> Component | None:
    """What a command says, looked at again as long as it runs."""
    if told is None:
        return None
    if told.running:
        return html.Div(
            [
                dcc.Interval(id="files-look", interval=LOOKS_EVERY_MS),
                html.P(_last(told, doing), id=_SAID, role="status"),
            ]
        )
    left_out = [line for line in told.lines if line.startswith("refused: ")]
    if told.code == 1:
        return notices.notice("It did not end well", told.lines[-1] if told.lines else "")
    if not left_out:
        return None
    return html.Details(
        [
            html.Summary(f"{refused}: {len(left_out)}"),
            html.Ul([html.Li(line.removeprefix("refused: ")) for line in left_out]),
        ],
        open=True,
        id="files-refused",
    )


def _last(told: Told, doing: str) -> str:
    return f"{doing}: {told.lines[-1]}" if told.lines else f"{doing} …"


def _loaded(data: Data) -> Component:
    """The collections that are loaded."""
    title = html.H2("Collections in the lake")
    try:
        rows = data.lakehouse.sql(_LOADED).arrow()
    except (LookupError, QuestionError):
        return html.Div([title, html.P("None is loaded yet.")])
    if not rows.num_rows:
        return html.Div([title, html.P("None is loaded yet.")])
    return html.Div([title, grids.grid(rows, "Collections in the lake", height=320)])


def _size(size: int) -> str:
    return f"{size / 2**20:,.1f} MB" if size >= 2**20 else f"{size / 2**10:,.1f} kB"


def _controls(state: FilesState, data: Data) -> Component:
    return controls.row(
        dmc.Autocomplete(
            id=controls.of("collection"),
            label="Collection",
            placeholder="a name of yours for a set of files",
            data=uploads.collections(data),
            value=state.collection,
            debounce=600,
        ),
        dmc.Button("Detect again", id="files-detect", variant="default"),
        # What is chosen in the body: the address has it.
        dcc.Input(id=controls.of("answers"), type="hidden", value=state.answers),
        dcc.Store(id="files-sent"),
    )


def _register(app: Dash, data: Data) -> None:
    uploads.serve(app.server, data)

    @app.callback(
        Output(STATE, "data", allow_duplicate=True),
        Input("files-sent", "data"),
        Input("files-detect", "n_clicks"),
        Held(STATE, "data"),
        prevent_initial_call=True,
    )
    def detect(sent: Any, clicks: int | None, query: str) -> Any:
        if not (sent or clicks):
            return no_update
        try:
            state = PAGE.read(query)
            folder = uploads.folder_of(data, state.collection)
            if uploads.files(folder):
                data.children.start(
                    _detecting(state.collection),
                    ["files", "detect", str(folder), "--layouts", str(folder / uploads.LAYOUTS)],
                    lake=data.lakehouse.place,
                )
        except (BusyError, LookupError, ValueError):
            return no_update
        return query

    @app.callback(
        Output(_SAID, "children"),
        Output(STATE, "data", allow_duplicate=True),
        Input("files-look", "n_intervals"),
        Held(STATE, "data"),
        prevent_initial_call=True,
    )
    def look(times: int | None, query: str) -> tuple[Any, Any]:
        if not times:
            return no_update, no_update
        told = data.children.told(_detecting(PAGE.read(query).collection))
        if told is None or not told.running:
            return no_update, query
        return _last(told, "detecting"), no_update

    @app.callback(
        Output(controls.of("answers"), "value"),
        Input({"answer": ALL}, "value"),
        Held({"answer": ALL}, "id"),
        prevent_initial_call=True,
    )
    def answer(values: list[str | None], ids: list[dict[str, str]]) -> Any:
        if not ids:
            return no_update
        return answers_of({one["answer"]: value for one, value in zip(ids, values, strict=True)})


PAGE = Page(
    path=PATH,
    title="Files",
    about=(
        "Price files of your own: what each holds and how sure that is, what the data cannot "
        "decide, and what was loaded."
    ),
    state=FilesState,
    body=_body,
    controls=_controls,
    register=_register,
    order=60,
)
