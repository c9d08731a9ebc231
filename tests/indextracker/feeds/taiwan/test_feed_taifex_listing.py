"""TAIFEX's list pages: which sessions, links and times are read, and what makes a page useless."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from indextracker.feeds import FEEDS, Refusal
from indextracker.feeds.model import Listed

PAGE = FEEDS["taifex_futures"].listing
assert PAGE is not None

Page = Callable[..., bytes]

HOST = "https://www.taifex.com.tw"
ROOT = "/file/taifex/Dailydownload"
FRIDAY = (
    "2026/10/09 PM 04:41:42",
    "2026/10/09",
    (
        f"{HOST}{ROOT}/Dailydownload/Daily_2026_10_09.zip",  # the text form, under the same name
        f"{HOST}{ROOT}/DailydownloadCSV/Daily_2026_10_09.zip",
    ),
)
THURSDAY = (
    "2026/10/08 PM 04:40:00",
    "2026/10/08",
    (f"{ROOT}/DailydownloadCSV/Daily_2026_10_08.zip",),
)


def read(body: bytes) -> dict[date, Listed]:
    assert PAGE is not None
    return PAGE.read(body)


def refusal_of(body: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(body)
    assert "dlFutPrevious30DaysSalesData" in caught.value.reason
    return caught.value


def test_links_and_times_are_read(list_page: Page) -> None:
    assert read(list_page(FRIDAY, THURSDAY)) == {
        date(2026, 10, 9): Listed(
            datetime(2026, 10, 9, 8, 41, 42, tzinfo=UTC),
            {"Daily_2026_10_09.zip": f"{ROOT}/DailydownloadCSV/Daily_2026_10_09.zip"},
        ),
        date(2026, 10, 8): Listed(
            datetime(2026, 10, 8, 8, 40, tzinfo=UTC),
            {"Daily_2026_10_08.zip": f"{ROOT}/DailydownloadCSV/Daily_2026_10_08.zip"},
        ),
    }


@pytest.mark.parametrize(
    ("feed", "page"),
    [
        ("taifex_futures", "dlFutPrevious30DaysSalesData"),
        ("taifex_combination_trades", "dlFutPrevious30DaysSpreadSalesData"),
        ("taifex_volume_totals", "dlFutPrevious30DaysSpreadOrdersReport"),
        ("taifex_options", "optPrevious30DaysSalesData"),
    ],
)
def test_each_kind_of_file_has_a_page_of_its_own(list_page: Page, feed: str, page: str) -> None:
    day = date(2026, 10, 9)
    listing = FEEDS[feed].listing
    assert listing is not None
    assert listing.path == f"/cht/3/{page}"
    link = FEEDS[feed].request(day).path
    listed = listing.read(list_page((FRIDAY[0], FRIDAY[1], (link,))))
    assert listed[day].links == {FEEDS[feed].names(day)[0]: link}


@pytest.mark.parametrize(
    ("text", "hour", "minute", "day"),
    [
        ("2026/10/09 AM 05:11:42", 21, 11, 8),
        ("2026/10/09 AM 12:00:42", 16, 0, 8),
        ("2026/10/09 PM 12:30:42", 4, 30, 9),
        ("2026/10/09 PM 11:59:42", 15, 59, 9),
        ("2026/10/09 上午 05:11:42", 21, 11, 8),
        ("2026/10/09 下午 04:41:42", 8, 41, 9),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp950"])
def test_times_are_of_the_twelve_hour_clock_in_taipei(
    list_page: Page, text: str, hour: int, minute: int, day: int, encoding: str
) -> None:
    (listed,) = read(list_page((text, *FRIDAY[1:]), encoding=encoding)).values()
    assert listed.published_at == datetime(2026, 10, day, hour, minute, 42, tzinfo=UTC)


def test_a_session_whose_file_is_not_out_has_no_links(list_page: Page) -> None:
    listed = read(list_page((FRIDAY[0], FRIDAY[1], ()), ("", "2026/10/08", ())))
    assert listed == {
        date(2026, 10, 9): Listed(datetime(2026, 10, 9, 8, 41, 42, tzinfo=UTC), {}),
        date(2026, 10, 8): Listed(None, {}),
    }


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("2026/10/09 PM 16:41:42", *FRIDAY[1:]), "no time of the 12-hour clock"),
        (("2026/10/09 PM 00:41:42", *FRIDAY[1:]), "no time of the 12-hour clock"),
        (("2026/10/09 PM 04:61:42", *FRIDAY[1:]), "no time of the 12-hour clock"),
        (("2026/10/09 04:41", *FRIDAY[1:]), "0 times and 2 links"),
        ((FRIDAY[0], "2026/1o/09", FRIDAY[2]), "0 dates"),
        ((FRIDAY[0], "2026/1o/09", ()), "0 dates"),
        ((FRIDAY[0], "2026/13/09", FRIDAY[2]), "there is no day 2026/13/09"),
        ((FRIDAY[0], "2026/10/12", FRIDAY[2]), "2026-10-12 and links to Daily_2026_10_09.zip"),
        ((FRIDAY[0], THURSDAY[1], ()), "2026-10-08 is listed twice"),
    ],
)
def test_a_row_that_contradicts_itself_makes_the_page_useless(
    list_page: Page, row: tuple[str, str, tuple[str, ...]], words: str
) -> None:
    refusal = refusal_of(list_page(THURSDAY, row))
    assert refusal.state == "refused"
    assert words in refusal.reason
    assert "row 4" in refusal.reason


def test_links_beside_the_table_make_the_page_useless(list_page: Page) -> None:
    """A row whose tag is damaged is no row: its session would seem not to be listed."""
    body = list_page(FRIDAY, THURSDAY)
    place = body.rindex(b"<tr class")
    refusal = refusal_of(body[:place] + b"<ts" + body[place + 3 :])
    assert refusal.state == "refused"
    assert "3 links to files, 2 of them in its table" in refusal.reason


def test_a_page_that_lists_nothing_is_blocked(list_page: Page) -> None:
    firewall = b"<html><body>FOR SECURITY REASONS, THIS PAGE CAN NOT BE ACCESSED!</body></html>"
    assert refusal_of(firewall).state == "blocked"
    assert refusal_of(list_page()).state == "blocked"


def test_what_is_no_page_is_refused() -> None:
    assert refusal_of(b"PK\x03\x04").state == "refused"
    assert refusal_of(b"").state == "refused"


def test_half_a_page_is_refused_wherever_it_ends(list_page: Page) -> None:
    """What a page does not list counts as not listed, so that half of one must not be read."""
    body = list_page(FRIDAY, THURSDAY)
    whole = read(body)
    for end in range(len(body)):
        try:
            listed = read(body[:end])
        except Refusal as refusal:
            assert refusal.reason
        else:
            assert listed == whole
            assert end > body.index(b"Daily_2026_10_08")
