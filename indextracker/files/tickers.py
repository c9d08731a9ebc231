"""Where the instrument's name stands: a column, the header, the sheet or the file's name.

Of a file's name the words that every file could have are taken away: of days, lengths of bars,
makers of files. What is left is the name, with a question where that is more than one word.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath

from indextracker.files import words
from indextracker.files.model import SURE, Findings, Role, Table
from indextracker.files.numbers import is_missing
from indextracker.files.roles import Roles, common_name

_CURRENCIES = re.compile(
    r"(?:(?:USD|EUR|GBP|JPY|CHF|AUD|NZD|CAD|XAU|XAG|SEK|NOK|TRY|ZAR|MXN|CNH|SGD|HKD|PLN|HUF|INR|KRW)){2}\d*$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{2}[-_.](?:0?[1-9]|1[0-2])(?:[-_.]\d{1,2})?"
    r"|\d{1,2}[-_.]\d{1,2}[-_.](?:19|20)\d{2}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-3]\d)?"
    r"|(?:19|20)\d{2})(?!\d)"
)
_SPAN = re.compile(
    r"^(?:\d{1,3}(?:m|min|h|d|w|mo|s|hour|day|yr|y)|[mhdw]\d{1,2}|mn1?)$", re.IGNORECASE
)
_NO_NAME = re.compile(
    r"(?:sheet|feuil|tabelle|hoja|planilha|foglio|arkusz|лист|工作表|시트|blad|munka|list)\s?\d*$",
    re.IGNORECASE,
)
# A name and a value, parted as the cells are or by a colon; and what may be a code.
_PARTED = re.compile(r"[:=,;\t|]")
_CODE = re.compile(r"[A-Z0-9^][A-Z0-9.&^-]{0,14}")
_CODES = (Role.TICKER, Role.SYMBOL)
# `X_Y_Y-1h-futures`: a pair with what it is settled in, and the length of its bars.
_SETTLED = re.compile(r"^([A-Z0-9]+)_([A-Z0-9]+)(?:_([A-Z0-9]+))?-\d+[mhdwM](?:-\w+)?$")


@dataclass(frozen=True)
class _Names:
    """The words of `names.toml`."""

    generic: frozenset[str]
    exchanges: frozenset[str]
    quotes: frozenset[str]
    markets: frozenset[str]
    minutes: frozenset[str]
    companies: dict[str, str]


@cache
def _names() -> _Names:
    told = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
    listed = {kind: frozenset(said.split()) for kind, said in told.items() if isinstance(said, str)}
    generic = listed["words"] | listed["makers"]
    kinds = {kind: listed[kind] for kind in ("exchanges", "quotes", "markets", "minutes")}
    return _Names(generic, companies=told["companies"], **kinds)


@dataclass(frozen=True)
class Ticker:
    """Where the instrument's name stands, and what it is where it is one."""

    where: str
    value: str | None = None
    column: int | None = None
    how: str = ""


def locate(table: Table, roles: Roles, name: str, findings: Findings) -> Ticker:
    """Where the instrument's name stands, with a question where that is not certain."""
    found = _in_table(table, roles, findings, name) or _in_name(name, findings)
    if found is None:
        findings.found("ticker", None, 0.5, "no instrument is named")
        findings.ask(
            "ticker",
            "ticker must be asked: neither the rows nor the header nor the file's name holds it",
        )
        return Ticker("none", how="not in the file")
    return found


def _in_table(table: Table, roles: Roles, findings: Findings, name: str) -> Ticker | None:
    if roles.kind.startswith("wide"):
        findings.found("ticker", None, findings.confidence.get("kind", 0.9), "names of the columns")
        return Ticker("header", how="column names")
    for role in _CODES:
        if (column := roles.index(role)) is not None:
            _compare(table, column, name, findings)
            findings.found("ticker", None, 0.97, "a column holds it")
            return Ticker("column", column=column, how=f"column {table.name_of(column) or column}")
    above = _above(table, findings)
    return above or _in_header(table, roles, findings) or _in_sheet(table, findings)


def _compare(table: Table, column: int, name: str, findings: Findings) -> None:
    """Asks where the rows name one instrument and the file's name another of the same kind."""
    held = Counter(cell for cell in table.column(column)[:5000] if not is_missing(cell))
    if len(held) != 1:
        return
    inside = next(iter(held))
    told = from_file_name(name)
    if told is None or "." not in inside or "." not in told[0]:
        return
    if _plain(inside) != _plain(told[0]) and inside.split(".")[-1] == told[0].split(".")[-1]:
        findings.ask(
            "ticker", f"ticker {inside} (column) or {told[0]} (file name)", inside, told[0]
        )


