"""What all tests share: the folder of real documents."""

import os
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / ".." / "shared" / "market-samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real documents; without it a test skips, unless they are required."""
    if SAMPLES.is_dir():
        return SAMPLES.resolve()
    message = f"real documents are not at {SAMPLES}"
    if os.environ.get("INDEXTRACKER_REQUIRE_SAMPLES") == "1":
        pytest.fail(message)
    pytest.skip(message)
