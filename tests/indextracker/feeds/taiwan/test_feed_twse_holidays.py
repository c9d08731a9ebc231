"""TWSE's holiday schedule: what is accepted and refused, and which of its days are closed."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from support.documents import DIGEST, accepted, decoded

from indextracker import calendars
from indextracker.feeds import FEEDS, Refusal
from indextracker.feeds.model import Request, State
from indextracker.feeds.taiwan.twse_holidays import closures
from indextracker_catalogue.model import ARROW
from indextracker_catalogue.timeline import Years

FEED = FEEDS["twse_holidays"]
YEAR = date(2022, 1, 1)

NEW_YEAR = ["2022-01-01", "中華民國開國紀念日", "依規定放假1日。"]
FIRST_SESSION = ["2022-01-03", "國曆新年開始交易日", "國曆新年開始交易。"]
LAST_SESSION = ["2022-01-26", "農曆春節前最後交易日", "農曆春節前最後交易。"]
SETTLEMENT = ["2022-01-27", "農曆春節前最後交易日", "1月27日市場無交易，僅辦理結算交割作業。"]
SUBSTITUTE = [
    "2022-02-04",
    "農曆春節",
    "2月4日（星期五）調整放假，於1月22日（星期六）補行上班，但不交易亦不交割。",
]
NATIONAL_DAY = ["2022-10-10", "國慶日", "依規定放假1日。"]


def schedule(*days: list[str], **replaced: object) -> bytes:
    answer = {
        "stat": "ok",
        "queryYear": 111,
        "fields": ["日期", "名稱", "說明"],
        "data": [*days, NATIONAL_DAY],
        "total": len(days) + 1,
    }
    return json.dumps(answer | replaced, ensure_ascii=False).encode()


def assert_refused(body: bytes, state: State, *words: str, year: date = YEAR) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(FEED, body, year)
    refusal = caught.value
    assert refusal.state == state, refusal
    assert [word for word in ("holidaySchedule_", *words) if word not in refusal.reason] == []


@pytest.fixture
def real(samples: Path) -> bytes:
    return (samples / "twse/holidaySchedule_111.csv").read_bytes()


def as_json(body: bytes) -> bytes:
    """The real schedule as the JSON of the same days would say it."""
    rows = list(csv.reader(io.StringIO(body.decode("cp950"))))[2:]
    days = []
    for name, text, _, description, _ in rows:
        month, day = text.removesuffix("日").split("月")
        days.append([f"2022-{int(month):02}-{int(day):02}", name, description])
    return schedule(data=days, total=len(days))


def test_the_real_schedule_is_accepted_whole(real: bytes) -> None:
    assert "holidaySchedule_111.csv" in FEED.names(YEAR)
    accepted(FEED, real, YEAR)
    rows = decoded(FEED, real, YEAR)
    assert rows.schema == pa.schema(
        [(column.name, pa.type_for_alias(ARROW[column.type])) for column in FEED.table.columns]
    )
    assert rows.column("line").to_pylist() == list(range(3, 23))
    assert rows.slice(3, 1).to_pylist() == [
        {
            "session_date": YEAR,
            "line": 6,
            "name": "農曆春節前最後交易日",
            "date": "1月27日",
            "weekday": "四",
            "description": "1月27日市場無交易，僅辦理結算交割作業。",
            "note": "*",
            "text": None,
            "document": DIGEST,
        }
    ]


@pytest.mark.parametrize("form", [bytes, as_json])
def test_the_weekdays_that_2022_did_not_close_are_its_sessions(
    real: bytes, form: type[bytes]
) -> None:
    rows = decoded(FEED, form(real), YEAR).to_pylist()
    closed = closures(rows)
    days = (YEAR + timedelta(days=n) for n in range(365))
    sessions = [day for day in days if day.weekday() < 5 and day not in closed]
    assert len(sessions) == 246
    assert sessions == calendars.trading_days("XTAI").sessions(YEAR, date(2022, 12, 31))
    assert {day: listed.kind for day, listed in closed.items() if listed.kind != "closed"} == {
        date(2022, 1, 27): "settlement_only",
        date(2022, 1, 28): "settlement_only",
    }


def test_json_is_read_by_name() -> None:
    body = schedule(NEW_YEAR, FIRST_SESSION, LAST_SESSION, SETTLEMENT, SUBSTITUTE)
    accepted(FEED, body, YEAR)
    rows = decoded(FEED, body, YEAR).to_pylist()
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert {(row["weekday"], row["note"], row["text"]) for row in rows} == {(None, None, None)}
    # The first and the last day of trading are listed, and open.
    assert [(listed.day.day, listed.kind) for listed in closures(rows).values()] == [
        (1, "closed"),
        (27, "settlement_only"),
        (4, "closed"),
        (10, "closed"),
    ]
    turned = json.loads(body)
    turned["fields"] = turned["fields"][::-1]
    turned["data"] = [day[::-1] for day in turned["data"]]
    assert decoded(FEED, json.dumps(turned).encode(), YEAR).to_pylist() == rows


@pytest.mark.parametrize(
    ("body", "state", "words"),
    [
        (schedule(queryYear=112), "refused", ("the year '112'", "expected 111")),
        (schedule(queryYear=None), "refused", ("the year 'None'",)),
        (schedule(["2023-01-01", "x", "y"]), "refused", ("row 1 is of 2023-01-01",)),
        (schedule(["soon", "x", "y"]), "refused", ("row 1 has the date 'soon'",)),
        (schedule(["2022-02-30", "x", "y"]), "refused", ("row 1 has the date '2022-02-30'",)),
        (schedule(total=2), "refused", ("total of 2", "1 rows")),
        (schedule(data=[NEW_YEAR]), "refused", ("cut off", "2022-01-01", "National Day")),
        (schedule(data=[], total=0), "missing", ("no day",)),
        (schedule(fields=["日期", "名稱", "備註"]), "refused", ("column 說明",)),
        (schedule(["2022-01-01", "x"]), "refused", ("row 1 of data has 2 cells, expected 3",)),
        (schedule(stat="很抱歉，沒有符合條件的資料!"), "missing", ("stat",)),
        (schedule()[:-1], "blocked", ("no readable JSON",)),
        (b"<html><title>SECURITY</title></html>", "blocked", ("HTML page",)),
        (b"", "missing", ("shorter than title and header",)),
    ],
)
def test_what_is_no_schedule_of_the_year(body: bytes, state: State, words: tuple[str, ...]) -> None:
    assert_refused(body, state, *words)


def test_a_real_schedule_of_another_year_is_refused(real: bytes) -> None:
    assert_refused(real, "refused", "'111'", "expected 112", year=date(2023, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("說明,", "注解,", ("column 說明",)),
        ('"1月3日"', '"1月0日"', ("row 4", "'1月0日'")),
        ('"一"', '"一","x"', ("line 4 has 6 cells, expected 5",)),
        ('"一"', '"一', ("line 4 does not split",)),
    ],
)
def test_a_line_that_cannot_be_read_is_named(
    real: bytes, old: str, new: str, words: tuple[str, ...]
) -> None:
    text = real.decode("cp950").replace(old, new, 1)
    assert_refused(text.encode("cp950"), "refused", *words)


def test_another_encoding_is_refused(real: bytes) -> None:
    assert_refused(real.decode("cp950").encode("utf-8"), "refused", "line 1")


def test_a_schedule_that_is_cut_off_is_refused_wherever_it_ends(real: bytes) -> None:
    whole = decoded(FEED, real, YEAR)
    for end in range(len(real)):
        with pytest.raises(Refusal):
            accepted(FEED, real[:end], YEAR)
    assert whole.num_rows == 20


def test_a_schedule_is_asked_for_by_year() -> None:
    assert FEED.timeline == Years()
    assert FEED.names(YEAR) == ("holidaySchedule_111.json", "holidaySchedule_111.csv")
    assert FEED.request(YEAR) == Request(
        "/rwd/zh/holidaySchedule/holidaySchedule?response=json&date=20220101"
    )


def test_the_end_of_file_of_ms_dos_is_no_day(real: bytes) -> None:
    assert decoded(FEED, real + b"\x1a", YEAR).equals(decoded(FEED, real, YEAR))
