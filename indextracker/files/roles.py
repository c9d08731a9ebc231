"""Which column is what: by the words of the header and, against them, by the cells.

Words propose, cells decide: a column of prices is one of numbers, the high is the highest, a
volume that is zero throughout gives way to one that is not. What neither decides is a question.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

from indextracker.files import shapes, words
from indextracker.files.columnar import EXCEL_DATE
from indextracker.files.model import SURE, Column, Findings, Role, Table
from indextracker.files.moments import Moments, clock_format, moments, read_clock, serials, stamped
from indextracker.files.numbers import Signs, is_missing, looks_like_number, number

_SAMPLE_ROWS = 2_000
_PRICES = (Role.OPEN, Role.HIGH, Role.LOW, Role.CLOSE)
_INSTRUMENT = re.compile(
    r"[\^$]?[A-Z0-9][A-Z0-9]*(?:[./=:_ -][A-Z0-9]+)*(?: (?:Equity|Index|Curncy|Comdty|Corp|Govt))?$"
)
_EPOCH_NAMES = {"unix", "epoch", "unix timestamp", "unix time", "epoch time", "timestamp ms"}
_WIDE = "wide matrix (one price column per instrument)"
_OF_CONTRACTS = {
    *("strike", "strike price", "expiry", "expiry date", "expiration", "expiration date"),
    *("option type", "option typ", "call put", "put call", "cp flag", "履約價", "到期月份 週別"),
}
_CODES = (Role.TICKER, Role.SYMBOL)
# What was bought and when may be everybody's trades; with the time of day left out it is not.
_SIDE = "side"
_OWN_TRADES = {"order id", "orderid", "fee", "fees", "commission", "pnl", "profit"}


@dataclass
class Roles:
    """The columns of a table with their roles, and how its days and times are written."""

    columns: list[Column]
    kind: str
    date: int | None = None
    time: int | None = None
    moments: Moments | None = None
    time_format: str | None = None

    def index(self, role: Role) -> int | None:
        """The first column of a role."""
        return next((column.index for column in self.columns if column.role is role), None)


@dataclass
class _Cells:
    """Cells of a sample of rows, by column, and what they are."""

    table: Table
    signs: Signs

    def __post_init__(self) -> None:
        rows = [row for row in self.table.rows if not row.blank]
        step = max(1, len(rows) // _SAMPLE_ROWS)
        sample = replace(self.table, rows=tuple(rows[::step]))
        self.columns = [sample.column(place) for place in range(self.table.width)]
        self.values = [
            [number(cell, self.signs.decimal, self.signs.thousands) for cell in column]
            for column in self.columns
        ]

    def filled(self, place: int) -> list[str]:
        return [cell for cell in self.columns[place] if not is_missing(cell)]

    def numeric(self, place: int) -> bool:
        """Whether its filled cells are numbers; a column without any may be one."""
        filled = self.filled(place)
        return sum(map(looks_like_number, filled)) >= 0.8 * len(filled)

    def empty(self, place: int) -> bool:
        return not self.filled(place)

    def zero(self, place: int) -> bool:
        return not any(self.values[place])


def assign(table: Table, signs: Signs, findings: Findings) -> Roles:
    """The roles of a table's columns, with what they leave open among the findings."""
    cells = _Cells(table, signs)
    names = [table.name_of(place) for place in range(table.width)]
    date, time, found, time_format = _when(cells, names, table)
    free = [place for place in range(table.width) if place not in (date, time)]
    roles = _by_words(cells, names, free) if table.header else {}
    roles = _checked(cells, names, free, roles, findings, date)
    if date is not None and (side_by_side := _instruments(table, free)):
        return _several(table, side_by_side, names, (date, time, found, time_format), findings)
    columns = [
        _column(place, names[place], roles.get(place, Role.OTHER), table)
        for place in range(table.width)
    ]
    if date is not None and found:
        columns[date] = replace(columns[date], role=_role_of_date(table, date, found), meaning=None)
    if time is not None:
        columns[time] = replace(columns[time], role=Role.TIME, meaning=None)
    columns = _epochs(cells, columns, date)
    result = Roles(columns, "bars", date, time, found, time_format)
    return _kind(result, cells, findings)


