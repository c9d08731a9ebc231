"""One lakehouse that is watched, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from monitoring.watched import Watched, watching


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory, prometheus: None) -> Iterator[Watched]:
    """A lakehouse with all that is watched and watches, which miss nothing at first."""
    with watching(tmp_path_factory.mktemp("watched")) as made:
        yield made
