"""The daily report, the indices, the lists as of today, and the actions of companies."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest
from simulator.india.layouts import foreign_shapes

from indextracker_simulator.india.calendar import INDIA
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.lists import listed_csv, members_csv, symbol_changes_csv
from indextracker_simulator.india.notices import actions_json
from indextracker_simulator.india.truth import (
    actions,
    adjusted,
    instrument_spells,
    truth,
)
from indextracker_simulator.india.truth.actions import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indextracker_simulator.india.instruments import Instrument

SESSION = date(2025, 12, 16)
PARTS = ("an{}.txt", "bc{}.csv", "etf{}.csv", "mcap{}.csv", "pd{}.csv", "readme.txt")
FIRST, LAST = date(2019, 1, 1), date(2026, 8, 20)


def parts(body: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def report(exchange: Exchange, session: date) -> dict[str, str]:
    """The parts of a daily report by the letters that their names begin with."""
    published = exchange.published("report", session)
    assert published is not None
    return {re.split(r"[\d.]", name)[0]: text for name, text in parts(published.body).items()}


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def real(samples: Path) -> dict[str, str]:
    return parts((samples / "nse" / "PR161225.zip").read_bytes())


# The daily report


def test_the_report_has_its_parts(exchange: Exchange) -> None:
    published = exchange.published("report", SESSION)
    assert published is not None
    assert list(parts(published.body)) == [name.format("16122025") for name in PARTS]


@pytest.mark.parametrize(
    ("part", "words"),
    [("bc", {0, 1, 2, 9}), ("etf", {2, 3, 14}), ("mcap", {0, 1, 2, 3, 5}), ("pd", {2, 3})],
)
def test_a_part_is_laid_out_as_the_published_one(
    exchange: Exchange, real: dict[str, str], part: str, words: set[int]
) -> None:
    published = real[f"{part}16122025.csv"]
    made = [report(exchange, day)[part] for day in exchange.calendar.between(SESSION, LAST)[:60]]
    for text in made:
        assert text.splitlines()[0] == published.splitlines()[0]
        assert text.endswith("\n")
    bodies = [line for text in made for line in text.splitlines()[1:]]
    shown = published.splitlines()[1:]
    assert foreign_shapes(map(_same_width, bodies), map(_same_width, shown), words) == {}


def _same_width(line: str) -> str:
    """A line without the blanks that only fill up: before an amount, and after a market cap."""
    return re.sub(" +", " ", line).rstrip(" ")


def test_amounts_are_as_wide_as_the_published_ones(
    exchange: Exchange, real: dict[str, str]
) -> None:
    made = report(exchange, SESSION)
    for part, columns in (("pd", {4: 13, 9: 28, 14: 13}), ("mcap", {6: 19, 7: 18, 8: 18})):
        published = real[f"{part}16122025.csv"].splitlines()[-5]
        for line in (published, made[part].splitlines()[-5]):
            cells = line.split(",")
            assert {column: len(cells[column]) for column in columns} == columns


def test_securities_stand_under_their_indices(exchange: Exchange) -> None:
    text = report(exchange, SESSION)["pd"].splitlines()
    blank = " ," * 15 + " "
    assert text.count(blank) == 6
    headings = [line for line in text if "Sec" in line and line.startswith(" , , ,")]
    assert [line.split(",")[3] for line in headings] == ["NIFTY 50 Sec", "NIFTY Next 50 Sec"]
    rows = [line.split(",") for line in text if line.startswith("N,")]
    assert Counter(row[11] for row in rows)["Y"] == 10
    traded = [row for row in exchange.rows(SESSION) if not row.beside]
    assert sorted((row[2], row[1]) for row in rows) == sorted(
        (row.symbol, row.series) for row in traded
    )


def test_market_capitalisation_is_shares_times_close(exchange: Exchange) -> None:
    *companies, listed, permitted, total = lines(report(exchange, SESSION)["mcap"])
    capital = "Market Cap(Rs.)              "
    for line in companies:
        close = round(100 * float(line["Close Price/Paid up value(Rs.)"]))
        assert round(100 * float(line[capital])) == int(line["Issue Size"]) * close
    assert [line["Symbol"].strip() for line in (listed, permitted, total)] == [
        "Listed",
        "Permitted",
        "Total",
    ]
    paise = sum(round(100 * float(line[capital])) for line in companies)
    assert round(100 * float(total[capital])) == pytest.approx(paise, rel=1e-12)


def test_shares_grow_with_a_bonus(exchange: Exchange) -> None:
    one, action = next(
        (one, action)
        for one in exchange.instruments
        for action in one.actions
        if action.kind == "bonus" and action.ex_date > date(2015, 1, 1)
    )
    before, after = (
        {line["Symbol"]: int(line["Issue Size"]) for line in lines(report(exchange, day)["mcap"])}
        for day in (exchange.calendar.previous(action.ex_date), action.ex_date)
    )
    symbol = one.identities.at(action.ex_date).symbol
    assert after[symbol] == round(before[symbol] * (1 + action.new / action.held))


# Corporate actions

TEXTS = (
    (r"FV ?SPLT FRM R[SE] (?P<held>\d+) TO R[SE] (?P<new>\d+)", "split"),
    (r"BONUS (?P<new>\d+):(?P<held>\d+)", "bonus"),
    (r"RIGHTS (?P<new>\d+):(?P<held>\d+)@PRM R[SE] (?P<amount>[\d.]+)", "rights"),
    (r"(?:INT)?DIV - R[SE] (?P<amount>[\d.]+) PER SH", "dividend"),
    (r"DEMERGER", "demerger"),
    (r"BUY BACK", "buyback"),
    (r"INTEREST PAYMENT", "interest"),
    (r"REDEMPTION", "redemption"),
)
FACES = r"From R[se] (?P<held>\d+)/- Per Share To R[se] (?P<new>\d+)/- Per Share"
LONG_TEXTS = (
    (rf"Face Value Split \(Sub-Division\) - {FACES}", "split"),
    (r"Bonus (?P<new>\d+):(?P<held>\d+)", "bonus"),
    (r"Rights (?P<new>\d+):(?P<held>\d+) @ Premium R[se] (?P<amount>[\d.]+)/-", "rights"),
    (r"(?:Interim )?Dividend - R[se] (?P<amount>[\d.]+) Per Share", "dividend"),
    (r"Demerger", "demerger"),
    (r"Buy Back", "buyback"),
)


def understood(text: str, forms: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """What a text says, read by the form that it has."""
    ((found, kind),) = [
        (match, kind) for form, kind in forms if (match := re.fullmatch(form, text))
    ]
    terms = found.groupdict()
    ratio = None
    if "new" in terms:
        new, held = int(terms["new"]), int(terms["held"])
        ratio = held / new if kind == "split" else new / held
    amount = float(terms["amount"]) if "amount" in terms else None
    return {"kind": kind, "ratio": ratio, "amount_inr": amount}


def test_the_reports_tell_of_actions_ten_days_ahead(exchange: Exchange) -> None:
    told: dict[tuple[str, str, str], set[str]] = {}
    kinds: Counter[str] = Counter()
    for session in exchange.calendar.between(date(2018, 1, 1), date(2024, 12, 31))[::7]:
        read = lines(report(exchange, session)["bc"])
        expected = truth(exchange, session)["corporate_actions"].to_pylist()
        assert len(read) == len(expected) > 5
        for number, (line, row) in enumerate(zip(read, expected, strict=True), 2):
            assert row == {
                "session_date": session,
                "line": number,
                "ex_date": date.fromisoformat(line["EX_DT"]) if line["EX_DT"] else None,
                "record_date": date.fromisoformat(line["RECORD_DT"]),
                "symbol": line["SYMBOL"],
                "series": line["SERIES"],
                "text": line["PURPOSE"],
                **understood(line["PURPOSE"], TEXTS),
            }
            assert session < row["record_date"] <= session + timedelta(days=10)
            kinds[row["kind"]] += 1
            key = (line["EX_DT"], line["SYMBOL"], line["PURPOSE"])
            told.setdefault(key, set()).add(line["SERIES"])
    assert {frozenset(series) for series in told.values()} == {
        frozenset({"BE", "BL", "EQ", "IQ", "T0", "TL"}),
        frozenset({"SL", "SM", "SQ", "ST"}),
        frozenset({"N0", "U0"}),
        frozenset({"GB"}),
    }
    assert set(kinds) >= {"split", "bonus", "rights", "dividend", "interest", "redemption"}


def test_the_list_of_actions_says_the_same(exchange: Exchange) -> None:
    first, last = date(2015, 1, 1), LAST
    expected = {
        (row["ex_date"], row["symbol"]): row for row in actions(exchange, first, last).to_pylist()
    }
    faces: dict[str, set[str]] = {}
    for entry in json.loads(actions_json(exchange.instruments, first, last)):
        ex_date = datetime.strptime(entry["exDate"], "%d-%b-%Y").date()  # noqa: DTZ007
        row = expected.pop((ex_date, entry["symbol"]))
        terms = understood(entry["subject"], LONG_TEXTS)
        assert terms == {name: row[name] for name in terms}
        assert entry["subject"] == row["text"]
        faces.setdefault(entry["symbol"], set()).add(entry["faceVal"])
        if row["kind"] == "rights":
            issue = row["amount_inr"] + int(entry["faceVal"])
            assert issue == row["issue_price_inr"]
    assert expected == {}
    assert max(map(len, faces.values())) > 1
    assert json.loads(actions_json(exchange.instruments, last, first)) == []


def test_the_reports_tell_of_every_action_of_a_company(exchange: Exchange) -> None:
    """Each before its ex-date, under the symbol of the report's day."""
    sessions = exchange.calendar.between(date(2018, 1, 1), LAST)
    told = {
        (row["ex_date"], row["kind"], row["ratio"], row["amount_inr"])
        for session in sessions
        for row in listed(exchange, session).to_pylist()
    }
    happened = actions(exchange, date(2018, 2, 1), LAST).to_pylist()
    assert len(happened) > 100
    assert {
        (row["ex_date"], row["kind"], row["ratio"], row["amount_inr"]) for row in happened
    } <= told


