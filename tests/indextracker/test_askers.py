"""For whom a request is, and of whose page, as browsers say it."""

import pytest

from indextracker.askers import turned

HERE = "127.0.0.1:8050"
OPENED = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, None),
        ("POST", {}, None),
        ("POST", {"Origin": f"http://{HERE}", "Sec-Fetch-Site": "same-origin"}, None),
        ("GET", {"Sec-Fetch-Site": "none", **OPENED}, None),
        ("GET", {"Sec-Fetch-Site": "cross-site", **OPENED}, None),
        ("POST", {"Sec-Fetch-Site": "cross-site", **OPENED}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site", **OPENED, "Sec-Fetch-Dest": "iframe"}, 403),
        ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403),
        ("GET", {"Origin": "http://127.0.0.1:3000"}, 403),
        ("GET", {"Origin": "null"}, 403),
        ("GET", {"Host": ""}, 421),
        ("GET", {"Host": "evil.example"}, 421),
        ("GET", {"Host": "127.0.0.1.evil.example:80"}, 421),
        ("GET", {"Host": "charts.example.org"}, None),
        ("GET", {"Host": "LOCALHOST:80"}, None),
        ("GET", {"Host": "[::1]:80"}, None),
    ],
)
def test_what_is_answered(method: str, headers: dict[str, str], status: int | None) -> None:
    found = turned(method, ({"Host": HERE} | headers).get, {"charts.example.org"})
    assert (found.status if found else None) == status
