"""The reference files load, agree with each other and with real documents; broken copies do not."""

import csv
import io
import json
import re
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import pytest
from support import dated_expiries

from indextracker import calendars
from indextracker.reference import old_reviews
from indextracker.reference import taiwan as reference
from indextracker.reference.closures import read_closures, read_special_sessions
from indextracker.reference.facts import Fact
from indextracker.reference.reviews import Review

FACTS = (reference.PRODUCTS, reference.INDICES, reference.ETFS)
TODAY = date(2026, 11, 23)
ASSUMED_CLOSE = "13:45:00"  # of a product that is not in products.csv

LOADERS: dict[str, Callable[..., Collection[object]]] = {
    **{facts.file: facts.read for facts in FACTS},
    "closures.csv": read_closures,
    "special_sessions.csv": read_special_sessions,
    "reviewed.csv": reference.REVIEWS.read,
}
PRODUCTS = reference.PRODUCTS.read()
INDICES = reference.INDICES.read()


def terms(code: str, session: date) -> Fact:
    """The one row of a product that is valid at a session."""
    (found,) = (
        row
        for row in PRODUCTS
        if row["product"] == code and row["valid_from"] <= session <= (row["valid_to"] or date.max)
    )
    return found


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """A writable copy of the reference files."""
    for name in LOADERS:
        with resources.as_file(resources.files(reference) / name) as file:
            shutil.copy(file, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", LOADERS)
def test_every_file_loads(name: str) -> None:
    assert LOADERS[name](reference.FOLDER)


@pytest.mark.parametrize("name", LOADERS)
def test_every_row_has_a_source(name: str) -> None:
    with (resources.files(reference) / name).open("r", encoding="utf-8") as file:
        assert all(row["source"] for row in csv.DictReader(file))


def test_the_taiex_family() -> None:
    tx, mtx, tmf = (terms(code, date(2024, 12, 16)) for code in ("TX", "MTX", "TMF"))
    assert [row["multiplier"] for row in (tx, mtx, tmf)] == [200, 50, 10]
    assert tx["underlying"] == "TAIEX"
    assert (tx["day_open"], tx["day_close"], tx["last_day_close"]) == (
        "08:45:00",
        "13:45:00",
        "13:30:00",
    )
    assert (tx["night_open"], tx["night_close"]) == ("15:00:00", "05:00:00")
    assert {row["expiry_rule"] for row in (tx, mtx, tmf)} == {"third_wednesday"}
    # The first night, on the evening of 2017-05-15, belongs to the next session.
    assert terms("TX", date(2017, 5, 15))["night_open"] is None
    assert terms("TX", date(2017, 5, 16))["night_open"] == "15:00:00"


@pytest.mark.parametrize(
    ("code", "day_open", "day_close", "last_day_close", "night_open"),
    [
        ("TJF", "08:00:00", "16:15:00", "16:15:00", "17:25:00"),
        ("TGF", "08:45:00", "16:15:00", "16:15:00", "17:25:00"),
        ("RTF", "08:45:00", "16:15:00", "11:00:00", "17:25:00"),
        ("XEF", "08:45:00", "16:15:00", "14:00:00", "17:25:00"),
        ("UDF", "08:45:00", "13:45:00", "13:45:00", "15:00:00"),
        ("OAF", "08:45:00", "16:15:00", "13:30:00", None),
        ("TF", "08:45:00", "13:45:00", "13:30:00", None),
        ("CDF", "08:45:00", "13:45:00", "13:30:00", "17:25:00"),
    ],
)
def test_hours(
    code: str, day_open: str, day_close: str, last_day_close: str, night_open: str | None
) -> None:
    row = terms(code, date(2024, 12, 16))
    assert (row["day_open"], row["day_close"], row["last_day_close"], row["night_open"]) == (
        day_open,
        day_close,
        last_day_close,
        night_open,
    )


def test_who_trades_in_the_night_after_the_last_trading_day() -> None:
    after = {row["product"] for row in PRODUCTS if row["trades_after_last_day"]}
    assert after == {"BRF", "F1F", "SPF", "SXF", "UDF", "UNF"}


def test_a_step_may_be_unknown() -> None:
    assert terms("TE", date(2024, 12, 16))["tick_size"] == 0.05
    assert terms("CDF", date(2024, 12, 16))["tick_size"] is None  # depends on the price


def test_an_underlying_in_capitals_is_an_index_of_the_report() -> None:
    ids = {row["index_id"] for row in INDICES}
    named = {row["underlying"] for row in PRODUCTS if row["kind"] == "index"}
    assert {name for name in named if name and re.fullmatch(r"[A-Z_]+", name)} <= ids
    assert {"TAIEX", "ELECTRONICS", "FINANCE", "SHIPPING"} <= named


def test_the_etf_follows_taiex() -> None:
    (etf,) = reference.ETFS.read()
    assert (etf["symbol"], etf["underlying"], etf["lot_shares"]) == ("006204", "TAIEX", 1_000)
    assert etf["underlying"] in {row["index_id"] for row in INDICES}


def test_a_renamed_index_keeps_its_id() -> None:
    ids = {row["index_name"]: row["index_id"] for row in INDICES}
    assert ids["觀光類指數"] == ids["觀光餐旅類指數"]
    assert len(set(ids.values())) == len(ids) - 1
    (taiex,) = (row for row in INDICES if row["index_id"] == "TAIEX")
    assert (taiex["index_name"], taiex["name"], taiex["market"]) == (
        "發行量加權股價指數",
        "TAIEX",
        "TWSE",
    )


def test_a_typhoon_says_when_it_was_announced() -> None:
    (closure,) = (row for row in reference.closures() if row.day == date(2024, 7, 24))  # Gaemi
    assert not closure.scheduled
    assert closure.announced_on == date(2024, 7, 23)


def test_a_scheduled_closure_has_no_announcement() -> None:
    (closure,) = (row for row in reference.closures() if row.day == date(2022, 2, 4))
    assert closure.scheduled
    assert closure.announced_on is None


def test_every_kind_of_fact_says_until_when_it_was_reviewed() -> None:
    kinds = [review.kind for review in reference.REVIEWS.read() if review.exchange == "XTAI"]
    files = {name.removesuffix(".csv") for name in LOADERS if name != "reviewed.csv"}
    assert set(kinds) == files | {"holidays"}


def test_a_review_grows_old() -> None:
    """A quarter after the last day of it, for closures; with the year, for holidays."""
    reviews = {review.kind: review for review in reference.REVIEWS.read()}
    day = reviews["closures"].reviewed_until
    assert not reviews["closures"].is_old(day + timedelta(days=90))
    assert reviews["closures"].is_old(day + timedelta(days=91))
    end = reviews["holidays"].reviewed_until
    assert (end.month, end.day) == (12, 31)
    assert not reviews["holidays"].is_old(end)
    assert reviews["holidays"].is_old(end + timedelta(days=1))


def test_the_old_reviews_are_those_to_be_renewed() -> None:
    reviews = reference.REVIEWS.read()

    def old(day: date) -> tuple[Review, ...]:
        return tuple(one for one in old_reviews(day) if one.subject == "taiwan")

    assert old(min(review.reviewed_until for review in reviews)) == ()
    assert old(date(2100, 1, 1)) == reviews


def test_no_closure_is_later_than_its_review() -> None:
    reviews = {review.kind: review.reviewed_until for review in reference.REVIEWS.read()}
    assert max(row.day for row in reference.closures()) <= reviews["closures"]
    assert max(row.day for row in reference.special_sessions()) <= reviews["special_sessions"]


def test_special_sessions_are_on_weekends() -> None:
    assert all(row.day.weekday() >= 5 for row in reference.special_sessions())


@pytest.mark.parametrize(
    ("name", "line", "old", "new", "complaint"),
    [
        ("products.csv", 1, "tick_size", "tick", "they must be product, name"),
        ("products.csv", 2, "08:45:00", "8:45", "is not a time of the form HH:MM:SS"),
        ("products.csv", 2, "08:45:00", "14:45:00", "must open before it closes"),
        ("products.csv", 2, ",unknown,", ",fourth_friday,", "'fourth_friday' is none of third_"),
        ("products.csv", 2, "08:45:00", "", "day_open is empty"),
        ("products.csv", 2, ",", ",,", "19 cells stand in 18 columns"),
        ("products.csv", 2, ",TWD,", ",NTD$,", "does not have the form"),
        ("products.csv", 2, ",Futures,", ",Forwards,", "'Forwards' is none of Futures, Options"),
        ("etfs.csv", 2, "006204", "X", "does not have the form"),
        ("etfs.csv", 2, ",1000,", ",0,", "does not have the form"),
        ("products.csv", 2, ",TWD,", ", TWD,", "has blanks around"),
        ("indices.csv", 3, "NON_FINANCE", "TAIEX", "has another name or market"),
        (
            "indices.csv",
            3,
            "未含金融保險股指數",
            "發行量加權股價指數",
            "the same key stands in line 2",
        ),
        ("closures.csv", 2, "2015-07-10", "20150710", "is not a date of the form YYYY-MM-DD"),
        ("closures.csv", 2, "2015-07-10", "2015-07-32", "is not a date of the calendar"),
        ("closures.csv", 2, "2015-07-09", "", "needs the date of its announcement"),
        ("closures.csv", 2, "2015-07-09", "2015-07-10", "must be before the day itself"),
        ("closures.csv", 2, "false", "no", "is none of false, true"),
        ("closures.csv", 3, "2015-09-29,2015-09-28", "2015-07-10,2015-07-09", "same key"),
        ("special_sessions.csv", 2, "2016-01-30", "2022-02-04", "is a closure in closures.csv"),
        ("reviewed.csv", 2, "closures", "typhoons", "'typhoons' is none of closures, etfs"),
        ("reviewed.csv", 3, "special_sessions", "closures", "the same key stands in line 2"),
    ],
)
def test_a_broken_copy_is_refused_with_file_and_line(
    copies: Path, *, name: str, line: int, old: str, new: str, complaint: str
) -> None:
    lines = (copies / name).read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    (copies / name).write_text("".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^{re.escape(name)}, line {line}: .*{complaint}"):
        LOADERS[name](copies)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "complaint"),
    [
        ("2017-05-15", "", "the validity of TX overlaps that of line 2"),
        ("", "", "the same key stands in line 2"),
        ("2018-01-02", "2018-01-01", "valid_from is after valid_to"),
    ],
)
def test_terms_must_not_overlap(
    copies: Path, valid_from: str, valid_to: str, complaint: str
) -> None:
    text = (copies / "products.csv").read_text(encoding="utf-8")
    header = text.splitlines()[0]
    terms = "TX,x,TAIEX,index,Futures,200,TWD,1,08:45:00,13:45:00,13:30:00,,"
    row = terms + ",third_wednesday,false,{},{},x"
    rows = [header, row.format("", "2017-05-15"), row.format(valid_from, valid_to)]
    (copies / "products.csv").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^products\.csv, line 3: .*{complaint}"):
        reference.PRODUCTS.read(copies)


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ("200,TWD,1,08:45:00,13:45:00,13:30:00,15:00:00,", "given both or not at all"),
        ("200,TWD,1,08:45:00,13:45:00,13:30:00,13:00:00,05:00:00", "must open after the close"),
        ("200,TWD,1,08:45:00,13:45:00,13:30:00,15:00:00,09:00:00", "must close before the day"),
        ("many,TWD,1,08:45:00,13:45:00,13:30:00,,", "'many' is not a number"),
        ("0,TWD,1,08:45:00,13:45:00,13:30:00,,", "'0' is not above zero"),
    ],
)
def test_terms_must_make_sense(copies: Path, cells: str, complaint: str) -> None:
    header = (copies / "products.csv").read_text(encoding="utf-8").splitlines()[0]
    row = f"TX,x,TAIEX,index,Futures,{cells},third_wednesday,false,,,x"
    (copies / "products.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^products\.csv, line 2: .*{complaint}"):
        reference.PRODUCTS.read(copies)