def test_adjusted_prices_move_as_prices_do(exchange: Exchange) -> None:
    """Over an ex-date, an adjusted close moves by no more than a day of the share does."""
    sessions = exchange.calendar.between(FIRST, LAST)
    rows = adjusted(exchange, sessions, LAST).to_pylist()
    changed, unadjusted, moves = 0, [], []
    last: dict[int, dict[str, Any]] = {}
    for row in rows:
        before = last.get(row["number"])
        if before and before["factor"] != row["factor"]:
            changed += 1
            unadjusted.append(abs(row["close"] / before["close"] - 1))
            moves.append(abs(row["adjusted_close"] / before["adjusted_close"] - 1))
        last[row["number"]] = row
    assert changed > 25
    assert fmean(unadjusted) > 0.2
    assert fmean(moves) < 0.025
    assert {row["factor"] for row in rows if row["session_date"] == sessions[-1]} == {1.0}


def test_an_action_after_the_day_of_adjustment_does_not_count(exchange: Exchange) -> None:
    one, action = next(
        (one, action)
        for one in exchange.instruments
        for action in one.actions
        if action.kind == "split" and FIRST < action.ex_date < LAST
    )
    eve = exchange.calendar.previous(action.ex_date)
    known, unknown = (
        {row["number"]: row["factor"] for row in adjusted(exchange, [eve], as_of).to_pylist()}
        for as_of in (action.ex_date, eve)
    )
    assert known[one.number] == pytest.approx(action.new / action.held, rel=1e-15)
    assert unknown[one.number] == 1.0


