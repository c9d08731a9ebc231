"""Which spells are of one instrument."""

from datetime import date

import pytest

from indextracker_spark.india.identities import Renaming, Spell, instrument_ids, with_isins

SHARES = ""
ALFA, AFTER_SPLIT, OF_ANOTHER = "INE000A01010", "INE000A01028", "INE999Z01012"
SHARE, OTHER = ALFA[:9], OF_ANOTHER[:9]


def spell(
    symbol: str,
    first: int,
    last: int,
    isin: str | None = ALFA,
    *,
    series: str = "EQ",
    line: str = SHARES,
    beside: bool = False,
    previous_close: float | None = None,
    close: float = 10.0,
) -> Spell:
    """A spell from a day of January to another."""
    days = (date(2020, 1, first), date(2020, 1, last))
    return Spell(symbol, series, isin, line, beside, *days, previous_close, close)


def ids(*spells: Spell, renamings: tuple[Renaming, ...] = ()) -> list[str]:
    found = instrument_ids(spells, renamings, shares=SHARES)
    assert instrument_ids(spells[::-1], renamings, shares=SHARES) == found[::-1]
    return found


def renaming(old: str, new: str, day: int) -> Renaming:
    return Renaming(old, new, date(2020, 1, day))


def test_an_isin_is_one_instrument_under_any_symbol_and_series() -> None:
    found = ids(spell("A", 1, 3), spell("B", 6, 9), spell("B", 10, 20, series="BE"))
    assert found == [SHARE] * 3


def test_a_split_gives_a_share_the_next_isin() -> None:
    assert ids(spell("A", 1, 3), spell("A", 6, 9, AFTER_SPLIT)) == [SHARE, SHARE]


def test_a_share_is_called_the_same_whichever_of_its_sessions_are_known() -> None:
    before, after = spell("A", 1, 3), spell("A", 6, 9, AFTER_SPLIT)
    assert {*ids(before, after), *ids(after), *ids(before)} == {SHARE}


def test_funds_of_a_house_are_called_by_their_own_isins() -> None:
    """The first nine characters are of the house."""
    funds = ("INF204KB14I2", "INF204KB17I5")
    found = ids(*(spell(symbol, 1, 3, isin) for symbol, isin in zip("AB", funds, strict=True)))
    assert found == [*funds]


def test_two_shares_are_never_called_the_same() -> None:
    assert ids(spell("A", 1, 9), spell("B", 1, 9, AFTER_SPLIT)) == [ALFA, AFTER_SPLIT]


def test_a_new_issuer_is_the_same_share_where_its_price_goes_on() -> None:
    before = spell("A", 1, 3, close=10.5)
    assert ids(before, spell("A", 6, 9, OF_ANOTHER, previous_close=10.5)) == [SHARE, SHARE]
    assert ids(before, spell("A", 6, 9, OF_ANOTHER, previous_close=9.0)) == [SHARE, OTHER]


def test_a_series_of_bonds_is_that_of_another_bond_in_its_time() -> None:
    bonds = ("INE000A07017", "INE000A07025")
    found = ids(
        spell("A", 1, 3, bonds[0], series="N1", line="N1"),
        spell("A", 6, 9, bonds[1], series="N1", line="N1", previous_close=10.0),
    )
    assert found == [*bonds]


def test_nothing_is_joined_by_an_isin_that_is_missing() -> None:
    found = ids(*(spell(symbol, 1, 3, None) for symbol in ("A", "B", "C")))
    assert found == ["A-EQ", "B-EQ", "C-EQ"]


def test_what_is_traded_beside_a_share_is_the_share() -> None:
    block = spell("A", 2, 2, None, series="BL", beside=True)
    assert ids(spell("A", 1, 3), block) == [SHARE, SHARE]
    assert ids(block) == ["A-BL"]


@pytest.mark.parametrize("day", [6, 3, 8])
def test_a_renaming_joins_what_no_isin_does_though_its_day_is_off(day: int) -> None:
    found = ids(
        spell("A", 1, 3, None), spell("B", 6, 9, OF_ANOTHER), renamings=(renaming("A", "B", day),)
    )
    assert found == [OTHER, OTHER]


def test_a_symbol_without_sessions_is_passed_through() -> None:
    found = ids(
        spell("A", 1, 3, None),
        spell("C", 16, 20, None),
        renamings=(renaming("B", "C", 13), renaming("A", "B", 6)),
    )
    assert found == ["A-EQ", "A-EQ"]


def test_who_takes_a_symbol_later_is_another() -> None:
    found = ids(
        spell("A", 1, 3),
        spell("B", 6, 9),
        spell("A", 20, 22, OF_ANOTHER),
        renamings=(renaming("A", "B", 6),),
    )
    assert found == [SHARE, SHARE, OTHER]


def test_a_symbol_that_goes_on_was_not_renamed() -> None:
    found = ids(
        spell("A", 1, 30), spell("B", 6, 30, OF_ANOTHER), renamings=(renaming("A", "B", 6),)
    )
    assert found == [SHARE, OTHER]


def test_a_missing_isin_is_the_next_one_of_the_series() -> None:
    printed = [spell("A", 1, 3), spell("A", 6, 7, None), spell("A", 8, 9, AFTER_SPLIT, close=12.0)]
    filled = with_isins(reversed(printed))
    assert [(s.isin, s.first_session.day, s.last_session.day, s.close) for s in filled] == [
        (ALFA, 1, 3, 10.0),
        (AFTER_SPLIT, 6, 9, 12.0),
    ]


def test_a_missing_isin_is_the_last_one_where_none_follows() -> None:
    moved = spell("A", 6, 7, None, series="BE")
    assert with_isins([spell("A", 1, 3), moved, spell("A", 8, 9, None)]) == [
        *(spell("A", 1, 3), moved, spell("A", 8, 9)),
    ]


def test_no_isin_is_taken_from_another_symbol_or_series() -> None:
    strangers = [spell("A", 1, 3, None), spell("B", 1, 3), spell("A", 1, 3, series="N1", line="N1")]
    assert {s.isin for s in with_isins(strangers) if (s.symbol, s.series) == ("A", "EQ")} == {None}