def _plain(ticker: str) -> str:
    return re.sub(r"\W", "", ticker).casefold()


def _above(table: Table, findings: Findings) -> Ticker | None:
    """`# Ticker: ABC`, in a line of its own above the header."""
    for line in table.before:
        cells = [cell.strip(" #;*\"'") for cell in _PARTED.split(line)]
        said = [cell for cell in cells if cell]
        if len(said) == 2 and words.role_of(said[0])[0] in _CODES and _CODE.fullmatch(said[1]):
            findings.found("ticker", said[1], 0.92, f"{line.strip()[:80]!r} above the header")
            return Ticker("header", said[1], how="a line above the header")
    return None


def _in_header(table: Table, roles: Roles, findings: Findings) -> Ticker | None:
    for row in table.header[1:]:
        cells = {cell.strip() for cell in row.cells[1:] if cell.strip()}
        if len(cells) == 1 and not words.is_word(value := cells.pop()):
            findings.found("ticker", value, 0.95, "a line of the header repeats it")
            return Ticker("header", value, how="a line of the header, repeated per column")
    close, day = roles.index(Role.CLOSE), roles.date
    if close is None or day is None or not table.header:
        return None
    name, first = table.name_of(close) or "", table.name_of(day) or ""
    if value := common_name(first, name):
        findings.found("ticker", value, 0.92, "the names of day and price begin with it")
        return Ticker("header", value, how="prefix of the column names")
    opening = roles.index(Role.OPEN)
    value = common_name(table.name_of(opening) or "", name) if opening is not None else ""
    if value and not words.is_word(value):
        findings.found("ticker", value, 0.92, "the names of the columns begin with it")
        return Ticker("header", value, how="prefix of the column names")
    if name and words.role_of(name)[1] == 0:
        findings.found("ticker", name, 0.9, "the column of prices is named so")
        return Ticker("header", name, how="name of the value column")
    return None


def _in_sheet(table: Table, findings: Findings) -> Ticker | None:
    sheet = table.sheet
    if sheet is None or _NO_NAME.match(sheet) or words.normalised(sheet) in _names().generic:
        return None
    findings.found("ticker", sheet, 0.9, "the sheet is named so")
    return Ticker("sheet", sheet, how="sheet name")


def _in_name(name: str, findings: Findings) -> Ticker | None:
    found = from_file_name(name)
    if found is None:
        return None
    value, how, confidence = found
    findings.found("ticker", value, confidence, how)
    if confidence < SURE:
        findings.ask("ticker", f"ticker {value} from the file name: is it?", value)
    return Ticker("file_name", value, how=how)


def from_file_name(name: str) -> tuple[str, str, float] | None:
    """What a file's name says of the instrument, how it was found, and how sure that is."""
    path = PurePosixPath(name.replace("!", "/"))
    stem = re.sub(
        r"\.(?:csv|txt|tsv|dat|prn|asc|xlsx?|xlsm|ods|parquet|pq|feather|arrow|json|gz|xz|bz2|zip)$",
        "",
        path.name,
        flags=re.IGNORECASE,
    )
    if stem != path.name:
        stem = re.sub(r"\.(?:csv|txt|tsv|dat)$", "", stem, flags=re.IGNORECASE)
    for special in (_settled, _of_market, _pair, _at_exchange, _title):
        if found := special(stem):
            return found
    return _left(stem)


def _settled(stem: str) -> tuple[str, str, float] | None:
    if not (found := _SETTLED.match(stem)):
        return None
    base, quote, settled = found.groups()
    value = f"{base}/{quote}" + (f":{settled}" if settled else "")
    return value, "file name before the length of the bar, with signs for its underscores", 0.9


def _of_market(stem: str) -> tuple[str, str, float] | None:
    found = re.match(r"^([a-z0-9-]+)[._]([a-z]{1,2})(?:_[dwmqy])?$", stem)
    if not found or found[2] not in _names().markets or found[1] in _names().generic:
        return None
    if "_" in stem and not re.search(r"_[dwmqy]$", stem):
        return None
    return f"{found[1]}.{found[2]}".upper(), "ticker and market in the file name", 0.9


