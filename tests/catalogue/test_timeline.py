"""Keys of a time line: written in one form, sorted as they follow, found again in rows."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest

from indextracker_catalogue import (
    Column,
    Days,
    Hours,
    Key,
    Names,
    Sessions,
    Table,
    Timeline,
    Whole,
    Years,
)

XTAI = Sessions("XTAI")
KEYS: dict[Timeline, tuple[Key, date | datetime]] = {
    XTAI: ("2024-12-16", date(2024, 12, 16)),
    Days("Asia/Kolkata"): ("2024-12-16", date(2024, 12, 16)),
    Hours(): ("2024-12-16T09", datetime(2024, 12, 16, 9, tzinfo=UTC)),
    Years(): ("2024", date(2024, 1, 1)),
}
EACH = pytest.mark.parametrize("line", KEYS, ids=lambda line: line.name)


def table(line: Timeline, **more: str) -> Table:
    column = Column(line.column, line.type, "When.")
    return Table("gold", "prices", "One row per key.", (column,), (column.name,), line, **more)


@EACH
def test_a_key_and_its_value_name_each_other(line: Timeline) -> None:
    key, value = KEYS[line]
    assert line.value_of(key) == value
    assert line.key_of(value) == key


def test_an_instant_belongs_to_its_hour_in_utc() -> None:
    taipei = datetime(2024, 12, 17, 7, 59, tzinfo=ZoneInfo("Asia/Taipei"))
    assert Hours().key_of(taipei) == "2024-12-16T23"
    assert (
        Hours().key_of(datetime(2024, 12, 16, 23, 59, tzinfo=UTC).replace(tzinfo=None))
        == "2024-12-16T23"
    )


@pytest.mark.parametrize("text", ["2024-12-1", "2024-02-30", "20241216", "2024", ""])
def test_another_form_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"no key|match|day"):
        XTAI.value_of(text)


def test_time_lines_are_equal_by_value_and_told_apart_by_name() -> None:
    assert Sessions("XTAI") == XTAI != Sessions("XNSE")
    names = [*(line.name for line in KEYS), Sessions("XNSE").name, Whole().name]
    assert len(set(names)) == len(names)
    assert Days("Asia/Kolkata").name == "days_Asia_Kolkata"


def test_people_are_told_the_zone_of_an_hour() -> None:
    assert Hours().label("2024-12-16T09") == "2024-12-16 09:00 UTC"
    assert XTAI.label("2024-12-16") == "2024-12-16"


@EACH
@pytest.mark.parametrize("partitioned", ["key", "year"])
def test_a_predicate_finds_the_rows_of_its_keys_alone(line: Timeline, partitioned: str) -> None:
    of, (key, value) = table(line, partitioned=partitioned), KEYS[line]
    other = value.replace(year=2023)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        names = {name: f"{name}::date" for name in ("day",)} | {"year": f"year({line.column})::int"}
        derived = of.derived_partition
        more = (
            f", {names[derived.name].replace('day', line.column)} as {derived.name}"
            if derived
            else ""
        )
        kind = "timestamptz" if line.type == "timestamp" else "date"
        connection.execute(
            f"create table prices as select *{more} from"
            f" (select unnest([?, ?])::{kind} as {line.column})",
            [value, other],
        )
        found = connection.execute(
            f"select {line.column} from prices where {of.keys_predicate([key])}"
        ).fetchall()
        none = connection.execute(f"select 1 from prices where {of.keys_predicate([])}").fetchall()
    assert [line.key_of(found_value) for (found_value,) in found] == [key]
    assert none == []


def test_files_of_hours_lie_by_their_day_and_a_table_in_one_piece_has_no_partition() -> None:
    assert table(Hours()).partition_columns == ("day",)
    assert table(Hours()).keys_predicate(["2024-12-16T09"]) == (
        "day in (date'2024-12-16') and hour in ('2024-12-16T09:00:00Z')"
    )
    assert table(XTAI).partition_columns == ("session_date",)
    assert table(XTAI, partitioned="year").keys_predicate(["2024-12-16", "2025-01-02"]) == (
        "year in (2024, 2025) and session_date in (date'2024-12-16', date'2025-01-02')"
    )
    whole = Table(
        "gold", "names", "One row per name.", (Column("name", "string", "N."),), ("name",), Whole()
    )
    assert whole.partition_columns == ()
    assert whole.keys_predicate([]) == "true"


def test_a_table_that_holds_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gold/prices: \['session_date'\] are not among"):
        Table("gold", "prices", "One row.", (Column("price", "double", "P."),), ("price",), XTAI)


def test_rows_of_no_instrument_are_spread_by_their_key() -> None:
    assert table(XTAI).distribution_key == "session_date"


def test_a_name_is_its_own_key_and_the_folder_of_its_files() -> None:
    line = Names("collection")
    of_names = table(line)
    assert (line.name, line.unit, line.is_dated) == ("collections", "collections", False)
    assert line.key_of("us-stocks") == line.value_of("us-stocks") == "us-stocks"
    assert of_names.partition_columns == ("collection",)
    assert of_names.partition_values(["b", "a"]) == ["a", "b"]
    assert of_names.keys_predicate(["a", "b"]) == "collection in ('a', 'b')"


@pytest.mark.parametrize("name", ["", "a b", "it's", "../up", ".hidden", "a/b", "x" * 65, "名"])
def test_what_could_be_no_folder_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a collection"):
        Names("collection").predicate([name])


def test_a_name_is_of_no_day_and_no_year() -> None:
    with pytest.raises(ValueError, match="of no day"):
        Names("run_id").day_of("a")
    with pytest.raises(ValueError, match="of no year"):
        table(Names("run_id"), partitioned="year")
