"""What `--set` says of parameters."""

import pytest

from indextracker.strategies import grids
from indextracker_spark.strategies import SHIPPED
from indextracker_spark.strategies.model import ParameterError

CROSSOVER = SHIPPED["crossover"]


def test_several_values_are_combined_in_the_order_given() -> None:
    made = grids.cells(CROSSOVER, grids.tried(["fast=5,10", "slow=50,100"]))
    assert [(cell["fast"], cell["slow"]) for cell in made] == [
        (5, 50),
        (5, 100),
        (10, 50),
        (10, 100),
    ]


def test_what_is_not_set_has_its_default() -> None:
    defaults = {parameter.name: parameter.default for parameter in CROSSOVER.parameters}
    assert grids.cells(CROSSOVER, grids.tried([])) == [defaults]
    assert grids.cells(CROSSOVER, grids.tried(["fast=7"])) == [defaults | {"fast": 7}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["fast"], "'fast' sets nothing: write it as fast=20"),
        (["fast=x"], "'x' is no number"),
        (["fast=5", "fast=6"], "fast is set twice"),
        (["quick=5"], "has no parameter quick"),
        (["fast=0"], "has to be between"),
        (
            [
                "fast=" + ",".join(map(str, range(1, 200))),
                "slow=" + ",".join(map(str, range(2, 200))),
            ],
            "make 39,402 runs",
        ),
    ],
)
def test_what_cannot_be_set_is_said(given: list[str], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        grids.cells(CROSSOVER, grids.tried(given))