def _pair(stem: str) -> tuple[str, str, float] | None:
    """Two words of which the second is a currency: a pair, written as the file writes it."""
    cut = [token for token in re.split(r"[\s]+|(?<=\w)-(?=\w)|\.", stem) if token]
    for token in cut:
        both = token.split("_")
        if len(both) == 2 and token.isupper() and both[1].casefold() in _names().quotes:
            return token, "pair in the file name", 0.92
    tokens = [token for token in re.split(r"[\s_.-]+", stem) if token]
    pairs = [
        (base, quote)
        for base, quote in pairwise(tokens)
        if quote.casefold() in _names().quotes
        and 2 <= len(base) <= 6
        and base.casefold() not in _names().generic
    ]
    if not pairs:
        return None
    # `BROKER_EUR_USD`: where both are currencies, no other word is the instrument.
    base, quote = max(pairs, key=lambda pair: pair[0].casefold() in _names().quotes)
    return f"{base}/{quote}".upper(), "two words of the file name", SURE


def _at_exchange(stem: str) -> tuple[str, str, float] | None:
    tokens = [token for token in re.split(r"[\s_-]+", stem) if token]
    for place, token in enumerate(tokens[:-1]):
        if token.upper() not in _names().exchanges:
            continue
        rest = [word for word in tokens[place + 1 :] if not _is_generic(word)]
        if not rest:
            return None
        if len(rest) > 1:
            return f"{token.upper()}:{' '.join(rest)}", "exchange and words of the file name", 0.8
        return f"{token}_{rest[0]}".upper(), "exchange and code in the file name", SURE
    return None


def _title(stem: str) -> tuple[str, str, float] | None:
    """`The Instrument's Name Historical Data`: what stands before two generic words."""
    tokens = stem.split()
    generic = [_is_generic(token.partition("_")[0]) for token in tokens]
    ends = next((place for place, both in enumerate(pairwise(generic)) if all(both)), 0)
    if ends < 2:
        return None
    return " ".join(tokens[:ends]), "words of the file name", 0.85


def _is_generic(token: str) -> bool:
    plain = words.normalised(token).replace(" ", "")
    return (
        plain in _names().generic
        or token.casefold() in _names().generic
        or bool(_SPAN.match(token))
        or (token.isdigit() and len(token) <= 3)
        or bool(re.fullmatch(r"(?:issue|test|sample|part|file|data)\d+", plain))
    )


def _left(stem: str) -> tuple[str, str, float] | None:
    """What is left when days, spans and generic words are gone."""
    without = _DATE.sub(" ", stem)
    raw = [token for token in re.split(r"[\s_()\[\],-]+|\.(?![A-Z]{1,3}$)", without) if token]
    tokens: list[str] = []
    for token in raw:
        tokens += _apart(token)
    kept = [token for token in tokens if not _is_generic(token) and re.search(r"\w", token)]
    known = next((word for word in tokens if word.casefold() in _names().companies), None)
    if known and kept[:1] in ([], [known]):
        return _names().companies[known.casefold()], f"the word {known} in the file name", 0.7
    if not kept:
        return None
    if currencies := [token for token in kept if _CURRENCIES.match(token)]:
        kept = currencies[:1]
    bare = len(tokens) == 1 and len(raw) == 1
    value, confidence = kept[0], 0.9 if bare or len(kept) == 1 else 0.6
    if value not in raw or not _may_be_code(value, bare=bare):
        confidence = 0.6
    cut = _without_minutes(value)
    value = cut.upper() if cut.islower() else cut
    how = "file name without extension" if bare and value == stem else "word of the file name"
    return value, how, confidence


def _may_be_code(word: str, *, bare: bool) -> bool:
    """Whether it is written as codes are, in capitals or digits, and not as a word: `gold`."""
    if word.isupper() or word.isdigit():
        return len(word) > 1 or bare
    if word.islower():
        return False
    return not (word.istitle() and word.isalpha() and len(word) > 3)


def _apart(token: str) -> Sequence[str]:
    """Words written together come apart where one of them is generic: `XYZHistoricalPrices`."""
    if _is_generic(token) or not token.isascii():
        return [token]
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|\W+", token)
    generic = [part for part in parts if len(part) > 3 and _is_generic(part)]
    left = [part for part in parts if not _is_generic(part)]
    alone = any(part.casefold() not in _names().quotes and not part.isdigit() for part in left)
    return left if generic and (alone or not left) else [token]


def _without_minutes(token: str) -> str:
    """`EURUSD1440`: six letters, and the minutes of a bar."""
    found = re.match(r"^([A-Za-z]{6})(\d+)$", token)
    return found[1] if found and found[2] in _names().minutes else token
