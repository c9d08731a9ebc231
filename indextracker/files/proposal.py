"""What a file is proposed to be: every property with evidence, confidence, and the open questions.

One content in, one proposal out. How layouts are grouped and written stands in `layouts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from decimal import Decimal
from itertools import pairwise

from indextracker.files import columnar, encodings, numbers, reading, roles, tables, tickers
from indextracker.files.model import (
    SURE,
    Column,
    Content,
    Findings,
    RefusedFileError,
    Role,
    Row,
    Table,
)
from indextracker.files.moments import moments
from indextracker.files.numbers import Signs
from indextracker.files.reading import Readout, Record
from indextracker.files.roles import Roles
from indextracker.files.tickers import Ticker

_SIGN_ROWS = 500
# Lines that are shown of rows that hold no data, and of rows without a price.
_NO_DATA_SHOWN, _NO_PRICE_SHOWN = 6, 5
# Units of a volume that its name says: the numbers are taken as they stand.
_UNITS = re.compile(
    r"仟|千|萬|万|手|張|\b(?:thousands?|millions?|lakhs?|lacs|lots?|000s?|mln|tsd|tys)\b",
    re.IGNORECASE,
)
# Spreadsheets open a page that is called .xls, as some sites have it.
_NO_TABLES = {
    r"<!doctype html|<html|<table|<meta|<head|<body": "a page of HTML",
    r"<!doctype|<\?xml": "a document of XML",
    r"%pdf": "a PDF",
    r"[{]|\[\s*[{\[]": "JSON",
}
# What a hundred of make the unit in which an exchange counts.
_CENTS = re.compile(r"(?i)(?:^|[^a-z])(?:cents?|pence|paise|gbx|kopecks?)(?:[^a-z]|$)")
_MATRIX = "wide matrix (one price column per instrument)"
_BY_VALUE = (*reading.PRICES, Role.ADJ_OPEN, Role.ADJ_HIGH, Role.ADJ_LOW, Role.ADJ_CLOSE,
             Role.SETTLE, Role.LAST, Role.BID, Role.ASK)  # fmt: skip
_COUNTS = (Role.VOLUME, Role.ADJ_VOLUME, Role.OPEN_INTEREST)


@dataclass
class Proposal:
    """What a content is proposed to be.

    `refusal` is the reason why nothing is loaded of it; then the rest may be missing.
    """

    content: Content | None
    name: str
    kind: str = "no prices"
    refusal: str | None = None
    encoding: str | None = None
    lines: tables.Lines | None = None
    table: Table | None = None
    signs: Signs = field(default_factory=Signs)
    roles: Roles | None = None
    ticker: Ticker = field(default_factory=lambda: Ticker("none", how="not in the file"))
    frequency: str = "unknown"
    order: str = "unknown"
    order_within: str | None = None
    missing: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    readout: Readout = field(default_factory=Readout)
    findings: Findings = field(default_factory=Findings)

    @property
    def typed(self) -> bool:
        """Whether its container says the types of cells."""
        return bool(self.table and self.table.types)

    @property
    def date_format(self) -> str | None:
        """How days are written; of a typed container its type."""
        if self.roles is None or self.roles.date is None or self.roles.moments is None:
            return None
        kind = self.table.types[self.roles.date] if self.table and self.table.types else ""
        if kind == columnar.EXCEL_DATE or kind.startswith("date"):
            return kind
        if kind.startswith("timestamp"):
            return kind if "tz=" in kind else f"{kind} without zone"
        return self.roles.moments.format

    @property
    def undecided_dates(self) -> bool:
        """Whether nothing in the file says which of day and month comes first."""
        return bool(self.roles and self.roles.moments and self.roles.moments.undecided)

    @property
    def date_formats(self) -> tuple[str, ...]:
        """The formats in which its dates may be written."""
        return _both(self.date_format or "") if self.undecided_dates else (self.date_format or "",)

    def decide_dates(self, form: str) -> None:
        """Takes the format that other files of the same layout have, and asks no more."""
        assert self.roles is not None
        assert self.roles.moments is not None
        first = "d" if form.index("%d") < form.index("%m") else "m"
        self.roles.moments.orders = dict.fromkeys(self.roles.moments.orders, first)
        self.roles.moments.undecided = False
        self.findings.found("date_format", form, 0.9, "other files of the same layout decide it")
        self.findings.questions = [
            question for question in self.findings.questions if question.about != "date_format"
        ]

    def brief(self) -> Proposal:
        """Itself without the rows, of which a folder of many files has too many to keep."""
        self.readout = Readout()
        self.content = replace(self.content, parts=()) if self.content else None
        self.table = replace(self.table, rows=()) if self.table else None
        return self

    @property
    def confidence(self) -> float:
        """That of its least certain property."""
        return min(self.findings.confidence.values(), default=0.0)


def propose(content: Content) -> Proposal:
    """What a content is; a refusal is part of the proposal."""
    proposal = Proposal(content, content.name)
    try:
        found = _tables(content, proposal)
        parts = [_analyse(table, proposal) for table in found]
        _combine(proposal, [part for part in parts if part[0].kind != "no prices"] or parts)
    except RefusedFileError as refusal:
        proposal.refusal = str(refusal)
        proposal.findings.found("kind", "no prices", 0.9, str(refusal))
        return proposal
    _judge(proposal)
    return proposal


def refused(name: str, reason: str) -> Proposal:
    """The proposal of what was not even opened."""
    return Proposal(None, name, refusal=reason)


def _tables(content: Content, proposal: Proposal) -> list[Table]:
    start = content.parts[0][:8] if content.parts else b""
    if content.container in ("parquet", "feather"):
        return [columnar.arrow_table(content)]
    if start.startswith((b"PAR1", b"ARROW1", b"FEA1")) and content.whole:
        kind = "parquet" if start.startswith(b"PAR1") else "feather"
        return [columnar.arrow_table(replace(content, container=kind))]
    if content.container in ("xlsx", "xls", "ods") or (
        start.startswith(b"PK\x03\x04") and content.whole
    ):
        found = columnar.workbook(content)
        if not found:
            raise RefusedFileError("no sheet of the workbook has a table of values")
        proposal.sheets = [table.sheet or "" for table in found]
        return found
    return [_text_table(content, proposal)]


def _text_table(content: Content, proposal: Proposal) -> Table:
    decoded = encodings.decode(content.parts)
    proposal.encoding = decoded.encoding
    proposal.findings.found("encoding", decoded.encoding, decoded.confidence, decoded.evidence)
    if decoded.confidence < SURE:
        proposal.findings.ask("encoding", f"encoding {decoded.encoding}: {decoded.evidence}")
    head = decoded.texts[0].lstrip("\ufeff \r\n\t")[:64].casefold()
    for start, what in _NO_TABLES.items():
        if re.match(start, head):
            raise RefusedFileError(f"it is {what}, no table, whatever its name: save it as CSV")
    proposal.lines = tables.lines_of(decoded.texts[0])
    return tables.table_of(decoded.texts)


def _analyse(table: Table, proposal: Proposal) -> tuple[Roles, Ticker, Table, Signs]:
    signs = Signs() if table.types else _signs(table)
    found = roles.assign(table, signs, proposal.findings)
    ticker = tickers.locate(table, found, proposal.name, proposal.findings)
    return found, ticker, table, signs


def _signs(table: Table) -> Signs:
    rows = [row for row in table.rows if not row.blank]
    step = max(1, len(rows) // _SIGN_ROWS)
    sample = replace(table, rows=tuple(rows[::step]))
    cells: list[str] = []
    for place in range(min(table.width, 200)):
        column = [cell for cell in sample.column(place) if not numbers.is_missing(cell)]
        if moments(column).share > 0.5:
            continue
        cells += [cell for cell in column if numbers.looks_like_number(cell)]
    return numbers.signs(cells, quoted=table.all_quoted, delimiter=table.delimiter)


def _combine(proposal: Proposal, parts: list[tuple[Roles, Ticker, Table, Signs]]) -> None:
    """Sheets of one form are one table, each with its own instrument."""
    proposal.roles, proposal.ticker, proposal.table, proposal.signs = parts[0]
    proposal.kind = parts[0][0].kind
    orders = set()
    for found, ticker, table, signs in parts:
        readout = reading.read(table, found, ticker, signs)
        orders.add(reading.order(readout.records))
        proposal.readout.extend(readout)
    if len(parts) > 1 and proposal.ticker.where == "sheet":
        proposal.ticker = Ticker("sheet", how="sheet name")
        proposal.order = f"{orders.pop()[0]} in every sheet" if len(orders) == 1 else "mixed"
    else:
        proposal.order, proposal.order_within = reading.order(proposal.readout.records)
    held = [row for _, _, table, _ in parts for row in table.rows[:5000]]
    proposal.missing = numbers.marks(cell for row in held for cell in row.cells)


def _judge(proposal: Proposal) -> None:
    """What is asked or refused once the rows were read."""
    found = proposal.roles
    assert found is not None
    if refusal := _fractions(proposal, found) or _second_table(proposal, found):
        proposal.refusal, proposal.kind = refusal, "no prices"
        proposal.findings.questions.clear()
        return
    if proposal.kind == "no prices":
        proposal.refusal = f"no price file: {proposal.findings.evidence.get('kind', '')}"
        proposal.findings.questions.clear()
        proposal.findings.confidence.pop("ticker")
        return
    if proposal.kind == "OHLC without a date":
        proposal.refusal = "no column holds dates, and none are invented"
        proposal.findings.questions.clear()
        proposal.findings.confidence.pop("ticker")
        proposal.findings.ask("date", "no date: refuse; no column holds dates")
        proposal.findings.found("date_format", None, 0.95, "no column holds dates")
        return
    if not proposal.readout.records:
        proposal.refusal = "no row has both a date and a price"
        return
    _dates(proposal, found)
    _numbers(proposal)
    _frequency(proposal, found)
    _prices(proposal, found)
    _closes(proposal, found)


def _fractions(proposal: Proposal, found: Roles) -> str | None:
    """Says that prices are no decimals, where they are fractions."""
    table, priced = proposal.table, {*_BY_VALUE, Role.OTHER}
    if table is None or proposal.typed:
        return None
    for column in found.columns:
        counts = column.role in priced and (
            proposal.kind == "no prices" or column.role is not Role.OTHER
        )
        cells = table.column(column.index) if counts else []
        if numbers.in_fractions(cells):
            example = next(
                cell.strip()
                for cell in cells
                if not cell.strip().isdigit() and not numbers.is_missing(cell)
            )
            return f"prices are written in fractions, such as {example}: write them as decimals"
    return None


def _second_table(proposal: Proposal, found: Roles) -> str | None:
    """Says that another table stands below the first, where its header does."""
    table, out = proposal.table, proposal.readout
    if table is None or found.date is None or not table.header:
        return None
    names = [(table.name_of(place) or "").strip() for place in range(table.width)]
    last = max((record.line for record in out.records), default=0)
    for row in out.without_date:
        cells = [cell.strip() for cell in row.cells]
        again = (
            found.date < len(cells)
            and names[found.date]
            and (cells[found.date] == names[found.date])
        )
        if again and [*filter(None, cells)] != [*filter(None, names)] and row.line < last:
            return (
                f"another table begins in line {row.line} ({row.text.strip()[:80]}): divide it "
                "into files of one table each"
            )
    return None


def _dates(proposal: Proposal, found: Roles) -> None:
    how, moments = proposal.findings, found.moments
    assert moments is not None
    if moments.contradicts:
        how.ask(
            "date_format",
            "dates in both orders: some can only be day first, others only month first",
        )
    elif moments.undecided:
        first, second = _both(moments.format)
        how.ask("date_format", f"DD/MM or MM/DD undecidable: {moments.evidence}", first, second)
    elif set(moments.forms) == {"%y%m%d"}:
        how.ask("date_format", "are the six digits year, month and day?", "%y%m%d", "%d%m%y")
    lost = _without_date(proposal)
    if lost:
        cell = reading.cell(lost[0], found.date or 0)
        how.ask("date_format", f"rows whose date is not read: {len(lost)}, such as {cell!r}")
    sure = 0.5 if moments.undecided or moments.contradicts or lost else 0.97
    how.found(
        "date_format", proposal.date_format, sure, moments.evidence or "every date is read by it"
    )
    if len(moments.forms) > 1:
        how.found(
            "date_format",
            proposal.date_format,
            min(sure, 0.9),
            "several forms, each read by itself",
        )
    zone, evidence = _zone(proposal, found)
    how.found("zone", zone, 0.95, evidence)


def _without_date(proposal: Proposal) -> list[Row]:
    """Rows with prices and something for a date that is none, where they are no mere strays."""
    table, out, found = proposal.table, proposal.readout, proposal.roles
    if table is None or found is None or proposal.typed:
        return []
    priced = [column.index for column in found.columns if column.role in _BY_VALUE]
    lost = [
        row
        for row in out.without_date
        if priced
        and reading.cell(row, found.date or 0)
        and all(numbers.looks_like_number(reading.cell(row, place)) for place in priced)
    ]
    return lost if len(lost) > max(2, out.data_rows // 50) else []


def _zone(proposal: Proposal, found: Roles) -> tuple[str | None, str]:
    """The zone that cells, the header or the lines above it name; else the collection's counts."""
    if found.moments and found.moments.has_zone:
        return "in each time", "the cells hold offsets, zones, or seconds since 1970"
    above = list(proposal.table.before) if proposal.table else []
    named = [column.header or "" for column in found.columns
             if column.role in (Role.DATE, Role.DATETIME, Role.TIME)]  # fmt: skip
    for text in (*above, *named):
        if said := re.search(r"\b(UTC|GMT|EST|EDT|CET|MSK|JST|KST|IST)\b", text):
            return said[1], f"{text.strip()[:80]!r}"
    return None, "neither cells nor header name one: that of the collection counts"


