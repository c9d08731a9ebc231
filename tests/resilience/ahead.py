"""The work of a module's parametrized tests, done by threads while the first of them are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pytest

T = TypeVar("T")

AT_ONCE = 2


@contextmanager
def worked_ahead(
    request: pytest.FixtureRequest, parameter: str, work: Callable[[str], T]
) -> Iterator[dict[str, Future[T]]]:
    """Does the work of a module's parametrized tests, two at a time, in their order.

    One run of the command keeps hardly more than one core busy. Only the tests that were selected
    are worked for.
    """
    wanted = [
        item.callspec.params[parameter]
        for item in request.session.items
        if item.path == request.path
        and isinstance(item, pytest.Function)
        and parameter in (item.callspec.params if hasattr(item, "callspec") else {})
    ]
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield {value: pool.submit(work, value) for value in wanted}
    finally:
        pool.shutdown(cancel_futures=True)
