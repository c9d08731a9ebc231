"""How all pages read the lakehouse: one reader, whose answers are kept until new data is published.

What a page asks is a function of its own; drawing does not belong here.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Concatenate, ParamSpec, TypeVar

from indextracker import Frame, Lakehouse
from indextracker_dashboard.children import Children
from indextracker_dashboard.questions import Questions

P = ParamSpec("P")
T = TypeVar("T")

KEPT_BYTES = 256 * 2**20
# How old the knowledge of what is published may be: on S3 each look takes requests.
LOOKED_AT_FOR_SECONDS = 2.0


class Data:
    """The lakehouse, as pages share it among the threads of a server.

    Args:
        opening: Opens the lakehouse, also in another process: a class or a function of a module,
            perhaps with arguments. It is called again until there is one.
        kept_bytes: How much of its answers is kept.

    Attributes:
        questions: Asks what strangers write.
        children: Runs commands that pages start.
    """

    def __init__(
        self, opening: Callable[[], Lakehouse] = Lakehouse, kept_bytes: int = KEPT_BYTES
    ) -> None:
        self._opening = opening
        self.questions = Questions(opening)
        self.children = Children()
        self._kept_bytes = kept_bytes
        self._opened: Lakehouse | None = None
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._edition, self._looked_at = "", float("-inf")

    @property
    def lakehouse(self) -> Lakehouse:
        """The reader, for what is not to be kept.

        Raises:
            LakehouseMissingError: There is no lakehouse yet.
        """
        if self._opened is None:
            self._opened = self._opening()
        return self._opened

    def edition(self) -> str:
        """What tells apart what was published before and after a run; some two seconds old.

        Raises:
            LakehouseMissingError: There is no lakehouse yet.
        """
        if time.monotonic() - self._looked_at > LOOKED_AT_FOR_SECONDS:
            found = self.lakehouse.edition()
            with self._lock:
                if found != self._edition:
                    self._answers.clear()
                    self._sizes.clear()
                self._edition, self._looked_at = found, time.monotonic()
        return self._edition

    def ask(
        self,
        question: Callable[Concatenate[Lakehouse, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The answer of a question, kept until new data is published.

        Of several who ask the same at once one reads, and the others wait for it.

        Args:
            question: A function of the reader and of values that can be hashed; it is not to
                change what it answered before.
            *args: The values.
            **kwargs: More of them.

        Raises:
            Exception: What the question raises; that is not kept.
        """
        key = (self.edition(), question, args, tuple(sorted(kwargs.items())))
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
            else:
                mine: Future[T] = Future()
                self._answers[key] = mine
        if answer is not None:
            kept: T = answer.result()
            return kept
        try:
            found = question(self.lakehouse, *args, **kwargs)
        except BaseException as error:
            with self._lock:
                self._answers.pop(key, None)
            mine.set_exception(error)
            raise
        mine.set_result(found)
        self._keep(key, _bytes_of(found))
        return found

    def _keep(self, key: Hashable, size: int) -> None:
        """Counts an answer, and forgets those that were not asked for longest."""
        with self._lock:
            if key not in self._answers:
                return
            self._sizes[key] = size
            total = sum(self._sizes.values())
            for oldest in list(self._answers):
                if total <= self._kept_bytes:
                    break
                if oldest in self._sizes:
                    del self._answers[oldest]
                    total -= self._sizes.pop(oldest)


def _bytes_of(answer: object) -> int:
    """How much memory an answer holds, as far as it is of Arrow."""
    if isinstance(answer, Frame):
        return int(answer.rows.nbytes)
    if isinstance(answer, Mapping):
        return sum(map(_bytes_of, answer.values()))
    if isinstance(answer, Iterable) and not isinstance(answer, str | bytes):
        return sum(map(_bytes_of, answer))
    return int(getattr(answer, "nbytes", sys.getsizeof(answer)))