def _instruments(table: Table, free: list[int]) -> dict[int, str]:
    """Instruments of columns that stand side by side, named in a second line of the header."""
    others = [line for place, line in enumerate(table.header) if place != table.names]
    names = [words.normalised(table.name_of(place) or "") for place in free]
    if len(set(names)) == len(names):
        return {}
    for line in others:
        held = {place: line.cells[place].strip() for place in free if place < len(line.cells)}
        if len(set(held.values()) - {""}) > 1 and not any(map(words.is_word, held.values())):
            return held
    return {}


def _several(
    table: Table,
    instruments: dict[int, str],
    names: list[str | None],
    when: tuple[int | None, int | None, Moments | None, str | None],
    findings: Findings,
) -> Roles:
    """A block of columns for each instrument: the closes are read, and the rest is asked for."""
    date, time, found, time_format = when
    columns = [_column(place, names[place], Role.OTHER, table) for place in range(table.width)]
    for place, instrument in instruments.items():
        if words.role_of(names[place] or "")[0] in (Role.CLOSE, Role.LAST):
            columns[place] = replace(columns[place], role=Role.INSTRUMENT, meaning=instrument)
    if date is not None and found:
        columns[date] = replace(columns[date], role=_role_of_date(table, date, found), meaning=None)
    findings.found("kind", _WIDE, 0.6, "a second line of the header names instruments")
    findings.ask("columns", "several instruments side by side: of each the close is read alone")
    return Roles(columns, _WIDE, date, time, found, time_format)


def _column(place: int, name: str | None, role: Role, table: Table) -> Column:
    kind = table.types[place] if table.types and table.sheet is None else None
    meaning = (name or None) if role is Role.OTHER else None
    return Column(place, name, role, meaning, kind)


def _role_of_date(table: Table, date: int, found: Moments) -> Role:
    if table.types:
        named = words.normalised(table.name_of(date) or "")
        return Role.DATETIME if "time" in named and found.has_time else Role.DATE
    return Role.DATETIME if found.has_time else Role.DATE


def _when(
    cells: _Cells, names: list[str | None], table: Table
) -> tuple[int | None, int | None, Moments | None, str | None]:
    """The columns of the day and of the time of day."""
    likely: list[tuple[float, int, Moments]] = []
    for place, column in enumerate(cells.columns):
        typed = bool(table.types) and not _is_time(table, place)
        if typed or cells.empty(place):
            continue
        found = moments(column)
        named = words.of_time(names[place])
        if found.share < (0.6 if named else 0.9) or (
            _is_short(found) and not (named or place == 0)
        ):
            continue
        readable = not any(form.startswith("epoch") for form in found.forms)
        whole = readable and not all(form == "%Y%m%d" for form in found.forms)
        likely.append(
            (2.0 * named + 3.0 * whole + readable + found.share - place / 1000, place, found)
        )
    if not likely:
        return _serials(cells, names)
    _, date, found = max(likely, key=lambda item: item[0])
    if found.undecided:
        _by_epoch(cells, date, found)
    if not found.has_time:
        time, time_format = _time_of_day(cells, names, date)
        return date, time, found, time_format
    return date, None, found, None


def _by_epoch(cells: _Cells, date: int, found: Moments) -> None:
    """Seconds since 1970 in another column decide which of day and month comes first."""
    for column in cells.columns:
        pairs = [
            (stamp.epoch, day)
            for cell, day in zip(column, cells.columns[date], strict=True)
            if (stamp := stamped(cell)) and stamp.epoch and day
        ]
        if len(pairs) < 0.9 * len(column):
            continue
        for order in ("d", "m"):
            told = replace(found, orders=dict.fromkeys(found.orders, order))
            days = [(epoch, told.read(day)) for epoch, day in pairs]
            near = sum(
                read is not None
                and abs((read.replace(tzinfo=None) - epoch.replace(tzinfo=None)).days) <= 1
                for epoch, read in days
            )
            if near == len(days):
                found.orders, found.undecided = told.orders, False
                found.evidence = "the seconds since 1970 beside them"
                return