def test_dated_expiries_are_well_formed() -> None:
    taiwan = calendars.trading_days("XTAI", TODAY)
    keys = {(row["product"], row["expiry"], row["known_at"]) for row in dated_expiries.ROWS}
    assert len(keys) == len(dated_expiries.ROWS) >= 20
    for row in dated_expiries.ROWS:
        assert row["source"]
        assert re.fullmatch(r"\d{6}([WF]\d)?", row["expiry"])
        known_at = date.fromisoformat(row["known_at"])
        assert taiwan.is_session(known_at)
        assert terms(row["product"], known_at)["expiry_rule"] != "unknown"
        # A document may state one of the two alone.
        dates = [row["last_trading_date"], row["final_settlement_date"]]
        assert any(dates)
        assert all(known_at <= date.fromisoformat(day) for day in dates if day)


@pytest.mark.parametrize(
    ("name", "columns"),
    [("MI_5MINS_INDEX_20230130.json", 34), ("MI_5MINS_INDEX_20230721.csv", 38)],
)
def test_every_index_of_the_report_is_named(samples: Path, name: str, columns: int) -> None:
    data = (samples / "twse" / name).read_bytes()
    if name.endswith(".json"):
        fields = json.loads(data)["fields"]
    else:
        fields = list(csv.reader(io.StringIO(data.decode("cp950"))))[1]
    names = {field for field in fields[1:] if field}
    assert len(names) == columns
    assert names <= {row["index_name"] for row in INDICES}


