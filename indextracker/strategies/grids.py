"""What `--set` says of parameters: values, or several of each, and every combination of them.

Which parameters a strategy has, and what each may be, is known to the strategy.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from indextracker_spark.strategies.model import ParameterError, Strategy

# A forgotten list of lists would run for days.
MOST_CELLS = 10_000

Values = Mapping[str, float]


def tried(given: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """The values of each parameter, of texts such as `fast=20` and `slow=50,100,200`.

    Raises:
        ParameterError: A text is none like these, or names a parameter again.
    """
    found: dict[str, tuple[float, ...]] = {}
    for text in given:
        name, equals, listed = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise ParameterError(f"{text!r} sets nothing: write it as fast=20, or fast=10,20,50")
        if name in found:
            raise ParameterError(
                f"{name} is set twice: write its values as {name}=1,2, separated by commas"
            )
        try:
            values = tuple(float(value) for value in listed.split(","))
        except ValueError:
            raise ParameterError(
                f"{text!r}: {listed!r} is no number, and no numbers separated by commas"
            ) from None
        found[name] = tuple(dict.fromkeys(values))
    return found


def cells(strategy: Strategy, values: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    """The parameters of each run of a grid, with defaults.

    Args:
        strategy: Whose parameters.
        values: The values to be tried of each.

    Raises:
        ParameterError: A value cannot be, in no combination; or there are too many combinations.
    """
    number = 1
    for listed in values.values():
        number *= len(listed)
    if number > MOST_CELLS:
        raise ParameterError(
            f"these values make {number:,} runs, and {MOST_CELLS:,} are the most: name fewer"
        )
    combined = itertools.product(*values.values())
    return [strategy.values(dict(zip(values, one, strict=True))) for one in combined]
