"""NSE's daily report, levels of indices and list of holidays: what is accepted and refused."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from support.documents import accepted

from indextracker.feeds import Feed, Refusal
from indextracker.feeds.india.daily_report import CORPORATE_ACTIONS, MARKET_CAPS
from indextracker.feeds.india.holidays import HOLIDAYS
from indextracker.feeds.india.index_closes import INDEX_CLOSES
from indextracker.feeds.model import Request
from indextracker_catalogue.shared.deliveries import State

SESSION = date(2025, 12, 16)
YEAR = date(2023, 1, 1)
ACTIONS_HEADER = (
    "SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,ND_END_DT,PURPOSE"
)
ACTION = "EQ,ALFA,Alfa Limited,2025-12-18,,,2025-12-18,,,BONUS 1:1"
INDEX_HEADER = (
    "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index Value,"
    "Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield"
)
NIFTY = (
    "Nifty 50,16-12-2025,25951.5,25980.75,25834.35,25860.1,-167.2,-.64,281234567,20123.45,22.5,"
    "3.4,1.2"
)
VIX = "India VIX,16-12-2025,10.25,10.4,9.8,10.06,-.19,-1.83,-,-,-,-,-"


def report(parts: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, text in parts.items():
            writer.writestr(name, text)
    return archive.getvalue()


def assert_refused(
    feed: Feed, body: bytes, state: State, *words: str, session: date = SESSION
) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(feed, body, session)
    refusal = caught.value
    assert refusal.state == state, refusal
    assert [word for word in (feed.names(session)[0], *words) if word not in refusal.reason] == []


# the daily report


def test_a_part_that_an_archive_holds_by_itself() -> None:
    body = f"{ACTIONS_HEADER}\n{ACTION}\n".encode()
    assert accepted(CORPORATE_ACTIONS, body, SESSION)["purpose"].to_pylist() == ["BONUS 1:1"]


def test_the_parts_of_a_real_report(samples: Path) -> None:
    body = (samples / "nse/PR161225.zip").read_bytes()
    actions = accepted(CORPORATE_ACTIONS, body, SESSION)
    assert actions.num_rows == 217
    assert actions["series"].to_pylist().count("EQ") == 10
    caps = accepted(MARKET_CAPS, body, SESSION)
    assert caps.num_rows == 2_769
    assert caps["text"].null_count == 2_769
    first = caps.to_pylist()[0]
    assert (first["symbol"], first["face_value"]) == ("20MICRONS", "5.00")
    assert first["issue_size"] == "35286502"


def test_both_parts_are_asked_for_as_one_document() -> None:
    asked = Request("/archives/equities/bhavcopy/pr/PR161225.zip")
    assert CORPORATE_ACTIONS.request(SESSION) == MARKET_CAPS.request(SESSION) == asked
    assert CORPORATE_ACTIONS.names(SESSION) == ("PR161225.zip", "bc16122025.csv")


def test_a_part_is_found_among_others() -> None:
    body = report(
        {"readme.txt": "about", "bc16122025.csv": f"{ACTIONS_HEADER}\n{ACTION}\n", "pd.csv": "x"}
    )
    [row] = accepted(CORPORATE_ACTIONS, body, SESSION).to_pylist()
    assert (row["symbol"], row["ex_date"], row["purpose"]) == ("ALFA", "2025-12-18", "BONUS 1:1")
    assert_refused(MARKET_CAPS, body, "missing", "mcap16122025.csv", "'readme.txt'")


def test_a_report_of_another_session_has_no_part_of_this_one() -> None:
    body = report({"bc15122025.csv": f"{ACTIONS_HEADER}\n{ACTION}\n"})
    assert_refused(CORPORATE_ACTIONS, body, "missing", "bc16122025.csv", "'bc15122025.csv'")


def test_a_damaged_report_is_refused() -> None:
    body = report({"bc16122025.csv": f"{ACTIONS_HEADER}\n{ACTION}\n"})
    assert_refused(CORPORATE_ACTIONS, body[:-8], "refused", "zip")
    assert_refused(CORPORATE_ACTIONS, b"SERIES,SYMBOL\n", "refused", "no zip")
    assert_refused(CORPORATE_ACTIONS, b"<html>404 Not Found</html>", "missing", "HTML page")


# levels of indices


def test_levels_of_indices_are_read() -> None:
    body = f"{INDEX_HEADER}\n{NIFTY}\n{VIX}\n".encode()
    rows = accepted(INDEX_CLOSES, body, SESSION).to_pylist()
    assert [row["index_name"] for row in rows] == ["Nifty 50", "India VIX"]
    assert (rows[0]["close"], rows[1]["percent_change"]) == ("25860.1", "-1.83")
    assert rows[1]["shares"] == "-"
    assert INDEX_CLOSES.request(SESSION) == Request("/content/indices/ind_close_all_16122025.csv")


def test_levels_of_another_session_and_cut_ones_are_not() -> None:
    of_before = f"{INDEX_HEADER}\n{NIFTY}\n".replace("16-12-2025", "15-12-2025").encode()
    assert_refused(INDEX_CLOSES, of_before, "missing", "15-12-2025")
    body = f"{INDEX_HEADER}\n{NIFTY}\n{VIX}".encode()
    assert_refused(INDEX_CLOSES, body, "refused", "cut off", "line 3")
    assert not INDEX_CLOSES.tells_end


# holidays


def test_a_real_list_of_holidays(samples: Path) -> None:
    body = (samples / "nse/holiday-master.json").read_bytes()
    [row] = accepted(HOLIDAYS, body, YEAR).to_pylist()
    assert (row["trading_date"], row["weekday"]) == ("26-Jan-2023", "Thursday")
    assert row["description"] == "Republic Day"
    assert HOLIDAYS.request(YEAR) == Request("/api/holiday-master?type=trading&year=2023")


def holidays(*days: object, segment: str = "CM") -> bytes:
    return json.dumps({segment: list(days)}).encode()


def holiday(day: str) -> dict[str, object]:
    return {"tradingDate": day, "weekDay": "Thursday", "description": "Holi", "Sr_no": 1}


@pytest.mark.parametrize(
    ("body", "state", "words"),
    [
        (holidays(), "missing", "empty"),
        (holidays(holiday("26-Jan-2023"), segment="CBM"), "refused", "no list 'CM'"),
        (holidays(holiday("26-Jan-2022")), "refused", "is of 2022-01-26"),
        (holidays(holiday("2023-01-26")), "refused", "expected DD-Mon-YYYY"),
        (holidays("26-Jan-2023"), "refused", "expected an object"),
        (holidays({"tradingDate": "26-Jan-2023"}), "refused", "for weekDay"),
        (b"<html>Access Denied</html>", "blocked", "HTML page"),
        (b"{", "blocked", "JSON"),
    ],
)
def test_what_is_no_list_of_the_year(body: bytes, state: State, words: str) -> None:
    assert_refused(HOLIDAYS, body, state, words, session=YEAR)