@pytest.mark.parametrize(
    "name",
    ["Daily_2021_07_26", "Daily_2024_12_13", "Daily_2024_12_16", "Daily_2024_12_17"],
)
def test_hours_contain_every_futures_print(samples: Path, name: str) -> None:
    session = date.fromisoformat(name.removeprefix("Daily_").replace("_", "-"))
    outside = _prints_outside(
        _prints(samples / "taifex" / f"{name}.zip", product=1, clock=3, skip=1), session
    )
    assert outside == {}


def test_hours_contain_every_option_print(samples: Path) -> None:
    archive = samples / "taifex" / "OptionsDaily_2021_07_26.zip"
    prints = _prints(archive, product=1, clock=5, skip=2)
    assert _prints_outside(prints, date(2021, 7, 26)) == {}


@pytest.mark.parametrize(
    ("name", "product", "skip", "instrument"),
    [
        ("Daily_2021_07_26", 1, 1, "Futures"),
        ("Daily_2024_12_16", 1, 1, "Futures"),
        ("OptionsDaily_2021_07_26", 1, 2, "Options"),
    ],
)
def test_products_are_of_the_file_that_they_trade_in(
    samples: Path, name: str, product: int, skip: int, instrument: str
) -> None:
    prints = _prints(samples / "taifex" / f"{name}.zip", product=product, clock=3, skip=skip)
    traded = {code for _, code, _ in prints}
    known = [row for row in PRODUCTS if row["product"] in traded]
    assert len(known) > 10
    assert {row["instrument"] for row in known} == {instrument}


