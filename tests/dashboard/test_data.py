"""Answers that pages share: kept until new data is published, and read once for all who wait."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pyarrow as pa
import pytest

from indextracker import Frame, Lakehouse
from indextracker_dashboard import data as module
from indextracker_dashboard.data import Data


class Published:
    """A lakehouse of which only the edition is asked."""

    def __init__(self) -> None:
        self.number = 1

    def edition(self) -> str:
        return str(self.number)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    monkeypatch.setattr(module, "LOOKED_AT_FOR_SECONDS", -1.0)
    return Published()


@pytest.fixture
def data(published: Published) -> Data:
    return Data(lambda: cast("Lakehouse", published), kept_bytes=4_000)


class Asked:
    """A question, and how often it was read."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, lakehouse: Lakehouse, rows: int = 1) -> Frame:
        self.times += 1
        return Frame(pa.table({"a": pa.array(range(rows), pa.int64())}))


def test_an_answer_is_kept_until_new_data_is_published(data: Data, published: Published) -> None:
    question = Asked()
    assert data.ask(question, 2) is data.ask(question, 2)
    assert question.times == 1
    data.ask(question, 3)
    assert question.times == 2
    published.number = 2
    data.ask(question, 2)
    assert question.times == 3


def test_what_was_not_asked_for_longest_is_forgotten(data: Data) -> None:
    question = Asked()
    for rows in (200, 201, 200, 202):
        data.ask(question, rows)
    assert question.times == 3
    data.ask(question, 200)
    assert question.times == 3, "the one that was asked for again is kept"
    data.ask(question, 201)
    assert question.times == 4


def test_of_many_who_ask_at_once_one_reads(data: Data) -> None:
    begun, go_on = threading.Event(), threading.Event()
    times = []

    def slow(lakehouse: Lakehouse) -> str:
        times.append(1)
        begun.set()
        assert go_on.wait(30)
        return "read"

    with ThreadPoolExecutor(8) as people:
        waiting = [people.submit(data.ask, slow) for _ in range(8)]
        assert begun.wait(30)
        go_on.set()
        assert [one.result(30) for one in waiting] == ["read"] * 8
    assert len(times) == 1


def test_what_failed_is_asked_again(data: Data) -> None:
    failing = [True]

    def perhaps(lakehouse: Lakehouse) -> str:
        if failing:
            raise LookupError("not yet")
        return "there"

    with pytest.raises(LookupError, match="not yet"):
        data.ask(perhaps)
    failing.clear()
    assert data.ask(perhaps) == "there"