# Who is who


def test_spells_of_an_instrument_follow_its_names(exchange: Exchange) -> None:
    sessions = exchange.calendar.between(FIRST, LAST)
    spells = instrument_spells(exchange, sessions).to_pylist()
    by_number: dict[int, list[dict[str, Any]]] = {}
    for spell in spells:
        by_number.setdefault(spell["number"], []).append(spell)
    for number, of_one in by_number.items():
        for before, after in pairwise(of_one):
            assert before["first_session"] <= before["last_session"] < after["first_session"]
            assert any(before[name] != after[name] for name in ("symbol", "series", "isin"))
        starts = exchange.instruments[number].identities.starts
        symbols = list(dict.fromkeys(spell["symbol"] for spell in of_one))
        assert len(symbols) == sum(start <= LAST for start in starts) - sum(
            start <= FIRST for start in starts[1:]
        )
    assert max(map(len, by_number.values())) > 3


def test_renamings_lead_from_each_symbol_to_the_next(exchange: Exchange) -> None:
    changes = list(
        csv.reader(io.StringIO(symbol_changes_csv(exchange.instruments, exchange.today).decode()))
    )
    assert all(len(change) == 4 for change in changes)
    following = {old: (new, day) for _, old, new, day in changes}
    assert len(following) == len(changes)
    moved_early = 0
    for one in exchange.instruments:
        starts = [start for start in one.identities.starts[1:] if start <= exchange.today]
        for time, start in enumerate(starts):
            old, new = one.identities.values[time : time + 2]
            symbol, text = following[old.symbol]
            day = datetime.strptime(text, "%d-%b-%Y").date()  # noqa: DTZ007
            assert symbol == new.symbol
            assert day in (start, exchange.calendar.previous(start))
            moved_early += day != start
    assert 0 < moved_early < 8


