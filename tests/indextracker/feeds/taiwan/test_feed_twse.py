"""TWSE's index report: what is accepted, what is refused and why, and what a row says."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.documents import DIGEST, accepted, decoded

from indextracker.feeds import FEEDS, Refusal
from indextracker.feeds.model import State
from indextracker_catalogue.model import ARROW

FEED = FEEDS["twse_index"]
SESSION = date(2023, 1, 30)

Report = Callable[..., bytes]


def assert_refused(body: bytes, state: State, *words: str, session: date = SESSION) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(FEED, body, session)
    refusal = caught.value
    assert refusal.state == state, refusal
    assert [word for word in ("MI_5MINS_INDEX", *words) if word not in refusal.reason] == []


# real documents


@pytest.mark.parametrize(
    ("name", "session", "indices", "first_line", "first", "last"),
    [
        (
            "MI_5MINS_INDEX_20230130.json",
            date(2023, 1, 30),
            34,
            1,
            ("14,932.93", "14,932.93"),
            "15,493.82",
        ),
        ("MI_5MINS_INDEX_20230721.csv", date(2023, 7, 21), 38, 3, ("17,164.89",), "17,030.70"),
    ],
)
def test_real_reports_are_accepted_whole(
    samples: Path,
    name: str,
    session: date,
    indices: int,
    first_line: int,
    first: tuple[str, ...],
    last: str,
) -> None:
    assert name in FEED.names(session)
    body = (samples / "twse" / name).read_bytes()
    accepted(FEED, body, session)
    levels = decoded(FEED, body, session)
    assert levels.num_rows == 3_241 * indices
    assert levels.schema == pa.schema(
        [(column.name, pa.type_for_alias(ARROW[column.type])) for column in FEED.table.columns]
    )
    assert levels.column("text").null_count == levels.num_rows
    assert levels.column("level").null_count == 0
    assert len(pc.unique(levels.column("index_name"))) == indices
    taiex = levels.filter(pc.equal(levels.column("index_name"), "發行量加權股價指數"))
    assert taiex.column("line").to_pylist() == list(range(first_line, first_line + 3_241))
    times = taiex.column("time").to_pylist()
    assert (times[0], times[1], times[-1]) == ("09:00:00", "09:00:05", "13:30:00")
    assert times == sorted(set(times))
    assert taiex.column("level")[0].as_py() == first[0]
    assert taiex.column("level")[-1].as_py() == last


def test_a_real_report_of_another_session_is_refused(samples: Path) -> None:
    other = date(2023, 7, 24)
    body = (samples / "twse/MI_5MINS_INDEX_20230721.csv").read_bytes()
    assert_refused(body, "refused", "112年07月21日", "112年07月24日", session=other)
    body = (samples / "twse/MI_5MINS_INDEX_20230130.json").read_bytes()
    assert_refused(body, "refused", "20230130", "20230724", session=other)


def test_the_answer_of_a_closed_day_is_missing(samples: Path) -> None:
    body = (samples / "twse/MI_5MINS_INDEX_no-data.json").read_bytes()
    assert_refused(body, "missing", "很抱歉，沒有符合條件的資料!")


# JSON


def test_json_and_csv_hold_the_same_levels(index_json: Report, index_csv: Report) -> None:
    accepted(FEED, index_json(), SESSION)
    accepted(FEED, index_csv(), SESSION)
    from_json = decoded(FEED, index_json(), SESSION)
    from_csv = decoded(FEED, index_csv(), SESSION)
    assert from_json.drop_columns("line").equals(from_csv.drop_columns("line"))
    assert from_json.column("line").to_pylist() == [1, 1, 2, 2, 3, 3]
    assert from_csv.column("line").to_pylist() == [3, 3, 4, 4, 5, 5]
    assert from_json.slice(1, 1).to_pylist() == [
        {
            "session_date": SESSION,
            "line": 1,
            "index_name": "水泥類指數",
            "time": "09:00:00",
            "level": "162.08",
            "text": None,
            "document": DIGEST,
        }
    ]


def test_stat_is_compared_without_case(index_json: Report) -> None:
    accepted(FEED, index_json(stat="ok"), SESSION)


FIELDS = ["時間", "發行量加權股價指數"]


@pytest.mark.parametrize(
    ("replaced", "state", "word"),
    [
        ({"stat": "查詢日期大於今日，請重新查詢!"}, "missing", "查詢日期大於今日"),
        ({"stat": None}, "missing", "None"),
        ({"date": "20230131"}, "refused", "20230131"),
        ({"fields": None}, "refused", "fields"),
        ({"data": {}}, "refused", "data"),
        ({"data": []}, "missing", "no row"),
        ({"total": 3_241}, "refused", "a total of 3241 and has 3 rows"),
        ({"fields": ["指數", "發行量加權股價指數", "水泥類指數"]}, "refused", "時間"),
        ({"fields": ["時間", "電子類指數", "水泥類指數"]}, "refused", "發行量加權股價指數"),
        ({"fields": [*FIELDS, "發行量加權股價指數"]}, "refused", "twice"),
        ({"fields": [*FIELDS, ""]}, "refused", "not at all"),
        ({"fields": [*FIELDS, 7]}, "refused", "not at all"),
        ({"fields": FIELDS, "data": [["09:00:00"]]}, "refused", "row 1"),
        ({"fields": FIELDS, "data": ["09:00:00"]}, "refused", "row 1"),
        ({"fields": FIELDS, "data": [["09:00:00", 1.5]]}, "refused", "no text"),
        ({"fields": FIELDS, "data": [["09:00:05", "1"]]}, "refused", "09:00:05"),
        (
            {"fields": FIELDS, "data": [["09:00:00", "1"], ["11:20:05", "1"]]},
            "partial",
            "11:20:05",
        ),
    ],
)
def test_a_report_in_json_is_of_its_session_and_complete(
    index_json: Report, replaced: dict[str, object], state: State, word: str
) -> None:
    assert_refused(index_json(**replaced), state, word)


def test_a_level_that_is_null_stays_null(index_json: Report) -> None:
    data = [["09:00:00", "1"], ["13:30:00", None]]
    body = index_json(fields=FIELDS, data=data)
    accepted(FEED, body, SESSION)
    assert decoded(FEED, body, SESSION).column("level").to_pylist() == ["1", None]


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b"", "missing"),
        (b"\r\n", "missing"),
        (b"{}", "missing"),
        (b"<html><title>FOR SECURITY REASONS</title>", "blocked"),
        (b'{"stat":"OK","date":"20230130","fie', "blocked"),
        # Half of a surrogate pair, as one flipped bit leaves it.
        (b'{"stat":"OK","date":"20230130","title":"\\udb50"}', "blocked"),
        (b"[" * 100_000, "blocked"),
        (b"[1]", "refused"),
        (b"\xff\xff", "refused"),
    ],
)
def test_what_is_no_report_says_what_it_is(body: bytes, state: State) -> None:
    assert_refused(body, state)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        accepted(FEED, body, SESSION)


# CSV


@pytest.mark.parametrize(
    ("replaced", "state", "word"),
    [
        ({1: '"112年01月31日 每5秒指數統計"'}, "refused", "112年01月31日"),
        ({1: '"每5秒指數統計"'}, "refused", "112年01月30日"),
        ({2: '"時間,"發行量"'}, "refused", "line 2"),
        ({2: '"時間","水泥類指數","電子類指數",'}, "refused", "發行量加權股價指數"),
        ({3: ""}, "refused", "09:00:05"),
        ({5: '"13:29:55","15,493.82","164.95",'}, "partial", "13:29:55"),
        ({5: '"13:30:00","15,4'}, "partial", "09:00:05"),
    ],
)
def test_a_report_in_csv_is_of_its_session_and_complete(
    index_csv: Report, replaced: dict[int, str], state: State, word: str
) -> None:
    assert_refused(index_csv(replaced), state, word)


def test_a_csv_whose_last_line_does_not_end_is_cut_off(index_csv: Report) -> None:
    assert_refused(index_csv()[:-10], "refused", "cut off")


def test_a_csv_without_rows_is_missing(index_csv: Report) -> None:
    assert_refused(index_csv({3: '"說明:"'}), "missing", "no row")


def test_a_csv_in_another_encoding_is_refused(index_csv: Report) -> None:
    assert_refused(index_csv(encoding="utf-8"), "refused")


@pytest.mark.parametrize(
    "line",
    ['="09:00:05","15,400.10",', '="09:00:05","15,400.10","163.00"x', '"open', "電子類指數"],
)
def test_a_line_that_does_not_split_is_kept_whole(index_csv: Report, line: str) -> None:
    body = index_csv({4: line})
    accepted(FEED, body, SESSION)
    rows = decoded(FEED, body, SESSION).to_pylist()
    assert [row["line"] for row in rows] == [3, 3, 4, 5, 5]
    assert rows[2] == {
        "session_date": SESSION,
        "line": 4,
        "index_name": "",
        "time": None,
        "level": None,
        "text": line,
        "document": DIGEST,
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(3, 5), st.text(st.sampled_from('",= :x09.\r\t發行'))))
def test_any_lines_are_rows_misfits_or_refused(index_csv: Report, replaced: dict[int, str]) -> None:
    body = index_csv(replaced)
    try:
        accepted(FEED, body, SESSION)
    except Refusal as refusal:
        assert refusal.reason
    else:
        rows = decoded(FEED, body, SESSION)
        kept = {n for n in (3, 4, 5) if replaced.get(n, "x").strip(" \t\n\v\f\r")}
        assert set(rows.column("line").to_pylist()) == kept


def test_the_end_of_file_of_ms_dos_is_no_line(index_csv: Callable[..., bytes]) -> None:
    session = date(2023, 1, 30)
    for saved in (index_csv() + b"\x1a", index_csv(encoding="utf-8-sig")):
        rows = decoded(FEED, saved, session)
        assert rows.equals(decoded(FEED, index_csv(), session))
