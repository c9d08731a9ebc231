"""Splitting into cells: no line lost, none renumbered."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indextracker.feeds.lines import split_lines

NAMES = ("a", "b", "c")
# Whatever a splitter may stumble over, more often than chance would have it.
FRAGMENTS = st.sampled_from(
    [
        "",
        " ",
        ",",
        ",,",
        "1,2,3",
        " a , b ,c ",
        '"',
        '"x,y"',
        "\r",
        "\t",
        "\0",
        "\\",
        "合計",
        "-",
        "z",
    ]
)
LINES = st.lists(FRAGMENTS, max_size=5).map("".join)
ENDS = st.sampled_from(["\n", "\r\n", "\r\r\n"])


def split_by_hand(text: str, first: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, line in enumerate(text.split("\n"), first):
        whole = line.rstrip("\r")
        cells = [cell.strip(" \t\n\v\f\r") for cell in whole.split(",")]
        if not "".join(cells) and "," not in whole:
            continue
        fits = len(cells) == len(NAMES)
        rows.append(
            {"line": number}
            | dict(zip(NAMES, cells if fits else [None] * 3, strict=True))
            | {"text": None if fits else whole}
        )
    return rows


@given(st.lists(st.tuples(LINES, ENDS)), LINES, st.integers(1, 3))
@example([("1,2,3", "\n"), ("", "\n"), ("x\ry", "\n")], "1,2,3", 2)
@example([(",,", "\r\n"), ("", "\r\n"), ("1,2,3", "\r\n")], "", 2)
@example([("1,2", "\r\n"), ("   ", "\r\n"), ("1,2,3", "\r\n")], "", 3)
def test_agrees_with_a_naive_splitter(
    lines: list[tuple[str, str]], unended: str, first: int
) -> None:
    text = "".join(line + end for line, end in lines) + unended
    found = split_lines(text.encode(), NAMES, first)
    assert found.to_pylist() == split_by_hand(text, first)


@given(st.text(), st.integers(1, 3))
def test_agrees_with_a_naive_splitter_on_any_text(text: str, first: int) -> None:
    assert split_lines(text.encode(), NAMES, first).to_pylist() == split_by_hand(text, first)


@given(st.lists(st.tuples(LINES, ENDS)))
def test_wanted_cells_are_those_of_all_cells(lines: list[tuple[str, str]]) -> None:
    data = "".join(line + end for line, end in lines).encode()
    every = split_lines(data, NAMES, 1)
    assert split_lines(data, NAMES, 1, ("c", "a")).equals(every.select(["line", "c", "a", "text"]))


def test_a_misfit_keeps_its_place_among_many_lines() -> None:
    lines = [f"{n},{n},{n}" for n in range(1, 100_001)]
    lines[70_000] = '70001,"open quote'
    found = split_lines("\r\n".join(lines).encode(), NAMES, 2)
    assert found.num_rows == 100_000
    assert found.column("line").to_pylist() == list(range(2, 100_002))
    assert found.slice(70_000, 1).to_pylist() == [
        {"line": 70_002, "a": None, "b": None, "c": None, "text": '70001,"open quote'}
    ]


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n \r\n"])
def test_blank_text_has_no_rows(data: bytes) -> None:
    found = split_lines(data, NAMES, 2)
    assert found.num_rows == 0
    assert found.column_names == ["line", *NAMES, "text"]