def _both(form: str) -> tuple[str, str]:
    return form, form.replace("%d", "%0").replace("%m", "%d").replace("%0", "%m")


def _midnights(records: list[Record]) -> bool:
    return len({record.at.time() for record in records[:1000] if record.at}) == 1


def _numbers(proposal: Proposal) -> None:
    signs, how = proposal.signs, proposal.findings
    if proposal.typed:
        return
    how.found("decimal", signs.decimal, signs.confidence, signs.evidence)
    if signs.confidence < SURE:
        how.ask("decimal", f"is '{signs.decimal}' the sign of decimals? {signs.evidence}", ".", ",")


def _frequency(proposal: Proposal, found: Roles) -> None:
    records = proposal.readout.records
    if proposal.kind.startswith("ticks"):
        proposal.frequency = "tick"
        return
    timed = bool(found.moments and found.moments.has_time) or found.time is not None
    proposal.frequency = reading.frequency(records, timed=timed or proposal.typed)
    if proposal.frequency == "1d calendar days":
        filled = _weekends_repeat(records)
        proposal.frequency = proposal.frequency if filled else "1d"
        if filled:
            proposal.findings.ask(
                "weekends", "weekend rows are fill: each repeats the price before it"
            )
    if proposal.frequency == "unknown" and len({record.ticker for record in records}) > 1:
        # One day of a whole market.
        proposal.frequency = "1d"
    proposal.findings.found("frequency", proposal.frequency, 0.9, "the usual time between two rows")


