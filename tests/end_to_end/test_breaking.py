"""A rule is found by its expression anywhere in a module; not finding it once is an error."""

import ast

import pytest
from end_to_end.breaking import NotFoundError, Rule, broken, changed

from indextracker.building.jobs import JOBS

SOURCE = """
HOURS = 8 * 3600
FORM: str = f"{YEAR}-{MONTH}(,{YEAR})?"

class Bars:
    @property
    def start(self):
        return floor(
            self.at,  # an instant
            60,
        ).where('open') & (a | b) & c
"""


def after(name: str, shape: str, instead: str) -> str:
    """What the source says once a rule is broken, as Python writes it."""
    return ast.unparse(changed(ast.parse(SOURCE), name, shape, instead))


@pytest.mark.parametrize(
    ("name", "shape", "instead", "said"),
    [
        ("HOURS", "X", "0", "HOURS = 0"),
        ("HOURS", "8 * X", "9 * X", "HOURS = 9 * 3600"),
        ("FORM", 'f"{MONTH}(,"', 'f"[0-9]+(,"', "f'{YEAR}-[0-9]+(,{YEAR})?'"),
        ("Bars.start", "floor(self.at, 60)", "self.at", "return self.at.where('open')"),
        ("Bars.start", "floor(X, *Y)", "ceiling(*Y, X)", "ceiling(60, self.at).where("),
        ("Bars", 'X.where("open") & Y', "Y", "return (a | b) & c"),
    ],
)
def test_the_expression_of_a_shape_is_another_one(
    name: str, shape: str, instead: str, said: str
) -> None:
    assert said in after(name, shape, instead)


@pytest.mark.parametrize(
    ("name", "shape", "times"), [("HOURS", "9 * X", 0), ("FORM", 'f"{YEAR}"', 2), ("Bars", "d", 0)]
)
def test_a_shape_has_to_be_there_once(name: str, shape: str, times: int) -> None:
    with pytest.raises(NotFoundError, match=f"^{name} has {times} times: "):
        after(name, shape, shape)


@pytest.mark.parametrize("holder", ["no_such_function", "JOBS"])
def test_a_holder_is_named_until_it_is_the_only_one(holder: str) -> None:
    with pytest.raises(NotFoundError, match=f"^{holder} is"):
        Rule(holder, "X", "0").broken()


def test_a_broken_rule_is_mended_afterwards() -> None:
    from indextracker_spark.taiwan import clock, markets

    before = dict(JOBS)
    with broken(Rule("clock.STOCKS_CLOSE", "X", '"00:00:00"')):
        assert clock.STOCKS_CLOSE == markets.STOCKS_CLOSE == "00:00:00"
        assert list(JOBS) == list(before)
        assert before != JOBS
    assert clock.STOCKS_CLOSE == markets.STOCKS_CLOSE == "13:30:00"
    assert before == JOBS
