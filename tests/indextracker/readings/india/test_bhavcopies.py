"""The end of day of a session from three files: which rows, whose figures, and what differs."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import nse_files as files

from indextracker.feeds.india import bhavcopies as feeds
from indextracker.feeds.reading import bronze_rows
from indextracker.lake.arrow import arrow_schema
from indextracker.readings.india import bhavcopies as readings
from indextracker.readings.india.sheets import SHEETS
from indextracker.system.documents import Document
from indextracker_catalogue.india.silver import EQUITIES_DAILY, EQUITY_DISAGREEMENTS

SESSION = date(2024, 7, 5)
FORMATS = {
    "udiff": (feeds.UDIFF, files.UDIFF_HEADER),
    "legacy": (feeds.LEGACY, files.LEGACY_HEADER),
    "full": (feeds.FULL, files.FULL_HEADER),
}


def lines_of(form: str, *lines: str, session: date = SESSION) -> pa.Table:
    """The rows of bronze of a file of some lines; of none, as where there is no file."""
    bhavcopy, header = FORMATS[form]
    if not lines:
        return arrow_schema(bhavcopy.reading.table).empty_table()
    return bronze(form, files.text(header, *lines), session)


def bronze(form: str, body: bytes, session: date) -> pa.Table:
    bhavcopy, _ = FORMATS[form]
    table = bhavcopy.reading.table
    lines = bhavcopy.layout.lines(body, "file")
    rows = bronze_rows(table, lines, session, Document.of("file", body).sha256)
    return rows.select(table.column_names)


def read(documents: Mapping[str, pa.Table], session: date = SESSION) -> list[pa.Table]:
    """The lines that are read of each file, those that are not there included."""
    every = ((form, documents.get(form, lines_of(form))) for form in FORMATS)
    found = [lines.filter(FORMATS[form][0].reading.judge(lines, session)) for form, lines in every]
    return [*found, arrow_schema(SHEETS.table).empty_table()]


def equities(session: date = SESSION, **documents: pa.Table) -> list[dict[str, Any]]:
    rows = readings.equities(*read(documents, session), session)
    assert_declared(rows, EQUITIES_DAILY)
    return rows.to_pylist()


def disagreements(session: date = SESSION, **documents: pa.Table) -> list[dict[str, Any]]:
    rows = readings.disagreements(*read(documents, session), session)
    assert_declared(rows, EQUITY_DISAGREEMENTS)
    return rows.to_pylist()


def assert_declared(rows: pa.Table, table: Any) -> None:
    """They have the columns of the table but the session, in its types."""
    declared = {field.name: field.type for field in arrow_schema(table)} | {}
    del declared["session_date"]
    assert {field.name: field.type for field in rows.schema} == declared


def reasons(form: str, *lines: str, session: date = SESSION) -> list[str]:
    found = FORMATS[form][0].reading.rejects(lines_of(form, *lines, session=session), session)
    told: list[str] = found.column("reason").to_pylist()
    return told


# real documents


def test_two_real_files_of_one_session_agree(samples: Path) -> None:
    """2025-08-29: 164 of 3,110 rows are in UDiFF alone; every figure that both have is equal."""
    session = date(2025, 8, 29)
    folder = samples / "nse"
    udiff = (folder / "BhavCopy_NSE_CM_0_0_0_20250829_F_0000.csv").read_bytes()
    full = (folder / "sec_bhavdata_full_29082025.csv").read_bytes()
    documents = {"udiff": bronze("udiff", udiff, session), "full": bronze("full", full, session)}
    assert disagreements(session, **documents) == []
    rows = readings.equities(*read(documents, session), session)
    formats = rows["source_formats"].to_pylist()
    assert (formats.count("udiff+full"), formats.count("udiff")) == (2_946, 164)
    in_full = rows.filter(pc.match_substring(rows["source_formats"], "full"))
    assert pc.sum(in_full["shares"]).as_py() == 3_921_422_775
    assert pc.sum(rows["deliverable_shares"]).as_py() == 1_437_326_933
    assert rows["isin"].null_count == 0
    assert rows["vwap"].null_count == 164


def test_a_real_evening_of_three_figures(samples: Path) -> None:
    """Muhurat of 2021-11-04: prices from the legacy file, delivery from one misfiled by a day."""
    session = date(2021, 11, 4)
    legacy = (samples / "nse/cm04NOV2021bhav.csv").read_bytes()
    full = (samples / "nse/muhurat-misfiled/bhavdata_05-11-2021.csv").read_bytes()
    documents = {"legacy": bronze("legacy", legacy, session), "full": bronze("full", full, session)}
    rows = readings.equities(*read(documents, session), session)
    assert rows.num_rows == 2_017
    assert pc.sum(rows["shares"]).as_py() == 570_235_111
    assert pc.sum(rows["turnover_inr"]).as_py() == Decimal("115522363293.76")
    assert disagreements(session, **documents) == []
    microns = next(row for row in rows.to_pylist() if row["symbol"] == "20MICRONS")
    assert (microns["close"], microns["last"], microns["deliverable_shares"]) == (
        *(59.75, 59.95),
        25_797,
    )


# which rows, and whose figures


def test_the_full_bhavcopy_leaves_rows_out() -> None:
    session = date(2025, 8, 29)
    rows = equities(
        session,
        udiff=lines_of(
            "udiff",
            files.udiff_line("ALFA", "EQ", session),
            files.udiff_line("91D201125", "TB", session, isin="IN0020240001"),
            files.udiff_line("8ALFA30", "N1", session, isin="INE000A07019", last=""),
            session=session,
        ),
        full=lines_of("full", files.full_line("ALFA", "EQ", session), session=session),
    )
    assert [row["source_formats"] for row in rows] == ["udiff+full", "udiff", "udiff"]
    assert [row["isin"] for row in rows] == ["INE000A01010", "IN0020240001", "INE000A07019"]
    assert [row["vwap"] for row in rows] == [10.5, None, None]
    assert [row["deliverable_shares"] for row in rows] == [500, None, None]
    assert [row["last"] for row in rows] == [11.0, 11.0, None]
    assert rows[0]["turnover_inr"] == Decimal("10500.00")


def test_figures_are_those_of_udiff_then_of_legacy_then_of_full() -> None:
    udiff, legacy, full = (
        lines_of("udiff", files.udiff_line("A", "EQ", SESSION, close="10.10")),
        lines_of(
            "legacy", *(files.legacy_line(symbol, "EQ", SESSION, close="10.2") for symbol in "AB")
        ),
        lines_of(
            "full", *(files.full_line(symbol, "EQ", SESSION, close="10.30") for symbol in "ABC")
        ),
    )
    rows = equities(udiff=udiff, legacy=legacy, full=full)
    assert [(row["symbol"], row["close"], row["source_formats"]) for row in rows] == [
        ("A", 10.1, "udiff+legacy+full"),
        ("B", 10.2, "legacy+full"),
        ("C", 10.3, "full"),
    ]
    assert [row["isin"] for row in rows] == ["INE000A01010", "INE000A01010", None]
    assert rows[2]["turnover_inr"] == Decimal("11000.00")
    assert [row["close"] for row in equities(full=full)] == [10.3] * 3
    assert equities() == []


def test_two_series_of_a_symbol_are_two_rows() -> None:
    full = lines_of(
        "full", files.full_line("A", "EQ", SESSION), files.full_line("A", "E1", SESSION)
    )
    legacy = lines_of("legacy", files.legacy_line("A", "E1", SESSION, close="10.5"))
    rows = equities(legacy=legacy, full=full)
    assert [(row["series"], row["close"]) for row in rows] == [("E1", 10.5), ("EQ", 11.0)]


def test_series_na_is_a_series() -> None:
    [row] = equities(udiff=lines_of("udiff", files.udiff_line("ALFA", "NA", SESSION)))
    assert row["series"] == "NA"


def test_no_delivery_is_null_and_never_zero() -> None:
    """Of IDEA, above a thousand million shares, and of all rows of BE nothing is printed."""
    rows = equities(
        full=lines_of(
            "full",
            files.full_line("ALFA", "EQ", SESSION, shares="1030107961", delivered="-"),
            files.full_line("BRAVO", "BE", SESSION, delivered="-"),
            files.full_line("CHAR", "SM", SESSION, shares="4000", delivered="4000"),
        )
    )
    assert [row["deliverable_shares"] for row in rows] == [None, None, 4000]
    assert rows[0]["shares"] == 1_030_107_961


def test_zero_means_that_there_is_none() -> None:
    [row] = equities(
        legacy=lines_of("legacy", files.legacy_line("A", "EQ", SESSION, last="0", previous="0"))
    )
    assert (row["last"], row["previous_close"], row["close"]) == (None, None, 11.0)


def test_a_word_in_place_of_an_isin_is_none() -> None:
    lines = (files.legacy_line("A", "EQ", SESSION, isin=isin) for isin in ("DUMMY",))
    [row] = equities(legacy=lines_of("legacy", *lines))
    assert row["isin"] is None


# what differs


def test_a_volume_that_is_wrong_in_one_file_is_told() -> None:
    """2020-07-13: the full bhavcopy says 6,161,122,183 shares of one that traded 1,573,668."""
    session = date(2020, 7, 13)
    legacy = lines_of(
        "legacy",
        "ALFA,EQ,0.9,0.9,0.9,0.9,0.9,0.95,1573668,1416301.2,13-Jul-20,909,INE000A01010,",
        session=session,
    )
    full = lines_of(
        "full",
        "ALFA, EQ, 13-Jul-2020, 0.95, 0.90, 0.90, 0.90, 0.90, 0.90, 0.00, 6161122183, 14.16, 909,"
        " 1571668, 99.87",
        session=session,
    )
    [row] = equities(session, legacy=legacy, full=full)
    assert (row["shares"], row["vwap"], row["deliverable_shares"]) == (1_573_668, None, 1_571_668)
    assert row["turnover_inr"] == Decimal("1416301.20")
    assert disagreements(session, legacy=legacy, full=full) == [
        {
            "symbol": "ALFA",
            "series": "EQ",
            "figure": "shares",
            "source_format": "full",
            "value": 6_161_122_183.0,
            "kept_format": "legacy",
            "kept_value": 1_573_668.0,
        }
    ]
    [alone] = equities(session, full=full)
    assert alone["shares"] == 6_161_122_183


def test_what_a_file_leaves_out_is_no_disagreement() -> None:
    full = lines_of("full", files.full_line("A", "EQ", SESSION, last="10.00"))
    legacy = lines_of("legacy", files.legacy_line("A", "EQ", SESSION, last="0"))
    assert disagreements(legacy=legacy, full=full) == []
    assert disagreements(full=full) == []


@given(
    turnover=st.decimals("0.01", "99999999999.99", places=2),
    further=st.decimals("0.02", "5", places=2),
)
def test_a_turnover_in_lakhs_is_rounded(turnover: Decimal, further: Decimal) -> None:
    """The nearest lakh of two decimals is no disagreement, and one two hundredths away is."""
    legacy = lines_of("legacy", files.legacy_line("A", "EQ", SESSION, turnover=f"{turnover}"))
    lakh = (turnover / 100_000).quantize(Decimal("0.01"))
    full = lines_of("full", files.full_line("A", "EQ", SESSION, lakh=f"{lakh}"))
    assert disagreements(legacy=legacy, full=full) == []
    other = lines_of("full", files.full_line("A", "EQ", SESSION, lakh=f"{lakh + further}"))
    assert [row["figure"] for row in disagreements(legacy=legacy, full=other)] == ["turnover_inr"]


SECURITIES = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["EQ", "BE", "NA"])), unique=True
)


@given(udiff=SECURITIES, legacy=SECURITIES, full=SECURITIES)
def test_every_security_of_any_file_is_there_once(
    udiff: list[tuple[str, str]], legacy: list[tuple[str, str]], full: list[tuple[str, str]]
) -> None:
    rows = equities(
        udiff=lines_of("udiff", *(files.udiff_line(*one, SESSION, shares="3") for one in udiff)),
        legacy=lines_of(
            "legacy", *(files.legacy_line(*one, SESSION, shares="2") for one in legacy)
        ),
        full=lines_of("full", *(files.full_line(*one, SESSION, shares="1") for one in full)),
    )
    found = {(row["symbol"], row["series"]): row for row in rows}
    assert len(found) == len(rows)
    assert found.keys() == {*udiff, *legacy, *full}
    for one, row in found.items():
        assert row["shares"] == (3 if one in udiff else 2 if one in legacy else 1)
        assert (row["vwap"] is not None) == (one in full)
        held = {"udiff": udiff, "legacy": legacy, "full": full}
        assert row["source_formats"] == "+".join(form for form in held if one in held[form])


# what is not read


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (files.full_line("A", "EQ", date(2024, 7, 4)), "date of another session: 04-Jul-2024"),
        (files.full_line("", "EQ", SESSION), "unreadable symbol: "),
        (files.full_line("A", "", SESSION), "unreadable series: "),
        (files.full_line("A", "EQ", SESSION, close="0"), "unreadable close: 0"),
        (
            files.full_line("A", "EQ", SESSION, close="1,1"),
            "the line does not split into its cells",
        ),
        (files.full_line("A", "EQ", SESSION, last="x"), "unreadable last: x"),
        (files.full_line("A", "EQ", SESSION, average="-1"), "unreadable average price: -1"),
        (files.full_line("A", "EQ", SESSION, shares="1.5"), "unreadable shares: 1.5"),
        (files.full_line("A", "EQ", SESSION, lakh="1e3"), "unreadable turnover lakh: 1e3"),
        (files.full_line("A", "EQ", SESSION, delivered="?"), "unreadable deliverable shares: ?"),
        (files.full_line("B", "EQ", SESSION), "a line before has the same symbol and series"),
    ],
)
def test_a_line_that_is_not_read_says_why(line: str, reason: str) -> None:
    assert reasons("full", files.full_line("B", "EQ", SESSION), line) == [reason]


def test_a_legacy_line_with_another_word_for_its_trades_is_not_read() -> None:
    line = files.legacy_line("A", "EQ", SESSION).replace(",9,", ",many,")
    assert reasons("legacy", line) == ["unreadable trades: many"]