def _serials(
    cells: _Cells, names: list[str | None]
) -> tuple[int | None, None, Moments | None, None]:
    """A column named for days that holds the numbers by which spreadsheets count them."""
    for place, column in enumerate(cells.columns):
        if words.of_time(names[place]) and (found := serials(column)).share > 0.95:
            return place, None, found, None
    return None, None, None, None


def _is_short(found: Moments) -> bool:
    """Six digits may be a day, and any number."""
    return set(found.forms) == {"%y%m%d"}


def _is_time(table: Table, place: int) -> bool:
    kind = (table.types or ())[place]
    return kind == EXCEL_DATE or any(
        word in kind for word in ("timestamp", "date", "string", "text", "int64", "number")
    )


def _time_of_day(
    cells: _Cells, names: list[str | None], date: int
) -> tuple[int | None, str | None]:
    for place, column in enumerate(cells.columns):
        if place == date or cells.empty(place):
            continue
        form, share = clock_format(cells.filled(place))
        named = words.of_time(names[place])
        beside = (
            place == date + 1 and not names[place] and all(len(cell) in (4, 6) for cell in column)
        )
        if share >= 0.9 and (
            ":" in form or ((named and "%H" in form) or ("number" in form and named)) or beside
        ):
            return place, form
    return None, None


def _by_words(cells: _Cells, names: list[str | None], free: list[int]) -> dict[int, Role]:
    """What the header says, of each role the best column."""
    said: dict[Role, list[tuple[float, int]]] = {}
    for place in free:
        role, rank = words.role_of(names[place] or "")
        if rank and _fits(cells, place, role):
            idle = cells.empty(place) or (role is Role.VOLUME and cells.zero(place))
            said.setdefault(role, []).append((rank - 10 * idle - place / 1000, place))
    chosen: dict[int, Role] = {
        max(places)[1]: role for role, places in said.items() if role is not Role.OTHER
    }
    return _close_of(chosen, said)


def _close_of(
    chosen: dict[int, Role], said: dict[Role, list[tuple[float, int]]]
) -> dict[int, Role]:
    """Where nothing is called close, the last price is it, or the settlement."""
    for stand_in in (Role.LAST, Role.SETTLE):
        if Role.CLOSE in chosen.values():
            break
        chosen = {place: Role.CLOSE if role is stand_in else role for place, role in chosen.items()}
    best = max(said.get(Role.CLOSE, []), default=None)
    last = next((place for place, role in chosen.items() if role is Role.LAST), None)
    if last is not None and best is not None and best[0] < 3.5 and Role.OPEN in chosen.values():
        chosen[last], chosen[best[1]] = Role.CLOSE, Role.OTHER
    return chosen


def _fits(cells: _Cells, place: int, role: Role) -> bool:
    if role in (Role.TICKER, Role.SYMBOL):
        filled = cells.filled(place)
        return bool(filled) and max(map(len, filled)) <= 60
    return cells.numeric(place)


def _checked(
    cells: _Cells,
    names: list[str | None],
    free: list[int],
    roles: dict[int, Role],
    findings: Findings,
    date: int | None,
) -> dict[int, Role]:
    """The roles that the cells bear out."""
    header = cells.table.header
    if not header:
        findings.found("roles", "by the cells", 0.9, "there is no header")
        return _by_cells(cells, free, findings, date)
    share = _outside(cells, roles)
    missing = cells.table.width - len(header[0].cells)
    if missing > 0 and not all(cells.empty(cells.table.width - 1 - i) for i in range(missing)):
        return _shorter(cells, free, roles, findings, date)
    if share is not None and share > 0.5:
        other = _by_cells(cells, free, Findings(), date)
        apart = _outside(cells, other)
        if apart is not None and apart < 0.02 and other != roles:
            findings.found(
                "roles", "by the cells", 0.6, f"{share:.0%} of bars contradict the header"
            )
            findings.ask(
                "roles",
                "header contradicts the data: by its names the high is below the low, or open and "
                "close are not between them; by the cells the columns are "
                + ", ".join(
                    f"{names[place]}={role.value}" for place, role in sorted(other.items())
                ),
            )
            return other
    sure = 0.97
    if share is not None and share >= 0.02:
        # No other order of the columns is contradicted by fewer bars.
        least = _outside(cells, _by_cells(cells, free, Findings(), date))
        sure = SURE if least is None or least >= share else 0.8
        if sure < SURE:
            findings.ask("roles", f"{share:.1%} of bars contradict the header: is it right?")
    told = "words of the header" + (
        "" if share is None else f"; {share:.1%} of bars contradict them"
    )
    findings.found("roles", "by the header", sure, told)
    return roles


