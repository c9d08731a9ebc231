"""What all tests share: the folder of real documents, and a summary per tier."""

import os
from collections import Counter
from pathlib import Path

import pytest

os.environ.setdefault("RUST_LOG", "error")  # Sail tells of each session that it opens
# The one session of all tests is idle while tests of other folders run, for more than 15 minutes.
os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", "86400")

TESTS = Path(__file__).parent
SAMPLES = TESTS.parent / ".." / "shared" / "market-samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real documents; without it a test skips, unless they are required."""
    if SAMPLES.is_dir():
        return SAMPLES.resolve()
    message = f"real documents are not at {SAMPLES}"
    if os.environ.get("INDEXTRACKER_REQUIRE_SAMPLES") == "1":
        pytest.fail(message)
    pytest.skip(message)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts what ran in each tier: a tier is a folder of tests/."""
    counts: dict[str, Counter[str]] = {}
    seconds: Counter[str] = Counter()
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            tier = Path(report.nodeid.split("::")[0]).parts[1]
            counts.setdefault(tier, Counter())[outcome] += 1
            seconds[tier] += getattr(report, "duration", 0.0)
    terminalreporter.section("tiers")
    for tier, found in sorted(counts.items()):
        said = ", ".join(f"{number} {outcome}" for outcome, number in found.items())
        terminalreporter.write_line(f"{tier}: {said} in {seconds[tier]:.0f} s")
