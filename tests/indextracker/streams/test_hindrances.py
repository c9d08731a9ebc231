"""Hindrances: what people are told of an error is a line."""

from __future__ import annotations

import pytest

from indextracker.streams.hindrances import Hindrances, reason_of


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "When writing: error. Detail: Python exception: Traceback (most recent call last):\n …",
            "When writing: error.",
        ),
        (
            "Generic S3 error: 503 Service Unavailable:\n  <Error>\n  <Code>SlowDown</Code>",
            "Generic S3 error: 503 Service Unavailable: <Error> <Code>SlowDown</Code>",
        ),
        ("", "OSError"),
    ],
)
def test_a_reason_is_a_line_without_a_traceback(said: str, told: str) -> None:
    assert reason_of(OSError(said)) == told
    hindrances = Hindrances("a consumer")
    hindrances.failed("appending", OSError(said))
    assert hindrances.reasons == told


def test_a_reason_is_no_page() -> None:
    told = reason_of(OSError("word " * 1000))
    assert told.startswith("word word")
    assert told.endswith(" …")
    assert len(told) <= 300