def _shorter(
    cells: _Cells,
    free: list[int],
    roles: dict[int, Role],
    findings: Findings,
    date: int | None,
) -> dict[int, Role]:
    """A header with fewer names than the rows have cells: names may stand one column too early."""
    names = [cell.strip() for cell in cells.table.header[0].cells]
    moved: list[str | None] = [None] * (cells.table.width - len(names)) + list(names)
    tries = [roles, _by_words(cells, moved, free), _by_cells(cells, free, Findings(), date)]
    ranked = [
        (1.0 if (share := _outside(cells, one)) is None else share, order)
        for order, one in enumerate(tries)
    ]
    findings.found("roles", "by the cells", 0.6, "the header is shorter than the rows")
    findings.ask(
        "roles", "header shorter than the rows: a column has no name; roles are those by which the "
        "high is the highest", )  # fmt: skip
    return tries[min(ranked)[1]]


def _outside(cells: _Cells, roles: dict[int, Role]) -> float | None:
    return shapes.outside(
        {role: cells.values[place] for place, role in roles.items() if role in _PRICES}
    )


def _by_cells(
    cells: _Cells, free: list[int], findings: Findings, date: int | None
) -> dict[int, Role]:
    """Roles without any word: prices stand after the day, then what was traded."""
    roles: dict[int, Role] = {}
    numeric = [place for place in free if cells.numeric(place) and not _is_code(cells, place, date)]
    texts = [place for place in free if place not in numeric and not cells.empty(place)]
    for place in texts[:1]:
        if max(map(len, cells.filled(place))) <= 24:
            roles[place] = Role.TICKER
    while len(numeric) > 4 and cells.empty(numeric[-1]):
        numeric.pop()
    if len(numeric) >= 4:
        begin, order, share = _four_prices(cells, numeric)
        prices = numeric[begin : begin + 4]
        others = [*numeric[begin + 4 :], *numeric[:begin]]
        roles.update(zip(prices, order, strict=True))
        # What follows the volume is open interest, a number of trades or a turnover: not told.
        roles.update(zip(others, (Role.VOLUME,), strict=False))
        if share > 0.05:
            findings.ask("roles", "no header, and no order of open, high, low and close fits")
        return roles
    if len(numeric) == 3 and _is_high_low_close(cells, numeric):
        return roles | dict(zip(numeric, (Role.HIGH, Role.LOW, Role.CLOSE), strict=True))
    if len(numeric) >= 2 and shapes.alike(*(cells.values[place] for place in numeric[:2])) < 0.005:
        return roles | dict(zip(numeric, (Role.BID, Role.ASK), strict=False))
    return roles | dict(zip(numeric, (Role.CLOSE, Role.VOLUME), strict=False))


def _four_prices(cells: _Cells, numeric: list[int]) -> tuple[int, tuple[Role, ...], float]:
    """Where four columns begin of which one is the highest and one the lowest, and their order."""
    tries = []
    for begin in range(min(3, len(numeric) - 3)):
        order, share = shapes.order_of(
            [cells.values[place] for place in numeric[begin : begin + 4]]
        )
        tries.append((round(share, 2), begin, order))
    share, begin, order = min(tries, key=lambda one: one[:2])
    return begin, order, share


def _is_code(cells: _Cells, place: int, date: int | None) -> bool:
    """A column of one whole number, before the day: a code, or the length of the bar."""
    values = set(cells.filled(place))
    return date is not None and place < date and len(values) == 1


def _is_high_low_close(cells: _Cells, three: list[int]) -> bool:
    high, low, close = (cells.values[place] for place in three)
    share = shapes.outside({Role.HIGH: high, Role.LOW: low, Role.CLOSE: close})
    return share is not None and share < 0.01