def _weekends_repeat(records: list[Record]) -> bool:
    ordered = sorted((record for record in records if record.at), key=reading.moment_of)
    pairs = [(a, b) for a, b in pairwise(ordered) if b.at and b.at.weekday() >= 5]
    return bool(pairs) and all(a.price == b.price for a, b in pairs)


def _prices(proposal: Proposal, found: Roles) -> None:
    records, how = proposal.readout.records, proposal.findings
    prices = [value for record in records for role in (*reading.PRICES, Role.BID)
              if (value := record.values.get(role)) is not None]  # fmt: skip
    if prices and not any(prices):
        how.ask("prices", "all prices zero: no price can be used")
    outside = reading.outside_lines(records)
    if len(outside) > 0.05 * len(records):
        how.ask(
            "prices",
            f"{len(outside)} of {len(records)} bars have an open or close that is not between low "
            "and high: some prices may be adjusted and others not",
        )
    marked = sum(_is_marked(record.values) for record in records)
    if marked:
        how.ask(
            "prices",
            f"closes below zero whose amounts lie between low and high, rows: {marked}; the "
            "minus is a mark, as of the mean of bid and ask where nothing was traded",
        )
    volumes = {record.values.get(Role.VOLUME) for record in records}
    if volumes == {Decimal(-1)}:
        how.ask("volume", "volume -1 is a sentinel: it stands for a missing volume")
    volume = next((column for column in found.columns if column.role is Role.VOLUME), None)
    if volume and (unit := _UNITS.search(volume.header or "")):
        how.ask("volume", f"volume in units of {unit[0].strip()}: {volume.header}")
    scale = _scale(prices, found)
    how.found("price_scale", scale, 0.95 if scale == 1 else 0.5, "as written")
    if scale != 1:
        how.ask("price_scale", f"are prices whole numbers of 1/{scale}?", "1", str(scale))
    cents = next(
        (c.header for c in found.columns if c.role in _BY_VALUE and _CENTS.search(c.header or "")),
        None,
    )
    if cents:
        how.found("price_scale", scale, 0.5, f"a column is called {cents}")
        how.ask("price_scale", f"are prices to be divided by 100? {cents}", "1", "100")


