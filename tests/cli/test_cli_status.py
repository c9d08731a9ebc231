"""Status after a month of faults: on one screen what is there, what is missing and why."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.calendars import taiwan
from support.homes import RANGE, Home

from indextracker.acquiring.deliveries import NEVER_ASKED, Delivery, record
from indextracker.building.staleness import record as record_builds
from indextracker.feeds import FEEDS, feeds_of
from indextracker.lake import Lake
from indextracker.monitoring.states import States
from indextracker.platform import Platform
from indextracker.reference import old_reviews
from indextracker.settings import Settings
from indextracker_catalogue import SUBJECTS, Column, Hours, Years
from indextracker_catalogue.taiwan import XTAI
from indextracker_cli.days import looked_at
from indextracker_cli.overview import lines

SESSION_FEEDS = [
    name for name, feed in feeds_of(SUBJECTS["taiwan"]).items() if not feed.timeline.at_once
]
# A Tuesday, after the hour by which its documents are due.
NOW = datetime(2024, 12, 17, 11, 0, tzinfo=UTC)
TODAY = date(2024, 12, 17)
CALENDAR = taiwan(TODAY)
MONTH = CALENDAR.sessions(date(2024, 10, 1), TODAY)[-30:]
KEYS = [str(session) for session in MONTH]
TOKEN = "ticks need a Backer or Sponsor account, its token in INDEXTRACKER_FINMIND_TOKEN"
CLOSED = "the exchange was closed: it lists documents of a later session and none of it"


def fault(feed: str, number: int) -> tuple[str, str | None]:
    """What the nth session's answer is: all that can go wrong does, here and there."""
    name = FEEDS[feed].names(MONTH[number])[0]
    if feed == "finmind_trades":
        return "blocked", TOKEN
    if number == 12:
        return "closed", CLOSED
    if number == 29:
        return "not_yet", f"{name} is not on the list page yet"
    place = (number * 7 + SESSION_FEEDS.index(feed) * 3) % 23
    return {
        1: ("refused", f"{name} is damaged: its entry has another CRC than the zip says"),
        2: ("refused", f"{name} is no zip but begins with '<!DOCTYPE html>'"),
        3: ("partial", f"{name} ends at 05:00:00: it is the file of dawn"),
        4: ("blocked", f"the publisher answered 307 with its firewall page for {MONTH[number]}"),
        5: ("missing", f"{name} is not there: the publisher answered 404"),
    }.get(place, ("accepted", None))


def answer(feed: str, session: date, state: str, reason: str | None) -> Delivery:
    digest = hashlib.sha256(f"{feed} {session}".encode()).hexdigest()
    return Delivery(
        feed=feed,
        key=FEEDS[feed].timeline.key_of(session),
        url=None,
        name=None,
        sha256=digest if state == "accepted" else None,
        bytes=None,
        published_at=None,
        fetched_at=NOW,
        state=state,
        reason=reason,
    )