def _epochs(cells: _Cells, columns: list[Column], date: int | None) -> list[Column]:
    """Seconds since 1970 beside a readable date, and days that are written twice."""
    changed = list(columns)
    for column in columns:
        if column.index == date or column.role not in (Role.OTHER, Role.TICKER):
            continue
        named = words.normalised(column.header or "") in _EPOCH_NAMES
        if named and cells.numeric(column.index):
            changed[column.index] = replace(column, role=Role.EPOCH, meaning="seconds since 1970")
    return changed


def _kind(roles: Roles, cells: _Cells, findings: Findings) -> Roles:
    """What kind of file it is: bars, ticks, a matrix, or none of prices."""
    held = {column.role for column in roles.columns}
    names = {words.normalised(column.header or "") for column in roles.columns}
    roles = replace(roles, columns=[_pair(column, cells) for column in roles.columns])
    if roles.date is None:
        return _without_date(roles, held, findings)
    by_day = roles.time is None and not (roles.moments and roles.moments.has_time)
    if names & {*_OWN_TRADES, *([_SIDE] if by_day else [])} and not held >= set(_PRICES):
        findings.found("kind", "no prices", 0.8, "columns of an account's own trades")
        return replace(roles, kind="no prices")
    if not held & {*_PRICES, Role.BID, Role.ASK}:
        return _matrix(roles, cells, findings)
    if kinds := _kinds_of_rows(roles, cells):
        findings.found("kind", "no prices", 0.8, f"rows of several kinds, by their column {kinds}")
        return replace(roles, kind="no prices")
    _contracts(names, findings)
    if _is_ticks(roles, cells, held):
        findings.found("kind", "ticks, not bars", 0.9, "single trades or quotes")
        return _ticks(replace(roles, kind="ticks, not bars"))
    findings.found("kind", "bars", 0.95, "a row is a bar of one instrument")
    return roles


def _kinds_of_rows(roles: Roles, cells: _Cells) -> str:
    """The column that says of each row whether its value is an open, a high or what else."""
    for column in roles.columns:
        if column.role is not Role.OTHER:
            continue
        told = {words.role_of(cell)[0] for cell in {*cells.filled(column.index)[:500]}}
        if len(told & {*_PRICES, Role.ADJ_CLOSE}) > 1:
            return repr(column.header or column.index)
    return ""


def _contracts(names: set[str], findings: Findings) -> None:
    """Asks where a row is of a contract, which the ticker alone does not name."""
    told = sorted(names & _OF_CONTRACTS)
    if told:
        findings.ask(
            "ticker",
            f"contracts: {', '.join(told)} name them besides the ticker, and are not read",
        )


def _pair(column: Column, cells: _Cells) -> Column:
    """A column called symbol that holds pairs of currencies: a symbol, not a share's ticker."""
    if column.role is not Role.TICKER or words.normalised(column.header or "") != "symbol":
        return column
    filled = Counter(cells.filled(column.index))
    pairs = sum(bool(_PAIR.match(cell)) for cell in filled)
    return replace(column, role=Role.SYMBOL) if pairs == len(filled) else column


_PAIR = re.compile(
    r"[A-Z0-9]{2,6}[/_-]?"
    r"(?:USDT|USDC|BUSD|TUSD|USD|EUR|GBP|JPY|BTC|ETH|BNB|KRW|TRY|CHF|AUD|CAD)$"
)


def _without_date(roles: Roles, held: set[Role], findings: Findings) -> Roles:
    if held >= {Role.HIGH, Role.LOW, Role.CLOSE}:
        findings.found("kind", "OHLC without a date", 0.95, "no column holds dates")
        return replace(roles, kind="OHLC without a date")
    findings.found(
        "kind", "no prices", 0.9, "no column holds dates, and none is high, low or close"
    )
    return replace(roles, kind="no prices")


