"""The publishers' paths, forms, levels and rates, over real HTTP."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
import requests

from indextracker_simulator.__main__ import main
from indextracker_simulator.answers import HTML, Answer, Question
from indextracker_simulator.server import ExchangeServer, serving
from indextracker_simulator.taiwan.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = "/file/taifex/Dailydownload/"
TICKS = FILES + "DailydownloadCSV/Daily_{}.zip"
TOTALS = FILES + "DailydownloadCSV_B/Daily_{}_B.zip"
COMBINATION = FILES + "DailydownloadCSV_C/Daily_{}_C.zip"
OPTIONS = FILES + "OptionsDailydownloadCSV/OptionsDaily_{}.zip"
INDEX = "/rwd/zh/TAIEX/MI_5MINS_INDEX?date={}&response={}"
HOLIDAYS = "/rwd/zh/holidaySchedule/holidaySchedule?response=json&date={}0101"
ETF = "/api/v4/data?dataset=TaiwanStockPriceTick&data_id=006204&start_date={}"
FORM = "/cht/3/futDataDown"
LISTS = (
    "/cht/3/dlFutPrevious30DaysSalesData",
    "/cht/3/dlFutPrevious30DaysSpreadSalesData",
    "/cht/3/dlFutPrevious30DaysSpreadOrdersReport",
    "/cht/3/optPrevious30DaysSalesData",
)

DAY = date(2024, 12, 13)


@pytest.fixture(scope="module")
def base(exchange: Exchange) -> Iterator[str]:
    with serving(exchange) as url:
        yield url


@pytest.fixture(scope="module")
def http_session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def _document(answer: requests.Response, content_type: str) -> bytes:
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, content_type)
    return answer.content


def _says(page: bytes) -> str:
    found = re.search(r'alert\("([^"]+)"\)', page.decode())
    assert found is not None
    return found[1]


def _form(day: str, **changed: str) -> dict[str, str]:
    fields = {"down_type": "1", "commodity_id": "all", "queryStartDate": day, "queryEndDate": day}
    return fields | changed


@pytest.mark.parametrize(
    ("path", "content_type", "start"),
    [
        (TICKS.format("2024_12_13"), "application/zip", b"PK\x03\x04"),
        (COMBINATION.format("2024_12_13"), "application/zip", b"PK\x03\x04"),
        (TOTALS.format("2024_12_13"), "application/zip", b"PK\x03\x04"),
        (OPTIONS.format("2024_12_13"), "application/zip", b"PK\x03\x04"),
        (INDEX.format("20241213", "json"), "application/json", b'{"stat":"OK","date":"20241213"'),
        (INDEX.format("20241213", "csv"), "text/csv", '"113年12月13日'.encode("cp950")),
        (
            "/rwd/zh/TAIEX/MI_5MINS_INDEX?response=json&date=20241213",
            "application/json",
            b'{"stat":"OK"',
        ),
        (HOLIDAYS.format(2022), "application/json", b'{"stat":"ok","queryYear":111,'),
        (ETF.format("2024-12-13"), "application/json", b'{"msg":"success","status":200,"data":[{'),
    ],
)
def test_documents(
    base: str, http_session: requests.Session, path: str, content_type: str, start: bytes
) -> None:
    assert _document(http_session.get(base + path), content_type).startswith(start)


def test_a_document_is_the_sessions(
    base: str, http_session: requests.Session, exchange: Exchange
) -> None:
    body = http_session.get(base + COMBINATION.format("2024_12_13")).content
    assert body == exchange.session(DAY).document("combination")


def test_a_file_says_when_it_was_published(base: str, http_session: requests.Session) -> None:
    answer = http_session.get(base + TICKS.format("2024_12_13"))
    published_at = parsedate_to_datetime(answer.headers["Last-Modified"])
    page = http_session.get(base + LISTS[0]).text
    row = re.search(r"2024/12/13 PM 04:(\d\d):(\d\d)</td><td[^>]*>2024/12/13", page)
    assert row is not None
    assert published_at == datetime(2024, 12, 13, 8, int(row[1]), int(row[2]), tzinfo=UTC)


@pytest.mark.parametrize("page", LISTS)
def test_the_links_of_a_list_lead_to_files(
    base: str, http_session: requests.Session, page: str
) -> None:
    text = _document(http_session.get(base + page), "text/html").decode()
    assert text.rstrip().endswith("</html>")
    links = re.findall(
        r"onClick=\"javascript:window\.open\('https://www\.taifex\.com\.tw(/[^']+)'\)", text
    )
    assert links
    for link in links[:2]:
        assert _document(http_session.get(base + link), "application/zip").startswith(b"PK")


@pytest.mark.parametrize("day", ["2024_12_14", "2024_10_31", "2025_06_05", "2024_13_45"])
@pytest.mark.parametrize("path", [TICKS, TOTALS, COMBINATION, OPTIONS])
def test_no_tick_file_is_a_page(
    base: str, http_session: requests.Session, samples: Path, path: str, day: str
) -> None:
    body = _document(http_session.get(base + path.format(day)), "text/html")
    assert _says(body) == _says((samples / "taifex/no-data.html").read_bytes())


def test_no_tick_file_may_be_not_found(http_session: requests.Session) -> None:
    with serving(Exchange(missing_status=404)) as url:
        assert http_session.get(url + TICKS.format("2024_12_14")).status_code == 404
        assert http_session.get(url + INDEX.format("20241214", "json")).status_code == 200


@pytest.mark.parametrize("day", ["20241214", "20241031", "20250603", "never"])
def test_no_index_report(
    base: str, http_session: requests.Session, samples: Path, day: str
) -> None:
    refusal = (samples / "twse/MI_5MINS_INDEX_no-data.json").read_bytes()
    assert http_session.get(base + INDEX.format(day, "json")).content == refusal
    assert http_session.get(base + INDEX.format(day, "csv")).content == b""


def test_the_schedule_has_the_form_of_a_report(base: str, http_session: requests.Session) -> None:
    schedule = http_session.get(base + HOLIDAYS.format(2024)).json()
    assert schedule["fields"] == ["日期", "名稱", "說明"]
    assert schedule["data"][:2] == [
        ["2024-01-01", "中華民國開國紀念日", "依規定放假1日。"],
        ["2024-01-02", "國曆新年開始交易日", "國曆新年開始交易。"],
    ]
    assert schedule["total"] == len(schedule["data"])
    for year in ("2050", "1999", "never"):
        assert http_session.get(base + HOLIDAYS.format(year)).json()["stat"] != "ok"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241213",
        "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241213&response=html",
        "/rwd/zh/holidaySchedule/holidaySchedule?date=20240101",
        "/cht/3/futDataDownload",
    ],
)
def test_anything_else_is_not_found(base: str, http_session: requests.Session, path: str) -> None:
    assert http_session.get(base + path).status_code == 404
    assert http_session.post(base + path).status_code == 404


# Daily report


@pytest.mark.parametrize("form", ["/cht/3/futDataDown", "/cht/3/optDataDown"])
def test_a_form_answers_with_the_report(
    base: str, http_session: requests.Session, form: str
) -> None:
    report = http_session.post(base + form, data=_form("2024/12/13"))
    header, *lines = _document(report, "text/csv").decode("cp950").splitlines()
    assert header.startswith("交易日期,契約,到期月份(週別),")
    rows = [line.split(",") for line in lines]
    assert {row[0] for row in rows} == {"2024/12/13"}
    # A few lines are too short to be read.
    assert {row[17] for row in rows if len(row) > 17} == {"一般", "盤後"}


@pytest.mark.parametrize("day", ["2024/12/14", "2024/10/31", "2025/06/03"])
def test_a_day_without_a_report_has_its_header(
    base: str, http_session: requests.Session, samples: Path, day: str
) -> None:
    real = (samples / "taifex/daily-report/futures_no_data.csv").read_bytes()
    assert http_session.post(base + FORM, data=_form(day)).content == real


@pytest.mark.parametrize(
    "fields",
    [
        _form("2024/13/45"),
        _form("2024-12-13"),
        _form("2024/12/13", queryEndDate="2024/12/16"),
        _form("2024/12/13", commodity_id="TX"),
        {},
    ],
)
def test_a_question_that_no_form_understands(
    base: str, http_session: requests.Session, samples: Path, fields: dict[str, str]
) -> None:
    body = _document(http_session.post(base + FORM, data=fields), "text/html")
    assert _says(body) == _says((samples / "taifex/datetime-error.html").read_bytes())


def test_a_form_that_is_asked_for_is_a_page(base: str, http_session: requests.Session) -> None:
    assert b"queryStartDate" in _document(http_session.get(base + FORM), "text/html")
    assert http_session.post(base + FORM, data={"x": "y" * 5000}).status_code == 413


# Levels, quotas and rates


def _etf_status(http_session: requests.Session, url: str, token: str | None) -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = http_session.get(url + ETF.format("2024-12-13"), headers=headers)
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["msg"]


@pytest.mark.parametrize(
    ("granted", "token", "status"),
    [
        (None, None, 200),
        (None, "any", 200),
        ("secret", "secret", 200),
        ("secret", "other", 400),
        ("secret", None, 400),
        ("", None, 400),
        ("", "any", 400),
    ],
)
def test_etf_trades_want_their_token(
    http_session: requests.Session, granted: str | None, token: str | None, status: int
) -> None:
    with serving(Exchange(etf_token=granted)) as url:
        answered, message = _etf_status(http_session, url, token)
    assert answered == status
    assert message.startswith("success" if status == 200 else "Your level is register")


def test_etf_trades_of_no_session(base: str, http_session: requests.Session, samples: Path) -> None:
    real = json.loads(
        (samples / "finmind/TaiwanStockPriceTick_006204_2021-09-22.json").read_bytes()
    )
    for path in (ETF.format("2024-12-14"), ETF.format("2025-06-03"), ETF.format("never")):
        assert http_session.get(base + path).json() == {**real, "data": []}
    other = ETF.format("2024-12-13").replace("006204", "0050")
    assert http_session.get(base + other).json()["data"] == []


class Ticks:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_firewall_closes_to_who_asks_too_fast(http_session: requests.Session) -> None:
    ticks = Ticks()
    paths = [INDEX.format("20241214", "json"), HOLIDAYS.format(2024)]
    with serving(Exchange(enforce_rates=True, ticks=ticks)) as url:
        for request in range(3):
            assert "stat" in http_session.get(url + paths[request % 2]).json()
        page = _document(http_session.get(url + paths[0]), "text/html")
        assert b"FOR SECURITY REASONS, THIS PAGE CAN NOT BE ACCESSED" in page
        assert 700 < len(page) < 900
        assert http_session.get(url + TICKS.format("2024_12_14")).status_code == 200
        ticks.now += 5
        assert "stat" in http_session.get(url + paths[0]).json()


def test_rates_are_free_unless_enforced(http_session: requests.Session) -> None:
    with serving(Exchange(etf_requests_an_hour=1)) as url:
        for _ in range(6):
            assert "stat" in http_session.get(url + INDEX.format("20241214", "json")).json()
            assert http_session.get(url + ETF.format("2024-12-14")).status_code == 200


def test_quota_and_ban(http_session: requests.Session) -> None:
    ticks = Ticks()
    exchange = Exchange(enforce_rates=True, etf_requests_an_hour=2, ticks=ticks, etf_token="secret")
    with serving(exchange) as url:
        for _ in range(2):
            assert _etf_status(http_session, url, "secret")[0] == 200
        for _ in range(10):
            assert _etf_status(http_session, url, "secret") == (
                402,
                "Requests reach the upper limit.",
            )
        assert _etf_status(http_session, url, "secret") == (403, "ip banned")
        ticks.now += 1801
        assert _etf_status(http_session, url, "secret")[0] == 402
        ticks.now += 1801
        assert _etf_status(http_session, url, "secret")[0] == 200


def test_an_unknown_dataset(base: str, http_session: requests.Session) -> None:
    answer = http_session.get(base + ETF.format("2024-12-13").replace("PriceTick", "Nothing"))
    assert (answer.status_code, answer.json()["status"]) == (422, 422)


# The server


def test_one_connection_serves_many_requests(base: str) -> None:
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
    for _ in range(2):
        connection.request("GET", TOTALS.format("2024_12_13"))
        assert connection.getresponse().read()[:2] == b"PK"
    connection.close()


def test_the_journal_tells_what_was_asked(
    exchange: Exchange, http_session: requests.Session
) -> None:
    with ExchangeServer(exchange).in_background() as server:
        http_session.get(server.url + TICKS.format("2024_12_14"))
        http_session.post(server.url + FORM, data=_form("2024/12/14"))
        http_session.get(server.url + "/nowhere", headers={"Authorization": "Bearer secret"})
    form = (
        f"{FORM}?down_type=1&commodity_id=all"
        "&queryStartDate=2024%2F12%2F14&queryEndDate=2024%2F12%2F14"
    )
    assert server.journal == [
        (TICKS.format("2024_12_14"), 200, None),
        (form, 200, None),
        ("/nowhere", 404, None),
    ]


def test_one_address_serves_several_exchanges(
    exchange: Exchange, http_session: requests.Session
) -> None:
    class Harbour:
        def answer(self, question: Question) -> Answer | None:
            return Answer(200, HTML, b"high water") if question.path == "/tides" else None

    with serving(Harbour(), exchange) as url:
        assert http_session.get(f"{url}/tides").content == b"high water"
        assert http_session.get(url + TOTALS.format("2024_12_13")).content.startswith(b"PK")
        assert http_session.get(f"{url}/berths").status_code == 404


def test_it_listens_on_the_loopback_alone(exchange: Exchange) -> None:
    with ExchangeServer(exchange) as server:
        assert server.socket.getsockname()[0] == "127.0.0.1"


def test_serving_ends_with_its_block(exchange: Exchange) -> None:
    with serving(exchange) as url:
        host, port = url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=2)


def test_a_reader_that_goes_away_is_no_error(
    exchange: Exchange, http_session: requests.Session, capfd: pytest.CaptureFixture[str]
) -> None:
    with ExchangeServer(exchange).in_background() as server:
        host, port = server.server_address[:2]
        path = INDEX.format("20241213", "json")
        for _ in range(3):
            with socket.create_connection((str(host), int(port)), timeout=10) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 2)
        assert http_session.get(server.url + path).status_code == 200
    assert "Traceback" not in capfd.readouterr().err


# The command line


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "indextracker_simulator", "serve", "--exit-with-stdin"]
    with subprocess.Popen(
        command,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as started:
        yield started
        started.kill()


def test_the_command_says_where_it_listens(
    process: subprocess.Popen[str], http_session: requests.Session
) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    url = line.removeprefix("listening on ").strip()
    assert http_session.get(url + TOTALS.format("2024_12_13")).content.startswith(b"PK")
    output, errors = process.communicate(timeout=10)  # closes standard input
    assert (process.returncode, output, errors) == (0, "", "")


def test_an_interrupt_ends_it_quietly(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_the_command_shapes_the_exchange(http_session: requests.Session) -> None:
    arguments = (
        "--now 2024-12-13T18:00+08:00 --window 30 --typhoon 2024-12-12 --typhoon 2024-12-09 "
        "--etf-token secret --fault unavailable=1 --faults-most 1 --verbose"
    )
    command = [sys.executable, "-m", "indextracker_simulator", "serve", "--exit-with-stdin"]
    with subprocess.Popen(
        [*command, *arguments.split()],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as started:
        assert started.stdout is not None
        url = started.stdout.readline().removeprefix("listening on ").strip()
        assert http_session.get(url + LISTS[0]).status_code == 503
        page = http_session.get(url + LISTS[0]).text
        http_session.get(url + ETF.format("2024-12-13"))
        refused = http_session.get(url + ETF.format("2024-12-13"))
        _, errors = started.communicate(timeout=10)
    days = re.findall(r">(\d{4}/\d\d/\d\d)</td>", page)
    assert len(days) == 30
    assert days[:4] == ["2024/12/13", "2024/12/11", "2024/12/10", "2024/12/06"]
    assert refused.status_code == 400
    assert f"fault unavailable befalls {LISTS[0]}" in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--fault flood=0.1", "no fault is called flood"),
        ("--fault drop=0.8 --fault html=0.8", "no shares of one whole"),
        ("--fault drop", "invalid"),
        ("--typhoon 2024-12-14", "2024-12-14 is no session"),
        ("--now yesterday", "invalid"),
        ("--etf-token x --no-etf", "not allowed with"),
    ],
)
def test_the_command_refuses_what_it_does_not_understand(
    arguments: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["serve", *arguments.split()])
    output, errors = capsys.readouterr()
    assert (refused.value.code, output) == (2, "")
    assert words in errors.splitlines()[-1]
