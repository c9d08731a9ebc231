"""SQL: any question that only reads, to lake or warehouse, with the dictionary beside it."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash import State as Held
from dash.development.base_component import Component

from indextracker import Frame
from indextracker.reader import QuestionError
from indextracker_dashboard import controls, grids, notices
from indextracker_dashboard.controls import STATE
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.pages.sql import dictionary
from indextracker_dashboard.sql_state import LONGEST, SqlState
from indextracker_dashboard.state import StateError, query_of

SHOWN_ROWS, DOWNLOADED_ROWS = 1_000, 1_000_000
_SESSIONS = """select session_date, open, high, low, close
from gold.index_sessions
where index_id = $index and session_part = 'whole'
order by session_date desc"""
_ANSWERS = """select feed, state, reason, count(*) as answers
from bronze.deliveries
where state <> 'accepted'
group by all
order by answers desc"""
# Name, statement and parameters.
EXAMPLES = (
    ("The newest sessions of the index", _SESSIONS, "index=TAIEX"),
    ("What publishers did not give, and why", _ANSWERS, ""),
)


def _answer(state: SqlState, data: Data) -> Frame:
    if not state.sql.strip():
        raise StateError("no statement is given")
    return data.questions.ask(state.question(DOWNLOADED_ROWS))


def _body(state: SqlState, data: Data) -> Component:
    # Without a lakehouse the page says what to run.
    data.edition()
    if not state.sql.strip():
        return _examples()
    try:
        rows = data.questions.ask(state.question(SHOWN_ROWS + 1)).arrow()
    except QuestionError as error:
        return notices.notice(
            "This question has no answer", html.Code(str(error), className="said")
        )
    more = rows.num_rows > SHOWN_ROWS
    said = f"the first {SHOWN_ROWS:,} rows; a download has up to {DOWNLOADED_ROWS:,}"
    counted = said if more else f"{rows.num_rows:,} row{'' if rows.num_rows == 1 else 's'}"
    return html.Div(
        [
            html.P(counted, id="counted"),
            grids.grid(rows.slice(0, SHOWN_ROWS), "Answer", height=480),
        ]
    )


def _examples() -> Component:
    return html.Div(
        [
            html.H2("Examples"),
            html.Ul(
                [
                    html.Li(
                        dcc.Link(
                            name,
                            href=f"/sql?{query_of(SqlState(sql=sql, values=values))}",
                        )
                    )
                    for name, sql, values in EXAMPLES
                ]
            ),
        ]
    )


def _controls(state: SqlState, data: Data) -> Component:
    data.questions.prepare()
    editor = html.Div(
        [
            dmc.Textarea(
                id="statement",
                label="Statement",
                value=state.sql,
                autosize=True,
                minRows=8,
                maxRows=20,
                inputProps={"maxLength": LONGEST},
                placeholder="select * from gold.index_sessions limit 10",
            ),
            # What is run: the address has it once it is.
            dcc.Input(id=controls.of("sql"), type="hidden", value=state.sql),
            controls.row(
                controls.segments(
                    "of", "Asked of", {"lake": "Lake", "warehouse": "Warehouse"}, state.of
                ),
                dmc.TextInput(
                    id=controls.of("values"),
                    label="Parameters",
                    placeholder="name=value, name=value",
                    value=state.values,
                    debounce=True,
                ),
                dmc.Button("Run (Ctrl+Enter)", id="run", color="blue.9"),
                dmc.Button("Stop", id="stop", variant="default"),
            ),
        ]
    )
    beside = html.Aside(
        [
            dmc.TextInput(
                id=controls.of("find"),
                label="Dictionary",
                placeholder="a table, a column, a word",
                value=state.find,
                debounce=300,
            ),
            html.Div(id="dictionary", tabIndex="0", **controls.aria("Tables and columns")),
        ]
    )
    return html.Div([editor, beside], className="asking")


def _register(app: Dash, data: Data) -> None:
    @app.callback(Output("dictionary", "children"), Input(STATE, "data"))
    def look_up(query: str) -> Component | list[Component]:
        try:
            state = SQL.read(query)
            return dictionary.found(state.of, state.find, data)
        except Exception as error:  # noqa: BLE001 - the last net: people get a sentence
            return notices.of(error, SQL.path)

    @app.callback(Input("stop", "n_clicks"), Held(STATE, "data"), prevent_initial_call=True)
    def stop(clicks: int, query: str) -> None:
        del clicks
        data.questions.stop(SQL.read(query).question(SHOWN_ROWS + 1))

    app.clientside_callback(
        ClientsideFunction("sql", "run"),
        Input("run", "n_clicks"),
        Held("statement", "value"),
        Held(controls.of("sql"), "value"),
        Held(STATE, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("sql", "shown"),
        Output("statement", "value"),
        Input(controls.of("sql"), "value"),
        prevent_initial_call=True,
    )


SQL = Page(
    path="/sql",
    title="SQL",
    about="Any question that only reads, for half a minute at most.",
    state=SqlState,
    body=_body,
    controls=_controls,
    tables={"answer": _answer},
    register=_register,
    order=90,
)
