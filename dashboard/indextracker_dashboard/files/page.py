"""The page Files: people's own price files are dragged onto it, detected, and what they hold shown.

Commands look into files and load them, in processes of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as Held
from dash.development.base_component import Component

from indextracker.reader import QuestionError
from indextracker_dashboard import controls, grids, links, notices
from indextracker_dashboard.children import BusyError, Told
from indextracker_dashboard.controls import STATE
from indextracker_dashboard.data import Data
from indextracker_dashboard.files import layouts, uploads
from indextracker_dashboard.files.previewing import LAYOUTS
from indextracker_dashboard.files.state import PATH, FilesState, answers_of
from indextracker_dashboard.page import Page
from indextracker_dashboard.truth import state as truth
from indextracker_dashboard.truth.state import TruthState

LOOKS_EVERY_MS = 1_000
_SAID = "files-said"
_REFUSED = "files-refused"
_LOADED = """select collection, count(*) as documents, sum(rows) as prices,
    sum(rejected) as lines_not_read, count(*) filter (state = 'refused') as documents_refused,
    min(first_at) as first_at, max(last_at) as last_at, max(loaded_at) as loaded_at
from silver.file_documents group by all order by collection"""


# What is being done, and what its last word is called.
_DOING = {"detect": "detecting", "confirm": "confirming", "load": "loading"}
_SHOWN_LINES = 200
_SHOWN_FILES = 200


def _work(collection: str) -> str:
    """The name of the process of a collection, which has one at a time."""
    return f"files of {collection}"


def _body(state: FilesState, data: Data) -> Component:
    # Without a lakehouse the page says what to run.
    data.edition()
    shown: list[Component | None] = []
    if state.collection:
        shown = _collection(state, uploads.folder_of(data, state.collection), data)
    return html.Div([*shown, _loaded(data)])


def _collection(state: FilesState, folder: Path, data: Data) -> list[Component | None]:
    kept = uploads.files(folder)
    told = data.children.told(_work(state.collection))
    found = layouts.read(folder / LAYOUTS)
    chosen = state.layout if state.layout in found else next(iter(found), "")
    shown: list[Component | None] = [
        _drop(state.collection),
        _kept(state.collection, kept) if kept else None,
        _progress(told),
        _loading(found) if found else None,
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


def _kept(collection: str, kept: list[tuple[str, int]]) -> Component:
    """The files that were uploaded, each of which can be removed."""
    number = "1 file is" if len(kept) == 1 else f"{len(kept):,} files are"
    head = html.Tr([html.Th(name, scope="col") for name in ("File", "Size", "")])
    lines = [
        html.Tr(
            [
                html.Th(name, scope="row"),
                html.Td(_size(bytes_)),
                html.Td(
                    dcc.ConfirmDialogProvider(
                        dmc.Button(
                            "Remove",
                            variant="subtle",
                            size="compact-sm",
                            **controls.aria(f"Remove {name}"),
                        ),
                        id={"remove": name, "of": collection},
                        message=f"Remove {name} from {collection}? Rows that were loaded of it "
                        "stay in the lake.",
                    )
                ),
            ]
        )
        for name, bytes_ in kept[:_SHOWN_FILES]
    ]
    said = f"{number} kept, {_size(sum(bytes_ for _, bytes_ in kept))}"
    more = f"; the first {_SHOWN_FILES} are listed" if len(kept) > _SHOWN_FILES else ""
    return html.Details(
        [html.Summary(f"{said}{more}"), layouts.table("Kept files", head, lines)], id="files-kept"
    )


def _progress(told: Told | None) -> Component | None:
    """What a command says, looked at again as long as it runs; then what is left of that."""
    if told is None:
        return None
    if told.running:
        return html.Div(
            [
                dcc.Interval(id="files-look", interval=LOOKS_EVERY_MS),
                html.P(_last(told), id=_SAID, role="status"),
            ]
        )
    what = told.arguments[1]
    if told.code not in (0, 2):
        return notices.notice(
            f"What was begun is not done: {_DOING[what]}", " ".join(told.lines[-2:])
        )
    if what == "detect":
        left_out = [one.removeprefix("refused: ") for one in told.lines if one[:9] == "refused: "]
        title = f"What is no price file: {len(left_out)}"
    elif what == "confirm":
        left_out = [one.strip() for one in told.lines if one.startswith("  open: ")]
        title = "It is not confirmed: questions are open"
    else:
        left_out, title = list(told.lines[-_SHOWN_LINES:]), "What the load found"
    if not left_out:
        return None
    return html.Details(
        [html.Summary(title), html.Ul([html.Li(line) for line in left_out])],
        open=True,
        id="files-told",
    )


def _last(told: Told) -> str:
    doing = _DOING[told.arguments[1]]
    return f"{doing}: {told.lines[-1]}" if told.lines else f"{doing} …"


def _loading(found: Mapping[str, dict[str, Any]]) -> Component:
    confirmed = sum(one.get("confirmed") is True for one in found.values())
    return controls.row(
        dmc.Button("Load", id="files-load", color="blue.9", disabled=not confirmed),
        html.Span(
            f"{confirmed} of {len(found)} layouts are confirmed: files of the others are refused"
            if confirmed
            else "once a layout is confirmed, its files can be loaded"
        ),
    )


def _loaded(data: Data) -> Component:
    """The collections that are loaded."""
    title = html.H2("Collections in the lake")
    try:
        rows = data.lakehouse.sql(_LOADED).arrow()
    except (LookupError, QuestionError):
        return html.Div([title, html.P("None is loaded yet.")])
    if not rows.num_rows:
        return html.Div([title, html.P("None is loaded yet.")])
    checks: list[Any] = ["What checks find in the rows of "]
    for name in rows["collection"].to_pylist():
        of = TruthState(subject="files", view="checks", key=name)
        checks += [links.to(truth.PATH, of, name), ", "]
    return html.Div(
        [
            title,
            grids.grid(rows, "Collections in the lake", height=320),
            html.P([*checks[:-1], "."]),
        ]
    )


def _size(size: int) -> str:
    return f"{size / 2**20:,.1f} MB" if size >= 2**20 else f"{size / 2**10:,.1f} kB"


def _controls(state: FilesState, data: Data) -> Component:
    return html.Div([_choices(state, data), html.P(id=_REFUSED, role="alert")])


def _choices(state: FilesState, data: Data) -> Component:
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
        dmc.TextInput(
            id=controls.of("zone"),
            label="Zone of times that name none",
            value=state.zone,
            debounce=600,
        ),
        # What is chosen in the body: the address has it.
        dcc.Input(id=controls.of("answers"), type="hidden", value=state.answers),
        dcc.Input(id=controls.of("layout"), type="hidden", value=state.layout),
        dcc.Store(id="files-sent"),
    )


def _register(app: Dash, data: Data) -> None:
    uploads.serve(app.server, data)
    _register_removal(app, data)

    @app.callback(
        Output(STATE, "data", allow_duplicate=True),
        Output(_REFUSED, "children"),
        Input("files-sent", "data"),
        Input("files-detect", "n_clicks"),
        Input("files-confirm", "n_clicks", allow_optional=True),
        Input("files-load", "n_clicks", allow_optional=True),
        Held(STATE, "data"),
        prevent_initial_call=True,
    )
    def begin(
        sent: Any, detect: int | None, confirm: int | None, load: int | None, query: str
    ) -> tuple[Any, str]:
        pressed = {
            "files-sent": ("detect", sent),
            "files-detect": ("detect", detect),
            "files-confirm": ("confirm", confirm),
            "files-load": ("load", load),
        }
        what, by_hand = pressed.get(str(ctx.triggered_id), ("", None))
        if not by_hand:
            return no_update, ""
        try:
            state = PAGE.read(query)
            data.children.start(
                _work(state.collection),
                _arguments(what, state, uploads.folder_of(data, state.collection)),
                lake=data.lakehouse.place,
            )
        except (BusyError, LookupError, ValueError) as error:
            return no_update, notices.not_begun(error)
        return query, ""

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
        told = data.children.told(_work(PAGE.read(query).collection))
        if told is None or not told.running:
            return no_update, query
        return _last(told), no_update

    @app.callback(
        Output(controls.of("answers"), "value"),
        Output(controls.of("layout"), "value"),
        Input({"answer": ALL, "of": ALL}, "value"),
        Held({"answer": ALL, "of": ALL}, "id"),
        prevent_initial_call=True,
    )
    def answer(values: list[str | None], ids: list[dict[str, str]]) -> tuple[Any, Any]:
        if not ids:
            return no_update, no_update
        said = answers_of({one["answer"]: value for one, value in zip(ids, values, strict=True)})
        # Answers are of one layout: the address names it with them.
        return said, ids[0]["of"] if said else no_update


def _register_removal(app: Dash, data: Data) -> None:
    @app.callback(
        Output(STATE, "data", allow_duplicate=True),
        Input({"remove": ALL, "of": ALL}, "submit_n_clicks"),
        Held(STATE, "data"),
        prevent_initial_call=True,
    )
    def remove(clicks: list[int | None], query: str) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        uploads.remove(uploads.folder_of(data, ctx.triggered_id["of"]), ctx.triggered_id["remove"])
        return query


def _arguments(what: str, state: FilesState, folder: Path) -> list[str]:
    """A command and its arguments."""
    given = ["files", what, str(folder), "--layouts", str(folder / LAYOUTS)]
    if what == "confirm":
        name = state.layout or next(iter(layouts.read(folder / LAYOUTS)), "")
        given += ["--layout", name, "--yes"]
        for about, said in state.answered.items():
            given += ["--answer", f"{about}={said}"]
    elif what == "load":
        given += ["--collection", state.collection, "--zone", state.zone]
    return given


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