def _prints(archive: Path, product: int, clock: int, skip: int) -> set[tuple[str, str, str]]:
    """The distinct (date, product, time) of a tick file."""
    with zipfile.ZipFile(archive) as file:
        lines = file.read(file.namelist()[0]).decode("cp950").splitlines()[skip:]
    rows = (line.split(",") for line in lines)
    return {(row[0].strip(), row[product].strip(), row[clock].strip().zfill(6)) for row in rows}


def _prints_outside(
    prints: set[tuple[str, str, str]], session: date
) -> dict[str, list[tuple[str, str]]]:
    """Prints outside the product's hours; of a product without terms, outside the assumed ones."""
    known = {row["product"] for row in PRODUCTS}
    day, outside = session.strftime("%Y%m%d"), defaultdict(list)
    for printed_on, product, printed_at in prints:
        at = f"{printed_at[:2]}:{printed_at[2:4]}:{printed_at[4:]}"
        row = terms(product, session) if product in known else None
        if printed_on < day or at < "08:00:00":
            inside = (
                row is not None
                and row["night_open"] is not None
                and row["night_close"] is not None
                and (at >= row["night_open"] or at <= row["night_close"])
            )
        elif row is None:
            inside = "08:45:00" <= at <= ASSUMED_CLOSE
        else:
            inside = row["day_open"] <= at <= row["day_close"]
        if not inside:
            outside[product].append((printed_on, printed_at))
    return dict(outside)
