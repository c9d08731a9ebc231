"""What is odd of the prices of a collection: told after a load, and never changed.

By rows of one instrument together; rules on single rows are checks of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from indextracker.lake import Lake
from indextracker_catalogue import Key
from indextracker_catalogue.files import FILE_PRICES

# Rows that are looked at together: a sort of them takes about a GiB.
ROWS_AT_ONCE: Final = 10_000_000
# The prices so many rows before and after a jump are compared too: one wrong price is no splice.
_SIDE: Final = 5
# The level after a splice is so many times that before it, or the other way round.
_SPLICED: Final = 3
# Over so many days without a row there is a gap, of bars of up to a day.
_GAP_DAYS: Final = 10


@dataclass(frozen=True)
class Oddity:
    """Something odd.

    Attributes:
        what: What it is, in the plural.
        rows: How many rows.
        example: The first of them: file and line.
    """

    what: str
    rows: int
    example: str


# By what is told of it, SQL that holds for a row of `told`.
_ODD: Final[Mapping[str, str]] = {
    "rows with a time that the instrument has already": "again",
    "rows that do not follow in the order of their file": "turns",
    f"gaps of more than {_GAP_DAYS} days": "gap",
    "rows whose high is below their low": "high < low",
    "prices of zero": "0 in (open, high, low, close)",
    "negative prices": "least(open, high, low, close) < 0",
    "jumps to another level, as where another instrument follows": "spliced",
}


def oddities(lake: Lake, collection: Key) -> list[Oddity]:
    """What is odd of the prices of a collection.

    Args:
        lake: Where they are.
        collection: Its name.
    """
    found: dict[str, tuple[int, str]] = {}
    with lake.sql([FILE_PRICES], {FILE_PRICES.timeline: [collection]}, alone=True) as connection:
        connection.execute("set memory_limit = '2GiB'")
        connection.execute("set preserve_insertion_order = false")
        [[rows]] = connection.execute("select count(*) from file_prices").fetchall()
        parts = max(1, -(-rows // ROWS_AT_ONCE))
        for part in range(parts):
            of_part = "true" if parts == 1 else f"hash(ticker) % {parts} = {part}"
            query = _QUERY.format(of_part=of_part, counts=_COUNTS)
            [told] = connection.execute(query).fetchall()
            for place, what in enumerate(_ODD):
                count, example = told[2 * place : 2 * place + 2]
                before = found.get(what, (0, ""))
                found[what] = (before[0] + count, before[1] or example or "")
    return [Oddity(what, *counted) for what, counted in found.items() if counted[0]]


_COUNTS: Final = ", ".join(
    f"count(*) filter ({holds}), min(file || ':' || line) filter ({holds})"
    for holds in _ODD.values()
)
_QUERY: Final = f"""
    with rows as (
        select t.ticker, t."at" as moment, t.open, t.high, t.low, t.close, t.file, t.line,
            t."interval" as every
        from file_prices t where {{of_part}}
    ),
    ordered as (
        select *,
            lag(moment) over time as before,
            lag(close, {_SIDE}) over time as level_before,
            lead(close, {_SIDE}) over time as level,
            lag(close) over time as close_before
        from rows
        window time as (partition by ticker order by moment, file, line)
    ),
    told as (
        select *,
            coalesce(moment = before, false) as again,
            coalesce(
                moment - before > interval {_GAP_DAYS} days
                and every not in ('1w', '1mo', '3mo', '1y', 'tick'), false
            ) as gap,
            coalesce(
                level > 0 and level_before > 0 and close > 0 and close_before > 0
                and greatest(level / level_before, level_before / level) > {_SPLICED}
                and greatest(close / close_before, close_before / close) > {_SPLICED}, false
            ) as spliced,
            coalesce(
                sign(epoch_us(moment) - epoch_us(lag(moment) over in_file))
                * sign(
                    epoch_us(lag(moment) over in_file) - epoch_us(lag(moment, 2) over in_file)
                ) < 0, false
            ) as turns
        from ordered
        window in_file as (partition by file, ticker order by line)
    )
    select {{counts}} from told
"""