def test_a_renaming_is_listed_from_its_day_on() -> None:
    now = [datetime(2023, 3, 30, 12, tzinfo=INDIA)]
    exchange = Exchange(clock=lambda: now[0])
    day = next(
        start
        for one in exchange.instruments
        for start in one.identities.starts[1:]
        if start > date(2015, 1, 1)
    )
    now[0] = datetime(day.year, day.month, day.day, 9, tzinfo=INDIA)
    after = symbol_changes_csv(exchange.instruments, exchange.today)
    now[0] -= timedelta(days=3)
    before = symbol_changes_csv(exchange.instruments, exchange.today)
    assert set(before.splitlines()) < set(after.splitlines())


@pytest.mark.parametrize(
    ("sample", "made", "words"),
    [
        ("EQUITY_L.csv", listed_csv, {0, 1, 3, 6}),
        ("ind_nifty500list.csv", members_csv, {0, 2, 4}),
    ],
)
def test_a_list_is_laid_out_as_the_published_one(
    exchange: Exchange,
    samples: Path,
    sample: str,
    made: Callable[[Sequence[Instrument], date], bytes],
    words: set[int],
) -> None:
    published = (samples / "nse" / sample).read_text().splitlines()
    ours = made(exchange.instruments, exchange.today).decode().splitlines()
    assert ours[0] == published[0]
    assert foreign_shapes(ours[1:], published[1:], words) == {}
    assert len(ours) > 25


def test_renamings_have_the_published_form(exchange: Exchange, samples: Path) -> None:
    published = (samples / "nse" / "symbolchange.csv").read_text().splitlines()
    form = re.compile(r"[^,]*,[A-Z0-9&-]+,[A-Z0-9&-]+,\d\d-[A-Z]{3}-\d{4}")
    ours = symbol_changes_csv(exchange.instruments, exchange.today).decode().splitlines()
    assert all(map(form.fullmatch, published))
    assert all(map(form.fullmatch, ours))
    for oddity in (" ", ","):
        assert any(line.startswith(oddity) for line in published)
        assert any(line.startswith(oddity) for line in ours)
    assert any(not line.isascii() for line in published)
    assert any(not line.isascii() for line in ours)


def test_listed_are_the_shares_of_the_main_board_of_today(exchange: Exchange) -> None:
    listed = {
        line["SYMBOL"]: line
        for line in lines(listed_csv(exchange.instruments, exchange.today).decode())
    }
    traded = exchange.rows(LAST)
    shares = {row.symbol: row for row in traded if row.series in ("EQ", "BE") and "INE" in row.isin}
    assert set(shares) <= set(listed)
    assert {symbol: row.isin for symbol, row in shares.items()} == {
        symbol: listed[symbol][" ISIN NUMBER"] for symbol in shares
    }
    gone = [one for one in exchange.instruments if one.last and one.last < LAST]
    assert gone
    assert not {one.identities.values[-1].symbol for one in gone} & set(listed)


# Indices


def test_index_closes_are_read_as_they_happened(exchange: Exchange) -> None:
    columns = (
        *("open", "high", "low", "close", "points_change", "percent_change", "shares"),
        *("turnover_inr", "price_to_earnings", "price_to_book", "dividend_yield_percent"),
    )
    signs = set()
    for session in exchange.calendar.between(date(2024, 1, 15), date(2024, 2, 15)):
        published = exchange.published("index_closes", session)
        assert published is not None
        header, *rows = csv.reader(io.StringIO(published.body.decode()))
        assert len(header) == 13
        read = {}
        for name, day, *figures in rows:
            assert day == f"{session:%d-%m-%Y}"
            values = [None if cell == "-" else float(cell) for cell in figures]
            read[name] = dict(zip(columns, values, strict=True))
            if read[name]["turnover_inr"] is not None:
                read[name]["turnover_inr"] = Decimal(figures[7]) * 10_000_000
            signs |= {cell[:2] for cell in figures[4:6]}
        expected = {
            row.pop("index_name"): row
            for row in truth(exchange, session)["index_closes"].to_pylist()
        }
        for row in expected.values():
            assert row.pop("session_date") == session
        assert read == expected
        assert set(read) == {"Nifty 50", "Nifty Next 50", "Nifty 500", "India VIX"}
    assert "-." in signs
    assert not {"0.", "-0"} & signs
