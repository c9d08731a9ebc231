"""Every value that is known of sixty real files, against what is detected of them.

Of a file whose instrument nobody can know from it, a question is as good as the value.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from indextracker.files import as_object, detect
from indextracker.files.model import SURE

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "market-samples" / "price-files"
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/META.json"))

PLAIN = (
    *("kind", "encoding", "line_ending", "last_line_ends_with_newline", "delimiter", "decimal"),
    *("thousands", "lines_before_header", "header_lines", "field_counts", "time_format"),
    *("price_scale", "frequency", "order", "data_rows", "rows_without_any_price"),
    *("rows_with_some_price_missing", "check_sums", "anomalies"),
)
RECORDS = ("first_record", "middle_record", "last_record")
# The same block of adjusted columns is called `other` in one of the descriptions.
ADJUSTED_VOLUME = {"adj_volume", "other"}


def same(expected: Any, found: Any) -> bool:
    """Whether a value is as described: numbers to 1e-9, of objects what the description has."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(same(value, found.get(name)) for name, value in expected.items())
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return bool(found == pytest.approx(expected, rel=1e-9, abs=1e-9))
    return bool(expected == found)


@cache
def described_and_found(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    described = json.loads((SAMPLES / name / "META.json").read_text(encoding="utf-8"))
    (proposal,) = detect(SAMPLES / name / described["file"])
    # As people get it: JSON has no other types.
    return described, json.loads(json.dumps(as_object(proposal)))


def test_there_are_sixty(samples: Path) -> None:
    assert len(list((samples / "price-files").glob("*/META.json"))) == 60


@pytest.mark.parametrize("name", NAMES)
def test_what_is_described_is_found(name: str) -> None:
    described, found = described_and_found(name)
    for key in PLAIN:
        if key in described:
            assert same(described[key], found[key]), f"{key}: {described[key]} is {found[key]}"


@pytest.mark.parametrize("name", NAMES)
def test_columns_have_their_roles(name: str) -> None:
    described, found = described_and_found(name)
    assert len(found["columns"]) == len(described["columns"])
    for expected, column in zip(described["columns"], found["columns"], strict=True):
        assert (column["index"], column["header"]) == (expected["index"], expected["header"])
        told = f"column {column['index']} {column['header']}"
        if {expected["role"], column["role"]} != ADJUSTED_VOLUME:
            assert column["role"] == expected["role"], told


@pytest.mark.parametrize("name", NAMES)
def test_dates_are_read_by_the_described_format(name: str) -> None:
    described, found = described_and_found(name)
    if not str(described["date_format"]).startswith("Excel date"):
        assert found["date_format"] == described["date_format"]
    else:
        assert found["date_format"] == "Excel date cell"


@pytest.mark.parametrize("name", NAMES)
def test_the_ticker_is_found_or_asked_for(name: str) -> None:
    described, found = described_and_found(name)
    asked = any(question["about"] == "ticker" for question in found["questions"])
    for key in ("where", "column", "value"):
        if (expected := described["ticker"].get(key)) != found["ticker"].get(key, expected):
            assert asked, f"ticker {key}: {expected} is {found['ticker']}, and nothing is asked"


@pytest.mark.parametrize("name", NAMES)
def test_records_are_read(name: str) -> None:
    described, found = described_and_found(name)
    asked = any(question["about"] == "ticker" for question in found["questions"])
    for key in RECORDS:
        expected = dict(described.get(key) or {})
        if asked:
            expected.pop("ticker", None)
        assert same(expected, found.get(key) or {}), f"{key}: {expected} is {found.get(key)}"


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_no_data_are_told(name: str) -> None:
    described, found = described_and_found(name)
    expected = described.get("non_data_rows", {"count": 0, "first": []})
    assert found["non_data_rows"]["count"] == expected["count"]
    shown = found["non_data_rows"]["first"]
    assert shown == expected["first"][: len(shown)]


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_decided_is_asked(name: str) -> None:
    described, found = described_and_found(name)
    assert bool(found["ask_the_user"]) >= bool(described["ask_the_user"]), described["ask_the_user"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_sure_is_asked(name: str) -> None:
    _, found = described_and_found(name)
    unsure = {what for what, sure in found["confidence"].items() if sure < SURE}
    about = {question["about"] for question in found["questions"]}
    assert unsure <= about | {"date"}, f"{unsure - about}: {found['confidence']}"
