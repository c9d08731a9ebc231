"""What strangers put into documents and names commands no terminal, spreadsheet or parser."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from support.workbooks import workbook

from indextracker.feeds.model import Refusal
from indextracker.feeds.news import rss
from indextracker.feeds.zipped import Part, packed, read_parts
from indextracker.files.confirmed import LayoutError, document
from indextracker.files.detecting import detect
from indextracker.lake.questions import Answer
from indextracker.system.workbooks import WorkbookError, sheets
from indextracker_cli.answers import print_table
from indextracker_cli.saying import plain
from indextracker_cli.show import console, grid
from indextracker_dashboard.downloads import _KINDS

# Sets a terminal's title, clears it, writes its clipboard, turns a line, begins another one.
OBEYED = "\x1b]0;x\x07\x1b[2J\x9b1A\x1b]52;c;eA==\x07\u202eevil\nINFO all is well"


def test_what_a_terminal_obeys_is_written_out() -> None:
    assert plain("加權指數 café נקי") == "加權指數 café נקי"
    shown = plain(OBEYED, lines=False)
    assert shown.isprintable()
    assert shown.startswith("\\x1b]0;x\\x07\\x1b[2J\\x9b1A")
    assert plain("a\nb\tc") == "a\nb\tc"
    assert plain(os.fsdecode(b"\xff")).encode() == b"\\udcff"


def test_answers_and_grids_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    batch = pa.record_batch({OBEYED: [OBEYED]})
    print_table(Answer(batch.schema, iter([batch])))
    shown = console()
    with shown.capture() as said:
        shown.print(grid(OBEYED, (OBEYED,), [(OBEYED,)]), OBEYED)
    for text in (capsys.readouterr().out, said.get()):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*text}
        assert "\\x1b]0;x\\x07" in text.replace("\n", "")


def test_a_name_that_cannot_be_stored_stops_no_other_file(tmp_path: Path) -> None:
    rows = "Date,Close\n" + "".join(f"2021-03-{day},10.5\n" for day in range(11, 29))
    for name in (b"ok.csv", b"no\xfftext.csv", b"esc\x1b[2J.csv", b"two\nlines.csv"):
        Path(tmp_path, os.fsdecode(name)).write_text(rows)
    found = {one.name: one.refusal for one in detect(tmp_path)}
    assert found.pop("ok.csv") is None
    assert len(found) == 3
    assert all("cannot be stored" in (reason or "") for reason in found.values())
    assert all((reason or "").isprintable() for reason in found.values())


def test_elements_without_an_end_to_them_are_refused_at_once() -> None:
    """Two millions of them took an hour: each walked the path of all those before it."""
    with pytest.raises(Refusal, match="within more than 64 others"):
        rss.items(b"<rss>" + b"<a>" * 2_000_000, "a.xml")


@pytest.mark.parametrize(
    "text", ["[" * 10_000, "a: " * 10_000, "&a [*a]", "!!python/object:os.system {}"]
)
def test_a_layout_of_a_stranger_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    place = tmp_path / "a.yml"
    place.write_text(text)
    with pytest.raises(LayoutError):
        document(place)


def _far(body: bytes) -> bytes:
    """A workbook with one cell more, in the last corner that a sheet has."""
    made = io.BytesIO()
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(body)) as was, zipfile.ZipFile(made, "w") as archive:
        for info in was.infolist():
            archive.writestr(info, was.read(info).replace(b"</sheetData>", cell))
    return made.getvalue()


def test_a_workbook_of_two_kilobytes_that_takes_half_a_terabyte_is_refused(tmp_path: Path) -> None:
    rows = [["Date", "Close"], *([f"2021-03-{day}", 10.5] for day in range(11, 29))]
    whole = workbook({"prices": rows})
    far = _far(whole)
    assert len(far) < 10_000
    assert len(sheets(whole)[0][1]) == len(rows)
    (tmp_path / "far.xlsx").write_bytes(far)
    (tmp_path / "near.xlsx").write_bytes(whole)
    found = {one.name.partition("!")[0]: one.refusal for one in detect(tmp_path)}
    assert "taken for a bomb" in (found["far.xlsx"] or "")
    assert found["near.xlsx"] is None


@pytest.mark.parametrize(
    "damage", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600]
)
def test_what_is_no_workbook_is_told(damage: bytes) -> None:
    with pytest.raises(WorkbookError, match="cannot be read"):
        sheets(damage)


def test_a_part_of_a_zip_has_a_name_that_can_be_shown() -> None:
    body = packed([Part("a\x1b[2J.json", b"{}", None)])
    with pytest.raises(Refusal, match=r"holds the entry 'a\\x1b"):
        read_parts(body, "a.zip", 1000)


def test_names_of_columns_are_no_formulas_either() -> None:
    _, written = _KINDS["csv"]
    said = written(pa.table({"=cmd|'/c calc'!A1": ["=1+1"], "ok": ["-x"]})).decode()
    assert said == '"\'=cmd|\'/c calc\'!A1","ok"\n"\'=1+1","\'-x"\n'
