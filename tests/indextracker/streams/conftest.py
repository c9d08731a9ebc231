"""A lake and a stream of a test's own."""

from pathlib import Path

import pytest

from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


@pytest.fixture
def stream(tmp_path: Path) -> EmbeddedStream:
    stream = EmbeddedStream(tmp_path / "events.sqlite")
    stream.create()
    return stream
