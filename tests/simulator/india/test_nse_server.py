"""The publishers over real HTTP: paths, times of publication, and whom they refuse."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from indextracker_simulator.faults import Faults
from indextracker_simulator.india.calendar import INDIA
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.lists import listed_csv, members_csv, symbol_changes_csv
from indextracker_simulator.india.notices import actions_json, holidays_json
from indextracker_simulator.india.snapshots import frozen_json
from indextracker_simulator.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.faults import FaultKind
    from indextracker_simulator.india.exchange import DocumentKind

FULL = "/products/content/sec_bhavdata_full_{:%d%m%Y}.csv"
UDIFF = "/content/cm/BhavCopy_NSE_CM_0_0_0_{:%Y%m%d}_F_0000.csv.zip"
HOLIDAYS = "/api/holiday-master?type=trading&year={}"
BROWSER = {"User-Agent": "Mozilla/5.0", "Referer": "https://www.nseindia.com/"}


class Client:
    """Asks one exchange, by a clock that can be set."""

    def __init__(self, exchange: Exchange, faults: Faults | None = None) -> None:
        self.exchange = exchange
        self.faults = faults

    def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        with (
            serving(self.exchange, faults=self.faults) as url,
            requests.Session() as session,
        ):
            session.trust_env = False
            session.headers.clear()
            return session.get(url + path, headers=BROWSER if headers is None else headers)

    def dated(self, day: date) -> str | None:
        """The date inside the full bhavcopy that has the name of a day, None without one."""
        answer = self.get(FULL.format(day))
        if answer.status_code == 404:
            assert answer.headers["Content-Type"].startswith("text/html")
            return None
        assert answer.status_code == 200
        return answer.text.splitlines()[1].split(", ")[2]


@pytest.fixture(scope="module")
def client(exchange: Exchange) -> Client:
    return Client(exchange)


@pytest.fixture
def moments() -> list[datetime]:
    return [datetime(2024, 11, 1, 18, 29, tzinfo=INDIA)]


@pytest.fixture
def moved(exchange: Exchange, moments: list[datetime]) -> Iterator[Client]:
    clock, exchange.clock = exchange.clock, lambda: moments[0]
    yield Client(exchange)
    exchange.clock = clock


@pytest.mark.parametrize(
    ("kind", "day", "path"),
    [
        ("legacy", "2021-11-04", "/content/historical/EQUITIES/2021/NOV/cm04NOV2021bhav.csv.zip"),
        ("udiff", "2025-08-29", "/content/cm/BhavCopy_NSE_CM_0_0_0_20250829_F_0000.csv.zip"),
        ("full", "2025-08-29", "/products/content/sec_bhavdata_full_29082025.csv"),
        ("report", "2025-12-16", "/archives/equities/bhavcopy/pr/PR161225.zip"),
        ("index_closes", "2025-12-16", "/content/indices/ind_close_all_16122025.csv"),
    ],
)
def test_each_document_lies_at_its_path(
    client: Client, exchange: Exchange, kind: DocumentKind, day: str, path: str
) -> None:
    published = exchange.published(kind, date.fromisoformat(day))
    answer = client.get(path)
    assert published is not None
    assert (answer.status_code, answer.content) == (200, published.body)


def test_lists_of_today_lie_at_their_paths(client: Client, exchange: Exchange) -> None:
    for path, made in (
        (
            "/content/equities/symbolchange.csv",
            symbol_changes_csv(exchange.instruments, exchange.today),
        ),
        ("/content/equities/EQUITY_L.csv", listed_csv(exchange.instruments, exchange.today)),
        (
            "/content/indices/ind_nifty500list.csv",
            members_csv(exchange.instruments, exchange.today),
        ),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.content) == (200, made)
        assert answer.headers["Content-Type"] == "text/csv"


def test_actions_are_asked_for_by_days(client: Client, exchange: Exchange) -> None:
    path = "/api/corporates-corporateActions?index=equities&from_date={}&to_date={}"
    answer = client.get(path.format("01-12-2025", "31-12-2025"))
    assert answer.content == actions_json(
        exchange.instruments, date(2025, 12, 1), date(2025, 12, 31)
    )
    for days in (("2025-12-01", "2025-12-31"), ("32-12-2025", "31-12-2025")):
        assert client.get(path.format(*days)).json() == []
    assert (
        client.get(path.format("01-12-2025", "31-12-2025"), {"User-Agent": "x"}).status_code == 403
    )


@pytest.mark.parametrize(
    "path",
    [
        "/content/historical/EQUITIES/2021/Nov/cm04NOV2021bhav.csv.zip",
        "/content/historical/EQUITIES/2020/NOV/cm04NOV2021bhav.csv.zip",
        "/content/historical/EQUITIES/2024/JUL/cm08JUL2024bhav.csv.zip",  # no longer made
        "/content/cm/BhavCopy_NSE_CM_0_0_0_20231229_F_0000.csv.zip",  # not made yet
        "/content/cm/BhavCopy_NSE_CM_0_0_0_20240126_F_0000.csv.zip",  # a holiday
        "/content/cm/BhavCopy_NSE_CM_0_0_0_20241341_F_0000.csv.zip",
        "/archives/equities/bhavcopy/pr/PR220124.zip",  # a holiday
        "/content/indices/ind_close_all_22012024.csv",
        "/products/content/sec_bhavdata_full_27092019.csv",  # not made yet
        "/products/content/sec_bhavdata_full_08082022.csv",  # never made
        "/products/content/sec_bhavdata_full_21082026.csv",  # of tonight
    ],
)
def test_what_is_not_there_is_a_page_with_status_404(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.content.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("named", "inside"),
    [
        ("2024-01-25", "25-Jan-2024"),
        ("2024-01-26", "25-Jan-2024"),  # Republic Day, a Friday
        ("2024-01-27", None),  # a Saturday
        ("2024-01-28", "25-Jan-2024"),  # a Sunday
        ("2024-01-20", "20-Jan-2024"),  # a Saturday that traded
        ("2021-11-03", "03-Nov-2021"),
        ("2021-11-04", "03-Nov-2021"),  # Muhurat, filed a day late
        ("2021-11-05", "04-Nov-2021"),
        ("2021-11-07", "04-Nov-2021"),
        ("2022-08-08", None),
        ("2019-09-29", None),
    ],
)
def test_the_date_inside_the_full_bhavcopy(client: Client, named: str, inside: str | None) -> None:
    assert client.dated(date.fromisoformat(named)) == inside


def test_documents_come_in_the_evening(moved: Client, moments: list[datetime]) -> None:
    day = date(2024, 10, 31)
    moments[0] = datetime(2024, 10, 31, 18, 29, tzinfo=INDIA)
    assert moved.dated(day) is None
    assert moved.get(UDIFF.format(day)).status_code == 404
    moments[0] += timedelta(minutes=1)
    assert moved.dated(day) == "31-Oct-2024"
    answer = moved.get(UDIFF.format(day))
    assert answer.headers["Last-Modified"] == "Thu, 31 Oct 2024 13:00:00 GMT"


def test_half_a_full_bhavcopy_may_come_first() -> None:
    day, now = date(2024, 1, 25), [datetime(2024, 1, 25, 16, 59, tzinfo=INDIA)]
    client = Client(Exchange(clock=lambda: now[0], early=True, unreadable=False))
    path = FULL.format(day)
    assert client.get(path).status_code == 404
    now[0] = datetime(2024, 1, 25, 17, tzinfo=INDIA)
    half = client.get(path).text.splitlines()
    now[0] = datetime(2024, 1, 25, 18, 30, tzinfo=INDIA)
    whole = client.get(path).text.splitlines()
    assert set(half) < set(whole)
    assert 20 < len(half) < len(whole) - 20
    assert client.get(UDIFF.format(day)).status_code == 200


def test_documents_may_come_a_day_late() -> None:
    day, now = date(2023, 10, 26), [datetime(2023, 10, 27, 18, 29, tzinfo=INDIA)]
    client = Client(Exchange(clock=lambda: now[0], delays={day: timedelta(days=1)}))
    assert [client.dated(day), client.dated(date(2023, 10, 25))] == [None, "25-Oct-2023"]
    now[0] += timedelta(minutes=1)
    assert client.dated(day) == "26-Oct-2023"


def test_after_an_evening_session_they_come_late(moved: Client, moments: list[datetime]) -> None:
    day = date(2024, 11, 1)
    moments[0] = datetime(2024, 11, 1, 20, 59, tzinfo=INDIA)
    assert moved.dated(day) is None
    moments[0] += timedelta(minutes=1)
    assert moved.dated(day) == "01-Nov-2024"


def test_a_holiday_is_answered_from_its_evening_on(moved: Client, moments: list[datetime]) -> None:
    moments[0] = datetime(2024, 1, 26, 18, 29, tzinfo=INDIA)
    assert moved.dated(date(2024, 1, 26)) is None
    moments[0] += timedelta(minutes=1)
    assert moved.dated(date(2024, 1, 26)) == "25-Jan-2024"


CALLED_OFF, BEFORE, AFTER = (date(2024, 2, day) for day in (13, 12, 14))
NOON = datetime(2024, 2, 13, 12, tzinfo=INDIA)


@pytest.fixture(scope="module")
def closed() -> Client:
    now = datetime(2024, 2, 15, 12, tzinfo=INDIA)
    return Client(Exchange(clock=lambda: now, called_off=[CALLED_OFF]))


def test_a_session_that_is_called_off_leaves_no_document(closed: Client) -> None:
    assert [closed.dated(day) for day in (BEFORE, CALLED_OFF, AFTER)] == [
        "12-Feb-2024",
        "12-Feb-2024",
        "14-Feb-2024",
    ]
    for path in (UDIFF, "/archives/equities/bhavcopy/pr/PR{:%d%m%y}.zip"):
        assert closed.get(path.format(BEFORE)).status_code == 200
        assert closed.get(path.format(CALLED_OFF)).status_code == 404
    entries = json.loads(frozen_json(closed.exchange.instruments, closed.exchange.seed, NOON))
    assert max(entry["lastUpdateTime"] for entry in entries) == "12-Feb-2024 16:00:00"


def test_prices_go_on_after_a_session_that_is_called_off(
    closed: Client, exchange: Exchange
) -> None:
    """The next previous close is the last one that was printed, and all others are as ever."""
    last, after, usual = (
        {row.number: row for row in one.rows(day) if not row.beside}
        for one, day in ((closed.exchange, BEFORE), (closed.exchange, AFTER), (exchange, AFTER))
    )
    assert {key: row.close for key, row in after.items()} == {
        key: row.close for key, row in usual.items()
    }
    common = [key for key in after if key in last]
    assert len(common) > 40
    assert [after[key].previous for key in common] == [last[key].close for key in common]
    earlier, later = closed.exchange.levels(BEFORE), closed.exchange.levels(AFTER)
    assert [level.previous for level in later] == [level.close for level in earlier]


def test_a_session_that_is_called_off_is_a_holiday_from_the_day_before(closed: Client) -> None:
    def listed(day: date) -> bool:
        entries = json.loads(holidays_json(2024, day, [CALLED_OFF]))["CM"]
        return "13-Feb-2024" in [entry["tradingDate"] for entry in entries]

    assert [listed(BEFORE - timedelta(days=1)), listed(BEFORE)] == [False, True]
    assert "13-Feb-2024" in closed.get(HOLIDAYS.format(2024)).text


def test_only_a_session_can_be_called_off() -> None:
    with pytest.raises(ValueError, match="2024-01-26 is no session"):
        Exchange(called_off=[date(2024, 1, 26)])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"User-Agent": "curl/8.5.0"}, 403),
        ({"User-Agent": "python-requests/2.32"}, 403),
        ({"User-Agent": "indextracker/1.0"}, 200),
        ({"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}, 200),
    ],
)
def test_tools_that_say_no_name_of_their_own_are_refused(
    client: Client, headers: dict[str, str], status: int
) -> None:
    answer = client.get(FULL.format(date(2024, 1, 25)), headers | {"Accept": "*/*"})
    assert answer.status_code == status
    assert ("Access Denied" in answer.text) == (status == 403)


def test_an_exchange_may_want_browsers() -> None:
    now = datetime(2024, 2, 1, 12, tzinfo=INDIA)
    strict = Client(Exchange(clock=lambda: now, browsers_only=True))
    path = FULL.format(date(2024, 1, 25))
    assert strict.get(path, {"User-Agent": "indextracker/1.0"}).status_code == 403
    assert strict.get(path).status_code == 200


def test_the_interface_wants_to_be_called_from_the_site(client: Client) -> None:
    path = HOLIDAYS.format(2024)
    assert client.get(path, {"User-Agent": "Mozilla/5.0"}).status_code == 403
    answer = client.get(path)
    assert answer.headers["Content-Type"].startswith("application/json")
    days = [entry["tradingDate"] for entry in json.loads(answer.content)["CM"]]
    assert "20-May-2024" in days
    assert client.get(HOLIDAYS.format("x")).status_code == 404
    assert client.get("/api/holiday-master").status_code == 404


@pytest.mark.parametrize("kind", ["html", "truncate", "corrupt", "rename", "second", "huge"])
def test_faults_befall_a_zip(exchange: Exchange, kind: FaultKind) -> None:
    path = "/content/historical/EQUITIES/2021/NOV/cm04NOV2021bhav.csv.zip"
    right = Client(exchange).get(path).content
    for seed in range(8):
        faulty = Client(exchange, Faults(seed, {kind: 1}))
        assert faulty.get(path).content != right


def test_a_csv_ends_in_the_middle_of_a_line(exchange: Exchange) -> None:
    path = FULL.format(date(2024, 1, 25))
    right = Client(exchange).get(path).content
    for seed in range(8):
        cut = Client(exchange, Faults(seed, {"truncate": 1})).get(path).content
        assert right.startswith(cut)
        header, *lines = cut.decode().splitlines()
        cells = [len(line.split(",")) for line in lines]
        assert cells[-1] < 15 == len(header.split(","))
        assert set(cells[:-1]) <= {15}


def test_a_stale_answer_is_that_of_the_session_before(exchange: Exchange) -> None:
    stale = Client(exchange, Faults(1, {"stale": 1}))
    assert stale.dated(date(2024, 1, 29)) == "25-Jan-2024"
    assert stale.dated(date(2019, 9, 30)) == "30-Sep-2019"  # there was none before
