"""Downloads of what a page shows: an address a table, with the state of the page.

/download/candles/bars.csv?instrument=TX
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from dash import html
from dash.development.base_component import Component
from flask import Flask, Response, request

from indextracker_dashboard.controls import aria
from indextracker_dashboard.data import Data
from indextracker_dashboard.grids import as_text
from indextracker_dashboard.page import Page
from indextracker_dashboard.state import S, State, StateError, parsed, query_of


def _csv(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    # It has no cells for lists and structures.
    told = as_text(rows, lambda kind: not pa.types.is_nested(kind))
    for place, field in enumerate(told.schema):
        if pa.types.is_string(field.type):
            told = told.set_column(place, field, _no_formula(told.column(place)))
    names = _no_formula(pa.chunked_array([told.column_names], pa.string())).to_pylist()
    told = told.rename_columns(names)
    pacsv.write_csv(told, file)
    return file.getvalue()


def _no_formula(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with an apostrophe before those that a spreadsheet would take for formulas.

    Names of instruments come from files of strangers.
    """
    return pc.replace_substring_regex(texts, pattern=r"^([=+\-@\t\r])", replacement=r"'\1")


def _parquet(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(rows, file, compression="zstd")
    return file.getvalue()


_KINDS: dict[str, tuple[str, Callable[[pa.Table], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "parquet": ("application/vnd.apache.parquet", _parquet),
}


def links(page: Page[S], state: S) -> Component:
    """The downloads of a page in a state."""
    query = query_of(state)
    ending = f"?{query}" if query else ""
    return html.Nav(
        [
            "Download ",
            *(
                html.A(
                    f"{name} as {kind.upper() if kind == 'csv' else kind.title()}",
                    href=f"/download{page.path}/{name}.{kind}{ending}",
                    className="download",
                )
                for name in page.tables
                for kind in _KINDS
            ),
        ],
        className="downloads",
        **aria("Downloads"),
    )


def serve(server: Flask, pages: Iterable[Page[State]], data: Data) -> None:
    """Has a server answer the downloads of all pages."""
    by_path = {page.path.strip("/"): page for page in pages}

    @server.get("/download/<page_name>/<table>.<kind>")
    def download(page_name: str, table: str, kind: str) -> Response:
        page = by_path.get(page_name)
        if page is None or table not in page.tables or kind not in _KINDS:
            return _said(404, "there is no such download")
        content, written = _KINDS[kind]
        try:
            state = parsed(page.state, request.query_string.decode("utf-8", "replace"))
            frame = page.tables[table](state, data)
        except StateError as error:
            return _said(400, str(error))
        except (LookupError, ValueError, OSError) as error:
            return _said(404, str(error))
        return Response(
            written(frame.arrow()),
            content_type=content,
            headers={
                "Content-Disposition": f'attachment; filename="{page_name}-{table}.{kind}"',
                "Cache-Control": "no-store",
            },
        )


def _said(status: int, sentence: str) -> Response:
    return Response(f"{sentence}\n", status, content_type="text/plain; charset=utf-8")
