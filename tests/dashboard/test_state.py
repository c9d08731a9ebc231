"""Permalinks: what a state is in an address, and what is refused there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import pytest

from indextracker_dashboard.state import State, StateError, parsed, query_of, texts_of


@dataclass(frozen=True)
class Seen(State):
    on: date | None = None
    minutes: int = 5
    part: Literal["day", "night"] = "day"
    overlays: tuple[str, ...] = ()
    name: str = "TX"


WHOLE = Seen(date(2024, 12, 16), 15, "night", ("TAIEX", "M+1"), "漲 <&> '\"\n;--")


@pytest.mark.parametrize("state", [Seen(), WHOLE, Seen(name="")])
def test_an_address_holds_the_whole_state(state: Seen) -> None:
    assert parsed(Seen, query_of(state)) == state
    assert parsed(Seen, f"?{query_of(state)}") == state


def test_what_has_its_default_is_left_out() -> None:
    assert query_of(Seen()) == ""
    assert query_of(Seen(minutes=1)) == "minutes=1"
    assert texts_of(Seen())["on"] == ""


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("minutes=five", "minutes='five' in the address should be a valid integer"),
        ("part=noon", "part='noon' in the address should be 'day' or 'night'"),
        ("on=2024-13-01", "on='2024-13-01' in the address"),
        ("on=", "on='' in the address"),
        ("colour=red", "this page has no 'colour' in its address: it knows on, minutes"),
        ("minutes=1&minutes=5", "the address has minutes twice"),
        ("name=%00", "characters in name that cannot be shown"),
        ("name=" + "x" * 101, "at most 100 characters"),
        ("&&", "no name=value"),
        ("name=" + "x" * 20_000, "longer than 20000 characters"),
    ],
)
def test_what_a_page_cannot_read_is_refused_by_a_sentence(query: str, said: str) -> None:
    with pytest.raises(StateError) as caught:
        parsed(Seen, query)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 250
