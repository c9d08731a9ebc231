"""Which cases of many are tested each time, and which by `make test-all` alone.

Cases that show the same behaviour again are marked `exhaustive`: they find what is at fault where a
representative has found that something is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

T = TypeVar("T")


def first_of_each(cases: Iterable[T], kind: Callable[[T], Hashable]) -> list[ParameterSet]:
    """Cases as parameters of a test, all but the first of each kind marked `exhaustive`.

    Args:
        cases: The cases, in their order.
        kind: What a case shows: one that shows the same as an earlier one is exhaustive.
    """
    seen: set[Hashable] = set()
    found = []
    for case in cases:
        shown = kind(case)
        found.append(pytest.param(case, marks=[pytest.mark.exhaustive] if shown in seen else []))
        seen.add(shown)
    return found