def _scale(prices: list[Decimal], found: Roles) -> int:
    """Ten thousandths written as whole numbers: large, and all but multiples of a hundred."""
    headless = all(column.header is None for column in found.columns)
    if not headless or len(prices) < 8 or any(price % 1 for price in prices):
        return 1
    large = sum(price >= 100_000 for price in prices)
    return 10_000 if large == len(prices) else 1


def _is_marked(prices: Mapping[Role, Decimal | None]) -> bool:
    """Whether a close is below zero, and between low and high without its minus."""
    low, close, high = (prices.get(role) for role in (Role.LOW, Role.CLOSE, Role.HIGH))
    return bool(close and low and high and close < 0 < low <= -close <= high)


def _closes(proposal: Proposal, found: Roles) -> None:
    held = {column.role for column in found.columns}
    named = {column.role: column.header for column in found.columns}
    empty = (
        proposal.readout.data_rows and proposal.readout.some_missing == proposal.readout.data_rows
    )
    if proposal.kind == "bars" and (not held & {Role.OPEN, Role.HIGH, Role.LOW} or empty):
        proposal.findings.ask("close only", "close only: there is no open, high and low")
    if proposal.kind == "bars" and Role.CLOSE not in held and held & {Role.HIGH, Role.LOW}:
        proposal.findings.ask("close", "no close: there are no prices but high and low")
    if Role.SETTLE in held and re.match(r"(?i)last", named.get(Role.CLOSE) or ""):
        proposal.findings.ask("close", "Last or Settle as close", "Last", "Settle")
    future = [column.header for column in found.columns if _is_future(column)]
    if future:
        proposal.findings.ask(
            "columns",
            f"values of the future, never to be read by a strategy: {', '.join(map(str, future))}",
        )