def platform(folder: Path, source: str = "simulated") -> Platform:
    settings = Settings(source=source, lake=str(folder / "lake"))
    return Platform(settings, clock=lambda: NOW)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A month of faults in the log; one session was never asked for."""
    made = platform(tmp_path_factory.mktemp("month"), "simulated:http://127.0.0.1:9")
    record(
        made.lake,
        [
            answer(feed, MONTH[number], *fault(feed, number))
            for number in range(30)
            for feed in SESSION_FEEDS
            if number != 20
        ],
    )
    good = [n for n in range(28) if n != 20 and fault("taifex_futures", n)[0] == "accepted"]
    digests = {
        MONTH[n].isoformat(): answer("taifex_futures", MONTH[n], "accepted", None).sha256
        for n in good
    }
    documents = {key: f"taifex_futures={sha256}" for key, sha256 in digests.items()}
    record_builds(made.lake, {"silver/futures_trades": documents})
    newest = max(documents)
    older = {day: what for day, what in documents.items() if day != newest}
    record_builds(made.lake, {"gold/futures_bars": older})
    return made


def states_of(of: Platform, sessions: Sequence[date], feeds: Sequence[str] | None = None) -> States:
    keys = [str(session) for session in sessions]
    years = sorted({key[:4] for key in keys})
    return States(of, SUBJECTS["taiwan"], {XTAI: keys, Years(): years}, feeds)


def screen(of: Platform, sessions: Sequence[date], width: int) -> list[str]:
    return list(lines(states_of(of, sessions), width))


@pytest.mark.parametrize("width", [80, 100])
def test_a_month_of_faults_is_one_screen(month: Platform, width: int) -> None:
    shown = screen(month, MONTH, width)
    # With the line that names the lake.
    assert 24 <= len(shown) + 1 <= 40
    assert max(map(len, shown)) <= width
    # Cut where it must be, whole where it matters: what to do about the token is told.
    assert "INDEXTRACKER_FINMIND_TOKEN" in " ".join(shown)


def test_each_symbol_is_that_sessions_state(month: Platform) -> None:
    shown = screen(month, MONTH, 80)
    symbols = {
        "accepted": ".",
        "closed": "c",
        "not_yet": "n",
        "partial": "p",
        "blocked": "b",
        "refused": "r",
        "missing": "m",
    }
    for feed in SESSION_FEEDS:
        states = [fault(feed, number)[0] for number in range(30)]
        cells = [symbols[state] for state in states]
        cells[20] = "-"
        [line] = [line.split() for line in shown if line.startswith(f"{feed} ")]
        there = sum(state == "accepted" for n, state in enumerate(states) if n != 20)
        assert line == [feed, "".join(cells), str(there)]
    days = [line.strip() for line in shown if re.fullmatch(r" +\d{30}", line)]
    assert [first + second for first, second in zip(*days, strict=True)] == [
        f"{session:%d}" for session in MONTH
    ]


def test_what_is_missing_is_told_by_its_reason(month: Platform) -> None:
    gaps = states_of(month, MONTH).gaps
    assert len({(gap.state, gap.reason) for gap in gaps}) == len(gaps)
    for gap in gaps:
        for feed, days in gap.where.items():
            # Whatever feeds are told together, the sentence is true of each.
            newest = max(days)
            number = KEYS.index(newest) if newest in KEYS else 20
            assert gap.reason == (NEVER_ASKED if number == 20 else fault(feed, number)[1])
    found = {
        (feed, session): gap.state
        for gap in gaps
        for feed, days in gap.where.items()
        for session in days
        if feed in SESSION_FEEDS
    }
    expected = {
        (feed, KEYS[number]): "unasked" if number == 20 else fault(feed, number)[0]
        for feed in SESSION_FEEDS
        for number in range(30)
    }
    assert found == {
        cell: state for cell, state in expected.items() if state not in ("accepted", "closed")
    }
    text = " ".join(" ".join(screen(month, MONTH, 100)).split())
    assert f"backfill taiwan --from {MONTH[20]} --to {MONTH[20]}" in text


def test_what_will_be_deleted_is_told_with_the_days_left(month: Platform) -> None:
    expiring = states_of(month, MONTH).expiring
    kept = [name for name, feed in FEEDS.items() if feed.window_sessions]
    expected: dict[tuple[str, str], int] = {}
    # Thirty sessions are kept, today's among them; the closed day, the 13th, is none.
    sessions = [CALENDAR.previous(MONTH[0]), *MONTH[:12], *MONTH[13:]]
    for left, session in enumerate(sessions, 1):
        for feed in kept:
            unasked = session in (sessions[0], MONTH[20])
            if unasked or fault(feed, MONTH.index(session))[0] != "accepted":
                expected[feed, str(session)] = left
    found = {
        (feed, session): left
        for left, feeds in expiring.items()
        for feed, keys in feeds.items()
        for session in keys
    }
    assert found == expected
    assert list(expiring) == sorted(expiring)
    # It does not depend on the range that is looked at.
    assert states_of(month, MONTH[-2:]).expiring == expiring
    assert f"the exchange will delete what is missing here ({len(expected)} documents):" in screen(
        month, MONTH[-2:], 80
    )


def test_tables_that_are_behind_their_documents_are_told(month: Platform) -> None:
    layers = {layer.name: layer for layer in states_of(month, MONTH).layers}
    accepted = [
        KEYS[n] for n in range(29) if n != 20 and fault("taifex_futures", n)[0] == "accepted"
    ]
    built = [day for day in accepted if day <= KEYS[27]]
    assert layers["bronze"].newest == KEYS[28]
    assert layers["silver"].newest == built[-1]
    behind = layers["silver"].tables
    assert behind["silver/futures_trades"] == [day for day in accepted if day not in built]
    # What the layer has from other tables does not hide that this one was never built.
    options = [
        KEYS[n] for n in range(29) if n != 20 and fault("taifex_options", n)[0] == "accepted"
    ]
    assert behind["silver/option_trades"] == options
    assert layers["gold"].newest == built[-2]
    behind = layers["gold"].tables
    assert behind["gold/futures_bars"] == [day for day in accepted if day not in built[:-1]]
    text = " ".join(" ".join(screen(month, MONTH, 200)).split())
    assert "tables are not made from the documents that are there: indextracker backfill" in text
    # Nothing was loaded, so all that is there is still to come.
    assert layers["warehouse"].newest is None
    assert set(accepted) <= set(layers["warehouse"].behind)


def test_reference_data_that_nobody_looked_at_lately_is_told(month: Platform) -> None:
    later = Platform(month.settings, clock=lambda: datetime(2028, 3, 1, 12, tzinfo=UTC))
    text = " ".join(" ".join(lines(states_of(later, MONTH), 400)).split())
    old = old_reviews(date(2028, 3, 1))
    assert {"closures", "holidays", "products"} <= {review.kind for review in old}
    told = ", ".join(review.kind for review in old)
    assert f"reference data whose review is outdated: {told} (see doctor)" in text


def test_an_archive_deletes_nothing(month: Platform, tmp_path: Path) -> None:
    assert states_of(platform(tmp_path, f"archive:{tmp_path}"), MONTH).expiring == {}


def test_where_sessions_are_many_the_complete_ones_make_room(tmp_path: Path) -> None:
    of, year = platform(tmp_path), CALENDAR.sessions(date(2024, 1, 1), TODAY)
    refused = year[100]
    record(
        of.lake,
        [
            answer(
                feed, day, *(("accepted", None) if day != refused else ("refused", "it is HTML"))
            )
            for feed in SESSION_FEEDS
            for day in year
        ],
    )
    shown = screen(of, year, 80)
    assert f"not shown: {len(year) - 1} complete sessions" in shown
    assert f"{f'{refused:%Y-%m}':>{len('taifex_combination_trades') + 2 + 7}}" in shown
    assert len(shown) <= 40


def test_in_a_complete_range_no_document_is_missing(tmp_path: Path) -> None:
    of = platform(tmp_path)
    years = [answer("twse_holidays", date(2024, 1, 1), "accepted", None)]
    record(of.lake, years + [answer(f, d, "accepted", None) for f in SESSION_FEEDS for d in MONTH])
    shown = screen(of, MONTH, 80)
    assert "no document is missing" in shown
    # None was refined.
    assert "nothing is missing" not in shown
    assert "30 complete; 240 of 240 documents" in shown[0]
    assert not any("delete" in line for line in shown)


def test_a_session_whose_documents_are_not_due_is_not_yet_there(tmp_path: Path) -> None:
    settings = Settings(source="simulated", lake=str(tmp_path / "lake"))
    morning = Platform(settings, clock=lambda: datetime(2024, 12, 17, 1, 0, tzinfo=UTC))
    states = states_of(morning, [MONTH[-2], TODAY])
    assert {states.of(feed, str(TODAY)).state for feed in SESSION_FEEDS} == {"not_yet"}
    assert {states.of(feed, KEYS[-2]).state for feed in SESSION_FEEDS} == {"unasked"}
    assert str(TODAY) not in {
        day for feeds in states.expiring.values() for days in feeds.values() for day in days
    }


def test_sessions_of_before_the_range_are_told(month: Platform) -> None:
    states = states_of(month, MONTH[-2:])
    there = [
        KEYS[n]
        for n in range(28)
        if n != 20 and any(fault(feed, n)[0] == "accepted" for feed in SESSION_FEEDS)
    ]
    [sessions] = states.series
    earlier = states.earlier(sessions)
    assert (earlier.keys, earlier.complete) == (there, 0)
    text = " ".join(screen(month, MONTH[-2:], 200))
    assert f"{len(there)} sessions with documents, {there[0]} to {there[-1]}, 0 of them" in text
    assert f"indextracker status --from {there[0]}" in text
    whole = states_of(month, MONTH)
    assert whole.earlier(whole.series[0]).keys == []


def test_who_keeps_some_feeds_is_told_of_those_alone(month: Platform) -> None:
    kept = ["twse_index"]
    states = states_of(month, MONTH, kept)
    good = ("accepted", "closed")
    complete = [KEYS[n] for n in range(30) if n != 20 and fault(*kept, n)[0] in good]
    assert states.complete(states.series[0]) == complete
    assert {feed for gap in states.gaps for feed in gap.where} == set(kept)
    assert states.at_once == {"2024": {}}
    behind = [path for layer in states.layers for path in layer.tables]
    assert {"bronze/twse_index", "silver/index_levels", "raw/index_bars"} <= set(behind)
    assert not any("futures" in path or "option" in path for path in behind)
    one_session = states_of(month, [MONTH[20]], kept)
    shown = " ".join(" ".join(lines(one_session, 200)).split())
    assert f"--to {MONTH[20]} --feeds twse_index" in shown
    assert "not looked at: taifex_futures" in shown


def test_a_feed_of_hours_is_shown_by_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = FEEDS["twse_index"]
    columns = (*index.table.columns, Column("hour", "timestamp", "The hour."))
    table = replace(
        index.table, name="gauges", timeline=Hours(), columns=columns, key=("hour", "line")
    )
    monkeypatch.setitem(FEEDS, "gauges", replace(index, name="gauges", table=table))
    of = platform(tmp_path)
    keys = [f"2024-12-16T{hour:02}" for hour in (22, 23)] + ["2024-12-17T00", "2024-12-17T01"]
    there, wrong = ("accepted", None), ("refused", "it is HTML")
    states = (there, wrong, wrong, there)
    record(
        of.lake,
        [
            replace(answer("twse_index", TODAY, state, why), feed="gauges", key=key)
            for key, (state, why) in zip(keys, states, strict=True)
        ],
    )
    shown = list(lines(States(of, SUBJECTS["taiwan"], {Hours(): keys}, ["gauges"]), 80))
    assert shown[0] == "2024-12-16T22 to 2024-12-17T01: 4 hours, 2 complete; 2 of 4 documents"
    assert "        2024-12-16" in shown
    assert [line for line in shown if re.match(" +[0-9]{4}$", line)] == [
        "        2200",
        "        2301",
    ]
    assert "gauges  .rr.    2" in shown
    assert "      gauges 2024-12-16 23:00 UTC to 12-17 00:00 UTC" in shown


def test_keys_of_each_time_line_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taiwan_and_hours = (XTAI, Hours(), Years())
    monkeypatch.setattr("indextracker_cli.days.timelines_of", lambda _: taiwan_and_hours)
    of, subject = platform(tmp_path), SUBJECTS["taiwan"]
    # Up to the present, which is in the twelfth hour of the day.
    last = looked_at(of, subject, None, None, 30)
    assert last[XTAI] == KEYS
    assert (len(last[Hours()]), last[Hours()][-1]) == (30, "2024-12-17T11")
    assert last[Years()] == ["2024"]
    named = looked_at(of, subject, date(2023, 12, 31), date(2024, 1, 2), 30)
    assert named[XTAI] == ["2024-01-02"]
    assert (named[Hours()][0], named[Hours()][-1]) == ("2023-12-31T00", "2024-01-02T23")
    # Those that the others touch.
    assert named[Years()] == ["2023", "2024"]


# the command


def test_a_table_that_was_taken_back_is_behind(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path, home.source)
    shutil.copytree(home.lake, other.lake)
    whole = other.run("status", *RANGE)
    assert "nothing is missing" in whole.stdout
    for path in ("silver/futures_trades", "bronze/twse_index"):
        assert other.run("restore", path, "--as-of", "0").returncode == 0
    done = other.run("status", *RANGE, COLUMNS="80")
    assert "nothing is missing" not in done.stdout
    assert "no document is missing" in done.stdout
    said = " ".join(done.stdout.split())
    assert "2 tables are not made from the documents that are there: indextracker backfill" in said
    assert "bronze/twse_index, silver/futures_trades: 2024-12-13 to 12-16" in said
    found = json.loads(other.run("status", "taiwan", *RANGE, "--json").stdout)["layers"]
    both = ["2024-12-13", "2024-12-16"]
    assert found["silver"] == {
        "newest": "2024-12-16",
        "behind": both,
        "tables": {"silver/futures_trades": both},
    }
    assert found["bronze"]["tables"] == {"bronze/twse_index": both}
    assert found["gold"]["tables"] == found["warehouse"]["tables"] == {}


def test_what_cannot_be_meant_is_said(empty: Home) -> None:
    misspelt = empty.run("status", "--feeds", "taifex_futres")
    assert misspelt.returncode == 1
    assert "no feed is called 'taifex_futres'; perhaps taifex_futures" in misspelt.stderr
    backwards = empty.run("status", "--from", "2024-12-16", "--to", "2024-12-13")
    assert backwards.returncode == 1
    assert "ends on 2024-12-13, before it begins on 2024-12-16" in backwards.stderr
    before = empty.run("status", "--to", "2019-12-31")
    assert before.returncode == 0
    assert "sessions are kept from INDEXTRACKER_START=2020-01-02 on" in before.stdout


def test_the_command_prints_it(month: Platform, tmp_path: Path) -> None:
    home = Home(tmp_path)
    asked = ("status", "taiwan", "--from", str(MONTH[0]), "--to", str(MONTH[-1]))
    lake = {"INDEXTRACKER_LAKE": month.settings.lake.address}
    done = home.run(*asked, COLUMNS="80", **lake)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"simulated data: lake {month.settings.lake.address}\n{MONTH[0]} to {TODAY}:"
    )
    assert max(map(len, done.stdout.splitlines()[1:])) <= 80

    found = json.loads(home.run(*asked, "--json", **lake).stdout)
    assert set(found) == {
        *("world", "lake", "today", "feeds", "sessions", "years", "earlier", "expiring"),
        *("layers", "rejects", "old_reviews"),
    }
    assert list(found["sessions"]) == [str(session) for session in MONTH]
    assert found["sessions"][str(MONTH[12])]["twse_index"] == {"state": "closed", "reason": CLOSED}
    assert found["layers"]["bronze"]["newest"] == str(MONTH[28])


def test_an_empty_lake_is_not_made_by_looking_at_it(empty: Home) -> None:
    done = empty.run("status", "--from", "2024-12-13", "--to", "2024-12-13")
    assert done.returncode == 0, done.stderr
    assert f"0 of {len(SESSION_FEEDS)} documents" in done.stdout
    assert "nothing in bronze, silver, gold, warehouse" in done.stdout
    assert not empty.lake.exists()
    assert not Lake(str(empty.lake), "simulated").tables()
