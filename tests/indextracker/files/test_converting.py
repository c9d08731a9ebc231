"""Files become rows by their layout alone: sixty real ones, and whatever is odd of made ones."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from indextracker.files import as_yaml, detect, grouped, selecting
from indextracker.files.confirmed import LayoutError, Reading, answered, reading_of
from indextracker.files.converting import ChangedFileError, Converted, convert, fingerprint, reader
from indextracker.files.model import RefusedFileError

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "market-samples" / "price-files"
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/META.json"))
# Its files have prices and no dates; the description says to refuse it.
REFUSED = {"no-date-column"}
BARS = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2021-03-{day},10.5,12.5,9.5,11.5,{day}00\n" for day in range(11, 29)
)
LINE_OF_20TH = 11


def layout_of(path: Path, **answers: str) -> dict[str, Any]:
    """The layout of a file, with each question answered: by what is given, or by yes."""
    [layout] = grouped([*detect(path)])
    found = yaml.safe_load(as_yaml(layout))
    every = {one["about"]: "yes" for one in found["questions"]}
    return answered(found, every | answers)


def converted(path: Path, into: Path, layouts: list[Reading], **more: Any) -> Converted:
    known, how = fingerprint(path), {"zone": "UTC"} | more
    with reader(into) as connection:
        return convert(connection, path, path.name, known, layouts, into=into, **how)


def rows(found: Converted) -> pa.Table:
    """The rows by line."""
    tables = [pq.read_table(path) for path in found.parquet]
    return pa.concat_tables([table.cast(tables[0].schema) for table in tables]).sort_by("line")


def described(name: str) -> tuple[dict[str, Any], Path, Reading]:
    told = json.loads((SAMPLES / name / "META.json").read_text(encoding="utf-8"))
    path = SAMPLES / name / told["file"]
    answers = {}
    [proposal] = detect(path)
    about = {question.about for question in proposal.findings.questions}
    if proposal.ticker.where in ("none", "file_name"):
        answers["ticker"] = str(told["ticker"].get("value") or "XXX")
    if "date_format" in about:
        answers["date_format"] = told["date_format"]
    return told, path, reading_of(layout_of(path, **answers))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_sums_of_real_files_are_those_of_their_descriptions(name: str, tmp_path: Path) -> None:
    told, path, how = described(name)
    found = converted(path, tmp_path, [how])
    table, sums = rows(found), told["check_sums"]
    total = pc.sum(table["close"]).as_py()
    assert total == pytest.approx(sums.get("sum_close", sums.get("sum_of_all_prices")), rel=1e-9)
    if sums.get("sum_volume") is not None:
        assert (pc.sum(table["volume"]).as_py() or 0) == pytest.approx(sums["sum_volume"], rel=1e-9)
    expected = told["cells_with_price"] if "cells_with_price" in told else told["data_rows"]
    assert found.rows == table.num_rows == expected
    assert {*table["document"].unique().to_pylist()} == {fingerprint(path).digest}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_duckdb_and_python_read_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path, how = described(name)
    fast = converted(path, tmp_path / "fast", [how], zone="America/New_York")
    monkeypatch.setattr("indextracker.files.selecting.of_text", lambda *_, **__: None)
    slow = converted(path, tmp_path / "slow", [how], zone="America/New_York")
    order = [("file", "ascending"), ("line", "ascending"), ("ticker", "ascending")]
    assert rows(fast).sort_by(order).to_pylist() == rows(slow).sort_by(order).to_pylist()
    assert fast.rejected == slow.rejected


def test_a_row_leads_back_to_its_line(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    found = rows(converted(path, tmp_path / "out", [reading_of(layout_of(path))]))
    [row] = found.filter(pc.equal(found["line"], LINE_OF_20TH)).to_pylist()
    assert row["at"] == datetime(2021, 3, 20, tzinfo=UTC)
    assert (row["ticker"], row["interval"], row["volume"]) == ("AAA", "1d", 2000.0)
    assert path.read_text().splitlines()[LINE_OF_20TH - 1].startswith("2021-03-20,10.5")


def test_a_day_begins_at_midnight_of_the_zone(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how = reading_of(layout_of(path))
    found = rows(converted(path, tmp_path / "out", [how], zone="Asia/Kolkata"))
    assert found["at"][0].as_py() == datetime(2021, 3, 10, 18, 30, tzinfo=UTC)
    named = reading_of(layout_of(path, zone="America/New_York"))
    found = rows(converted(path, tmp_path / "own", [named], zone="Asia/Kolkata"))
    assert found["at"][0].as_py() == datetime(2021, 3, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize("years", [1911, -543])
def test_years_of_other_counts_are_ours(years: int, tmp_path: Path) -> None:
    path = tmp_path / "ABC.csv"
    path.write_text(BARS.replace("2021-03-", f"{2021 - years}/03/"), encoding="utf-8")
    found = rows(converted(path, tmp_path / "out", [reading_of(layout_of(path))]))
    assert found["at"][0].as_py() == datetime(2021, 3, 11, tzinfo=UTC)
    assert found.num_rows == 18


def test_a_confirmed_layout_that_reads_no_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ABC.csv"
    path.write_text(BARS, encoding="utf-8")
    wrong = layout_of(path) | {"date_format": "%d.%m.%Y"}
    with pytest.raises(RefusedFileError, match="is confirmed, and by it no row has a time"):
        converted(path, tmp_path / "out", [reading_of(wrong)])


def test_answers_change_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "Date,Open,High,Low,Last,Settle,Volume\n"
        + "".join(f"0{day}/02/2021,10,12,9,11,11.25,{day}\n" for day in range(1, 10))
    )
    answers = {"date_format": "%m/%d/%Y", "close": "Settle", "volume": "1000", "ticker": "ES"}
    found = rows(converted(path, tmp_path / "out", [reading_of(layout_of(path, **answers))]))
    assert found["at"][1].as_py() == datetime(2021, 2, 2, tzinfo=UTC)
    assert found["close"][0].as_py() == 11.25
    assert found["volume"][1].as_py() == 2000.0
    assert found["ticker"].unique().to_pylist() == ["ES"]


def test_an_answer_that_is_not_possible_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Date,Close\n" + "".join(f"0{d}/02/2021,{d}.5\n" for d in range(1, 10)))
    with pytest.raises(LayoutError, match=r"the answers to .* are %d/%m/%Y, %m/%d/%Y"):
        layout_of(path, date_format="%Y")
    with pytest.raises(LayoutError, match="nothing is asked about 'colour'"):
        layout_of(path, colour="red")
    with pytest.raises(LayoutError, match="there is no zone 'Mars'"):
        layout_of(path, zone="Mars")


def test_lines_that_cannot_be_read_are_told_and_the_others_kept(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how = reading_of(layout_of(path))
    lines = BARS.splitlines()
    lines[3] = "2021-03-1x,10.5,12.5,9.5,11.5,1300"
    lines[5] = "2021-03-15,,,,,1500"
    lines[6] = "2021-03-16,10.5,12.5,9.5,$11.75,1.6K"
    lines.insert(9, "")
    path.write_text("\n".join(lines) + "\n")
    found = converted(path, tmp_path / "out", [how])
    [(name, rejects)] = found.rejects
    assert name == "AAA.csv"
    assert rejects.select(["line", "reason"]).to_pylist() == [
        {"line": 4, "reason": "no date is read in it by the format of the layout"},
        {"line": 6, "reason": "no price is read in it"},
    ]
    table = rows(found)
    assert found.rows == 16
    [odd] = table.filter(pc.equal(table["line"], 7)).to_pylist()
    assert (odd["close"], odd["volume"]) == (11.75, 1600.0)
    assert table["line"].to_pylist()[-1] == 20


def test_negative_prices_and_eight_decimals_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "OIL.csv"
    path.write_text(BARS.replace("2021-03-20,10.5,12.5,9.5,11.5", "2021-03-20,1,2,-40.1,-36.98"))
    path.write_text(path.read_text().replace("2021-03-21,10.5", "2021-03-21,10.123456789"))
    table = rows(converted(path, tmp_path / "out", [reading_of(layout_of(path))]))
    assert table["close"].to_pylist()[9] == -36.98
    assert table["open"].to_pylist()[10] == 10.123456789


@pytest.mark.parametrize("packing", ["gz", "zip"])
def test_packed_files_are_read_as_what_is_in_them(packing: str, tmp_path: Path) -> None:
    path = tmp_path / f"AAA.csv.{packing}"
    if packing == "gz":
        path.write_bytes(gzip.compress(BARS.encode()))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("in/AAA.csv", BARS)
            archive.writestr("../BBB.csv", BARS)
    proposals = [one for one in detect(path) if one.refusal is None]
    [layout] = grouped(proposals)
    how = reading_of(yaml.safe_load(as_yaml(layout)))
    found = converted(path, tmp_path / "out", [how])
    assert found.rows == 18
    if packing == "zip":
        assert found.reasons == [
            f"{path.name}!../BBB.csv: its path in the archive leaves the folder"
        ]
        assert {*rows(found)["file"].to_pylist()} == {f"{path.name}!in/AAA.csv"}
    assert not [*tmp_path.rglob("reading-*")]


def test_a_bomb_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv.gz"
    path.write_bytes(gzip.compress(BARS.encode() + b"\n" * (1 << 27)))
    plain = tmp_path / "AAA.csv"
    plain.write_text(BARS)
    how = reading_of(layout_of(plain) | {"container": "gz"})
    with pytest.raises(RefusedFileError, match="taken for a bomb"):
        converted(path, tmp_path / "out", [how])
    assert not [*(tmp_path / "out").rglob("*.*")]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_of_megabytes_is_refused(quote: str, tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how = reading_of(layout_of(path))
    # DuckDB leaves the plain one out, and ends at the other one.
    path.write_text(f"{BARS}{quote}2021-04-01,{'9' * (20 << 20)}\n{BARS}")
    with pytest.raises(RefusedFileError, match=r"a line of 1,048,576 letters or more"):
        converted(path, tmp_path / "out", [how])


def test_a_million_columns_fit_no_layout(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how = reading_of(layout_of(path))
    path.write_text(",".join(["Date"] + ["C"] * 400_000) + "\n" + BARS)
    with pytest.raises(RefusedFileError, match="columns: at most 20,000 are read"):
        converted(path, tmp_path / "out", [how])


def test_another_layout_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how = reading_of(layout_of(path))
    path.write_text(BARS.replace("Open,High", "High,Open"))
    with pytest.raises(RefusedFileError, match=r"it is of layout .* which is not confirmed"):
        converted(path, tmp_path / "out", [how])


def test_a_file_that_changes_while_it_is_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how = reading_of(layout_of(path))
    from indextracker.files import opening

    as_utf8 = opening.as_utf8

    def meanwhile(part: opening.Part, codec: str) -> opening.Text:
        path.write_text(BARS + "2021-03-29,10.5,12.5,9.5,11.5,2900\n")
        return as_utf8(part, codec)

    monkeypatch.setattr(opening, "as_utf8", meanwhile)
    with pytest.raises(ChangedFileError, match=r"AAA\.csv was written to while it was read"):
        converted(path, tmp_path / "out", [how])


def test_a_file_that_changed_before_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how, known = reading_of(layout_of(path)), fingerprint(path)
    path.write_text(BARS.replace("11.5", "12.5"))
    with reader(tmp_path) as connection, pytest.raises(ChangedFileError, match="written to"):
        convert(connection, path, path.name, known, [how], zone="UTC", into=tmp_path / "out")
    path.write_text(BARS)
    with reader(tmp_path) as connection:
        found = convert(
            connection, path, path.name, known, [how], zone="UTC", into=tmp_path / "again"
        )
    assert (found.rows, found.document) == (18, known.digest)


def test_a_quote_that_is_never_closed_is_left_to_python(tmp_path: Path) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how = reading_of(layout_of(path))
    many = BARS.partition("\n")[2] * 9
    path.write_text(BARS + many + '"2021-03-29,10.5\n' + many)
    found = converted(path, tmp_path / "out", [how])
    assert found.rows == 18 * 19
    [(_, rejects)] = found.rejects
    assert rejects["line"].to_pylist() == [18 * 10 + 2]


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("memory", duckdb.OutOfMemoryException),
        ("disk", duckdb.IOException),
        ("file", FileNotFoundError),
        ("select", duckdb.BinderException),
    ],
)
def test_what_no_line_is_to_blame_for_is_told_and_not_read_one_by_one(
    fault: str, raised: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "AAA.csv"
    path.write_text(BARS)
    how, known = reading_of(layout_of(path)), fingerprint(path)
    of_text, into = selecting.of_text, tmp_path / "out"

    def broken(*told: Any, **more: Any) -> selecting.Select | None:
        if fault == "file":
            path.unlink()
        if fault == "disk":
            into.rename(tmp_path / "elsewhere")
        select = of_text(*told, **more)
        return selecting.Select("select nothing", "") if fault == "select" else select

    monkeypatch.setattr(selecting, "of_text", broken)
    with reader(tmp_path) as connection, pytest.raises(raised):
        if fault == "memory":
            connection.execute("set memory_limit = '1MiB'")
        convert(connection, path, path.name, known, [how], zone="UTC", into=into)
    assert not [*into.rglob("*.parquet")]


def test_odd_tickers_and_numbers_are_the_same_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.csv"
    head = "Ticker," + BARS.partition("\n")[0] + "\n"
    body = BARS.splitlines()[1:]
    path.write_text(head + "".join(f"AAPL,{line}\n" for line in body))
    how = reading_of(layout_of(path))
    odd = [
        f"'AAPL,{body[0]}",
        f"  AAPL ,{body[1]}",
        f"''AAPL,{body[2]}",
        f" 'AAPL,{body[3]}",
        f"O'NEIL,{body[4]}",
        f"',{body[5]}",
        "AAPL,2021-03-17,10.5,inf,9.5,11.5,100",
        "AAPL,2021-03-18,10.5,12.5,nan,11.5,100",
        "AAPL,2021-03-19,,,,11.5,",
    ]
    path.write_text(head + "".join(f"{line}\n" for line in (*odd, *(f"AAPL,{b}" for b in body))))
    fast = converted(path, tmp_path / "fast", [how])
    monkeypatch.setattr("indextracker.files.selecting.of_text", lambda *_, **__: None)
    slow = converted(path, tmp_path / "slow", [how])
    assert rows(fast).to_pylist() == rows(slow).to_pylist()
    assert rows(fast)["ticker"].to_pylist()[:5] == ["AAPL"] * 4 + ["O'NEIL"]
    assert fast.rejected == slow.rejected


def test_text_of_other_encodings_is_read(tmp_path: Path) -> None:
    header = "日期,開盤價,最高價,最低價,收盤價,成交量\n"
    for codec in ("cp950", "utf-16"):
        path = tmp_path / f"2330_{codec}.csv"
        path.write_bytes((header + BARS.partition("\n")[2]).encode(codec))
        found = converted(path, tmp_path / codec, [reading_of(layout_of(path, ticker="2330"))])
        assert found.rows == 18
        assert pc.sum(rows(found)["close"]).as_py() == pytest.approx(18 * 11.5)
