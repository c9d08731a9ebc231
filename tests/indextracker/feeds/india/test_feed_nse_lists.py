"""NSE's lists of the day: what is accepted and refused, and that none is dated back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.documents import accepted

from indextracker import calendars
from indextracker.acquiring.windows import watched
from indextracker.feeds import Feed, Refusal
from indextracker.feeds.india.lists import INDEX_MEMBERS, LISTED, SYMBOL_CHANGES
from indextracker.feeds.model import Request
from indextracker.feeds.sources import Answer, ArchiveSource, Source, judge
from indextracker.system.documents import Document

INDIA = ZoneInfo("Asia/Kolkata")
SESSION = date(2026, 8, 20)
EVENING = datetime(2026, 8, 20, 19, tzinfo=INDIA)
FEEDS = (SYMBOL_CHANGES, LISTED, INDEX_MEMBERS)
RENAMING = b"Gamma Limited,BETA,GAMMA,13-JAN-2020\n"


@dataclass
class OfToday(Source):
    """Answers every question with the same list."""

    body: bytes = RENAMING
    asked: list[date] = field(default_factory=list)
    place = "publisher"
    live = True

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        self.asked.append(session)
        name = feed.names(session)[0]
        yield Answer(self.place, name, Document.of(name, self.body))

    def close(self) -> None:
        """Nothing is open."""


def test_real_lists(samples: Path) -> None:
    stems = ("symbolchange", "EQUITY_L", "ind_nifty500list")
    rows = {
        stem: accepted(feed, (samples / f"nse/{stem}.csv").read_bytes(), SESSION).to_pylist()
        for stem, feed in zip(stems, FEEDS, strict=True)
    }
    assert [len(of_list) for of_list in rows.values()] == [1_029, 2_365, 500]
    renamed, share, member = (
        rows["symbolchange"][4],
        rows["EQUITY_L"][4],
        rows["ind_nifty500list"][0],
    )
    assert (renamed["line"], renamed["old_symbol"], renamed["new_symbol"]) == (
        5,
        "IIFLWAM",
        "360ONE",
    )
    assert (share["line"], share["symbol"]) == (6, "3IINFOLTD")
    assert (member["symbol"], member["industry"]) == ("360ONE", "Financial Services")


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
@pytest.mark.parametrize(
    ("body", "state", "words"),
    [
        (b"", "missing", "is empty"),
        (b"<html>404 Not Found</html>", "missing", "HTML page"),
        (b"<html>Access Denied</html>", "blocked", "keeps this address"),
        (b"Gamma Limited,BETA,GAMMA,13-JAN", "refused", "cut off"),
        (b"Gamma Limited,BETA\n", "refused", "line 1"),
        (b"Gamma \xff,BETA,GAMMA,13-JAN-2020\n", "refused", "UTF-8"),
    ],
)
def test_what_is_no_list(feed: Feed, body: bytes, state: str, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(feed, body, SESSION)
    assert caught.value.state == state
    assert words in caught.value.reason
    assert feed.names(SESSION)[0] in caught.value.reason


def test_there_is_one_address_for_all_days() -> None:
    assert SYMBOL_CHANGES.request(SESSION) == Request("/content/equities/symbolchange.csv")
    assert LISTED.request(SESSION) == Request("/content/equities/EQUITY_L.csv")
    assert INDEX_MEMBERS.request(SESSION) == Request("/content/indices/ind_nifty500list.csv")
    assert LISTED.names(SESSION) == ("EQUITY_L_20082026.csv",)


def test_a_list_is_kept_under_the_day_on_which_it_was_asked_for() -> None:
    source = OfToday()
    [answer] = judge(SYMBOL_CHANGES, "2026-08-20", source, EVENING)
    assert answer.refusal is None
    assert source.asked == [SESSION]


def test_a_list_of_a_day_that_is_past_is_not_asked_for() -> None:
    source = OfToday()
    # An hour after midnight the evening's list may already have changed.
    for now in (EVENING.replace(day=21, hour=1), EVENING.replace(year=2027)):
        [answer] = judge(SYMBOL_CHANGES, "2026-08-20", source, now)
        assert answer.state == "never"
        assert "as of today alone" in answer.reason
    assert source.asked == []


def test_a_list_before_the_evening_is_partial() -> None:
    morning = EVENING.replace(hour=10)
    for key in ("2026-08-20", "2026-08-21"):
        [answer] = judge(SYMBOL_CHANGES, key, OfToday(), morning)
        assert answer.state == "partial"


def test_dated_copies_of_an_archive_are_taken(tmp_path: Path) -> None:
    (tmp_path / "symbolchange_20082026.csv").write_bytes(RENAMING)
    source = ArchiveSource(tmp_path)
    later = EVENING.replace(year=2027)
    [answer] = judge(SYMBOL_CHANGES, "2026-08-20", source, later)
    assert answer.refusal is None
    [answer] = judge(SYMBOL_CHANGES, "2026-08-19", source, later)
    assert answer.state == "missing"


@pytest.mark.parametrize(
    ("now", "keys"), [(EVENING, ["2026-08-20"]), (EVENING.replace(day=22), [])]
)
def test_the_list_of_today_alone_is_waited_for(now: datetime, keys: list[str]) -> None:
    calendar = calendars.calendar(LISTED.timeline, now.date())
    assert watched(LISTED, calendar, now) == keys