def _is_future(column: Column) -> bool:
    return column.role is Role.OTHER and bool(
        re.match(r"(?i)(?:next|label|target|future|pred)[_ .]", column.header or "")
    )


def as_object(proposal: Proposal) -> dict[str, object]:
    """The proposal as one JSON object, with the names that people compare files by."""
    content, table, out = proposal.content, proposal.table, proposal.readout
    findings = proposal.findings
    described: dict[str, object] = {
        "file": proposal.name,
        "kind": proposal.kind,
        "refused": proposal.refusal,
        "container": content.container if content else None,
        "bytes": content.size if content else None,
        "sha256": content.sha256 if content else None,
        "whole": bool(table.whole) if table else None,
        "encoding": proposal.encoding,
        "line_ending": proposal.lines.ending if proposal.lines else None,
        "last_line_ends_with_newline": proposal.lines.last_ends if proposal.lines else None,
        "delimiter": table.delimiter if table else None,
        "decimal": None if proposal.typed else proposal.signs.decimal,
        "thousands": None if proposal.typed else proposal.signs.thousands,
        "missing_marks": proposal.missing,
        "lines_before_header": list(table.before) if table else [],
        "header_lines": [row.text for row in table.header] if table and not proposal.typed else [],
        "columns": [_as_column(column) for column in proposal.roles.columns]
        if proposal.roles
        else [],
        "field_counts": _field_counts(table) if table and not proposal.typed else {},
        "date_format": proposal.date_format,
        "time_format": proposal.roles.time_format if proposal.roles else None,
        "price_scale": findings.values.get("price_scale", 1),
        "volume_note": _volume_note(proposal),
        "ticker": _as_ticker(proposal),
        "frequency": proposal.frequency,
        "ask_the_user": [question.text for question in findings.questions],
        "order": proposal.order,
        "order_within_ticker": proposal.order_within,
        "data_rows": out.data_rows if table and table.whole else None,
        "rows_without_any_price": _counted(out.without_price, why=False),
        "non_data_rows": _counted(out.without_date, why=True),
        "rows_with_some_price_missing": out.some_missing,
    }
    if proposal.sheets:
        described["sheets"] = proposal.sheets
    if proposal.kind == _MATRIX:
        columns = proposal.roles.columns if proposal.roles else []
        described["instruments"] = [
            column.meaning or column.header for column in columns if column.role is Role.INSTRUMENT
        ]
        described["cells_with_price"] = out.cells_with_price
        described["cells_empty"] = out.cells_without
    if out.records:
        records = out.records
        described |= {
            "first_record": as_record(records[0], proposal),
            "last_record": as_record(records[-1], proposal),
            "middle_record": as_record(records[len(records) // 2], proposal)
            | {"physical_line": records[len(records) // 2].line},
        }
        if table and table.whole:
            described["check_sums"] = _check_sums(proposal)
            described["anomalies"] = reading.anomalies(records)
    return described | {
        "questions": [
            {"about": question.about, "text": question.text, "answers": list(question.answers)}
            for question in findings.questions
        ],
        "confidence": findings.confidence,
        "evidence": findings.evidence,
    }


def _as_column(column: Column) -> dict[str, object]:
    said: dict[str, object] = {
        "index": column.index, "header": column.header, "role": column.role.value}  # fmt: skip
    if column.meaning:
        said["meaning"] = column.meaning
    if column.type:
        said["type"] = column.type
    return said


def _as_ticker(proposal: Proposal) -> dict[str, object]:
    ticker = proposal.ticker
    said: dict[str, object] = {"where": ticker.where, "how": ticker.how}
    if ticker.column is None:
        return said | {"value": ticker.value}
    return said | {"column": ticker.column}


def _volume_note(proposal: Proposal) -> str | None:
    column = next(
        (c for c in (proposal.roles.columns if proposal.roles else []) if c.role is Role.VOLUME),
        None,
    )
    said = (column.header or "").casefold() if column else ""
    return f"volume = tick volume {column.header}" if column and "tick" in said else None


def _field_counts(table: Table) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in table.rows:
        if not row.blank:
            counts[str(len(row.cells))] = counts.get(str(len(row.cells)), 0) + 1
    return dict(sorted(counts.items()))


def _counted(rows: list[Row], *, why: bool) -> dict[str, object]:
    first: list[dict[str, object]] = []
    for row in rows[: _NO_DATA_SHOWN if why else _NO_PRICE_SHOWN]:
        reason = {"why": "blank" if row.blank else "date not parseable"} if why else {}
        first.append({"line": row.line, **reason, "text": row.text[:500]})
    return {"count": len(rows), "first": first}


def as_record(record: Record, proposal: Proposal) -> dict[str, object]:
    """A record with the names of roles: days and times as written, offsets beside them."""
    said: dict[str, object] = {}
    at, found = record.at, proposal.roles
    epoch = (proposal.date_format or "").startswith("epoch")
    if at and at.tzinfo and not epoch:
        said["utc"] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said["ticker"] = record.ticker
    said["date"] = at.strftime("%Y-%m-%d") if at else None
    if at and _shows_time(proposal, found):
        said["time"] = at.strftime("%H:%M:%S")
    if at and at.tzinfo and not epoch:
        offset = at.strftime("%z")
        said["utc_offset"] = f"{offset[:3]}:{offset[3:]}"
    for role in _BY_VALUE:
        if role in record.values:
            value = record.values[role]
            said[role.value] = None if value is None else float(value)
    for role in _COUNTS:
        if role in record.values:
            said[role.value] = as_count(record.values[role])
    return said


def _shows_time(proposal: Proposal, found: Roles | None) -> bool:
    return bool(
        found and (found.time is not None or (found.moments and found.moments.has_time))
    ) and (not proposal.typed or not _midnights(proposal.readout.records))


def as_count(value: Decimal | None) -> int | float | None:
    """A count: whole where it is whole."""
    if value is None:
        return None
    return int(value) if value % 1 == 0 else float(value)


def _check_sums(proposal: Proposal) -> dict[str, object]:
    records = proposal.readout.records
    total = _sum(record.price for record in records)
    times = {record.at for record in records}
    shown = [time.replace(tzinfo=None) for time in times if time]
    form = "%Y-%m-%d %H:%M:%S" if _shows_time(proposal, proposal.roles) else "%Y-%m-%d"
    first, last = (min(shown).strftime(form), max(shown).strftime(form)) if shown else ("", "")
    if proposal.kind == _MATRIX:
        return {"sum_of_all_prices": float(total), "first_date": first, "last_date": last,
                "distinct_dates": len(times)}  # fmt: skip
    has_volume = any(Role.VOLUME in record.values for record in records[:1])
    volume = as_count(_sum(record.values.get(Role.VOLUME) for record in records))
    return {
        "sum_close": float(total),
        "sum_volume": volume if has_volume else None,
        "first_time": first,
        "last_time": last,
        "distinct_times": len(times),
        "distinct_tickers": len({record.ticker for record in records}),
    }


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal())
