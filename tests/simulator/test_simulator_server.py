from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from indextracker_simulator.server import ExchangeServer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.exchange import Exchange

TICKS = "/file/taifex/Dailydownload/DailydownloadCSV/Daily_{}.zip"
TOTALS = "/file/taifex/Dailydownload/DailydownloadCSV_B/Daily_{}_B.zip"
INDEX = "/rwd/zh/TAIEX/MI_5MINS_INDEX?date={}&response={}"


@pytest.fixture(scope="module")
def base(exchange: Exchange) -> Iterator[str]:
    with serving(exchange) as url:
        yield url


def _get(url: str) -> tuple[str, bytes]:
    with urlopen(url, timeout=10) as response:
        assert response.status == 200
        return response.headers.get_content_type(), response.read()


@pytest.mark.parametrize(
    ("path", "content_type", "start"),
    [
        (TICKS.format("2024_12_13"), "application/zip", b"PK\x03\x04"),
        (TOTALS.format("2024_12_13"), "application/zip", b"PK\x03\x04"),
        (INDEX.format("20241213", "json"), "application/json", b'{"stat":"OK","date":"20241213"'),
        (INDEX.format("20241213", "csv"), "text/csv", '"113年12月13日'.encode("cp950")),
        (
            "/rwd/zh/TAIEX/MI_5MINS_INDEX?response=json&date=20241213",
            "application/json",
            b'{"stat":"OK"',
        ),
    ],
)
def test_documents(base: str, path: str, content_type: str, start: bytes) -> None:
    answered, body = _get(base + path)
    assert answered == content_type
    assert body.startswith(start)


@pytest.mark.parametrize("day", ["2024_12_14", "2024_10_31", "2025_06_03", "2024_13_45"])
@pytest.mark.parametrize("path", [TICKS, TOTALS])
def test_no_tick_file_is_a_page(base: str, path: str, day: str) -> None:
    content_type, body = _get(base + path.format(day))
    assert content_type == "text/html"
    assert 'alert("查無資料")' in body.decode()


@pytest.mark.parametrize("day", ["20241214", "20241031", "20250603", "never"])
def test_no_index_report(base: str, day: str) -> None:
    refusal = '{"stat":"很抱歉，沒有符合條件的資料!","total":0}'
    assert _get(base + INDEX.format(day, "json"))[1].decode() == refusal
    assert _get(base + INDEX.format(day, "csv"))[1] == b""


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/file/taifex/Dailydownload/DailydownloadCSV/Daily_2024_12_13_B.zip",
        "/file/taifex/Dailydownload/DailydownloadCSV_B/Daily_2024_12_13.zip",
        "/file/taifex/Dailydownload/DailydownloadCSV/Daily_20241213.zip",
        "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241213",
        "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241213&response=html",
    ],
)
def test_anything_else_is_not_found(base: str, path: str) -> None:
    with pytest.raises(HTTPError, match="404"):
        urlopen(base + path, timeout=10)


def test_one_connection_serves_many_requests(base: str) -> None:
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
    for _ in range(2):
        connection.request("GET", TOTALS.format("2024_12_13"))
        assert connection.getresponse().read()[:2] == b"PK"
    connection.close()


def test_it_listens_on_the_loopback_alone(exchange: Exchange) -> None:
    with ExchangeServer(exchange) as server:
        assert server.socket.getsockname()[0] == "127.0.0.1"


def test_serving_ends_with_its_block(exchange: Exchange) -> None:
    with serving(exchange) as url:
        host, port = url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=2)


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


def test_the_command_says_where_it_listens(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    url = line.removeprefix("listening on ").strip()
    assert _get(url + TOTALS.format("2024_12_13"))[1].startswith(b"PK")
    output, errors = process.communicate(timeout=10)  # closes standard input
    assert (process.returncode, output, errors) == (0, "", "")


def test_an_interrupt_ends_it_quietly(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