def _is_ticks(roles: Roles, cells: _Cells, held: set[Role]) -> bool:
    if Role.CLOSE not in held and held & {Role.BID, Role.ASK} and Role.HIGH not in held:
        return True
    moment = [cell for cell in cells.columns[roles.date or 0] if cell]
    timed = roles.time is not None or bool(roles.moments and roles.moments.has_time)
    if not timed:
        return False
    clock = cells.columns[roles.time] if roles.time is not None else [""] * len(moment)
    stamps = list(zip(moment, clock, strict=False))
    repeated = len(set(stamps)) < 0.9 * len(stamps) and Role.TICKER not in held
    if not held & {Role.HIGH, Role.LOW, Role.OPEN}:
        place = roles.time if roles.time is not None else roles.date or 0
        return repeated or (Role.VOLUME in held and _uneven(cells.columns[place]))
    return _runs(roles, cells, moment)


def _uneven(column: list[str]) -> bool:
    """Whether times end in seconds of every kind, as those of trades do."""
    seconds = set[int]()
    for cell in column:
        stamp = stamped(cell)
        clock = (stamp.clock or stamp.epoch) if stamp else read_clock(cell)
        if clock:
            seconds.add(clock.second)
    return len(seconds) > 20


def _runs(roles: Roles, cells: _Cells, days: list[str]) -> bool:
    """Whether open, high and low are the day's so far: one open a day, of many rows."""
    opening = roles.index(Role.OPEN)
    if opening is None or len(days) < 20 or roles.time is None:
        return False
    opens: dict[str, set[Decimal | None]] = {}
    for day, price in zip(days, cells.values[opening], strict=False):
        opens.setdefault(day, set()).add(price)
    return len(days) >= 20 * len(opens) and all(len(prices) == 1 for prices in opens.values())


def _ticks(roles: Roles) -> Roles:
    """Of trades the price alone is one; the high and low beside it are the day's so far."""
    running = (Role.OPEN, Role.HIGH, Role.LOW)
    columns = [
        replace(column, role=Role.OTHER, meaning=f"{column.header} (day so far)")
        if column.role in running
        else column
        for column in roles.columns
    ]
    return replace(roles, columns=columns)


def _matrix(roles: Roles, cells: _Cells, findings: Findings) -> Roles:
    """No column has a price's name: a price for each instrument, one alone, or no prices."""
    unknown = [
        column
        for column in roles.columns
        if column.role is Role.OTHER
        and column.header
        and cells.numeric(column.index)
        and (not cells.empty(column.index) or _INSTRUMENT.match(column.header))
        and words.role_of(column.header)[1] == 0
        and not words.of_time(column.header)
    ]
    tickers = sum(bool(_INSTRUMENT.match(column.header or "")) for column in unknown)
    if all(cells.empty(column.index) for column in unknown) or any(
        column.role in _CODES for column in roles.columns
    ):
        findings.found("kind", "no prices", 0.9, "no column is one of prices")
        return replace(roles, kind="no prices")
    role = Role.CLOSE if len(unknown) == 1 else Role.INSTRUMENT
    columns = list(roles.columns)
    for column in unknown:
        columns[column.index] = replace(column, role=role, meaning=None)
    sure = 0.92 if tickers >= 0.8 * len(unknown) else 0.5
    kind = "bars" if role is Role.CLOSE else _WIDE
    if _is_instrument_pair(roles, unknown):
        sure = 0.92
    findings.found("kind", kind, sure, f"{tickers} of {len(unknown)} names could be instruments")
    if sure < 0.9:
        findings.ask("kind", "are the columns prices, and their names instruments? " + ", ".join(
            column.header or "" for column in unknown[:5]), "yes", "no")  # fmt: skip
    return replace(roles, columns=columns, kind=kind)


def _is_instrument_pair(roles: Roles, unknown: list[Column]) -> bool:
    """`X_x, X_y`: the instrument is what the names of day and price share."""
    day = roles.columns[roles.date or 0].header or ""
    return len(unknown) == 1 and bool(common_name(day, unknown[0].header or ""))


def common_name(one: str, other: str) -> str:
    """What two names begin with alike, up to a sign: `AAPL` of `AAPL_x` and `AAPL_y`."""
    first, second = (re.split(r"[_. ]", name, maxsplit=1) for name in (one, other))
    alike = len(first) == len(second) == 2 and first[0] == second[0]
    return first[0] if alike else ""
