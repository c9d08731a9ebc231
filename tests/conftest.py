"""What all tests share: real documents, Java, and tiers: a folder of tests is a tier."""

import gc
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from indextracker.engines import EngineError
from indextracker.engines.jars import verify_java
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.server import serving
from indextracker_simulator.taiwan.exchange import Exchange

# No test sees the settings of whoever works here.
os.environ.setdefault("INDEXTRACKER_SETTINGS", os.devnull)
os.environ.setdefault("RUST_LOG", "error")  # Sail tells of each session that it opens
# The one session of all tests is idle while tests of other folders run, for more than 15 minutes.
os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", "86400")

# How long an example takes tells how busy the machine is, and nothing of what is tested.
hypothesis.settings.register_profile("patient", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("patient")

TESTS = Path(__file__).parent
# Begun first, and the longest of them first, so that no worker is left with one at the end. Those
# that go by module come after the others, since they even out.
LONG = (
    *("resilience", "recovery", "dashboard", "engines", "cli", "warehouses", "spark", "end_to_end"),
    *("dbt_project", "deployment", "newcomer", "redshift_local", "s3", "indextracker_assets"),
)
# Their modules share nothing dear: they go to whoever is free, and even out what workers have left.
BY_MODULE = {"s3", "indextracker", "indextracker_assets", "simulator"}
SAMPLES = TESTS.parent / ".." / "shared" / "market-samples"
# Set where nothing may be missing: a test without its samples or Java fails, as does an empty tier.
STRICT = os.environ.get("INDEXTRACKER_REQUIRE_SAMPLES") == "1"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real documents; without it a test skips, unless they are required."""
    if not SAMPLES.is_dir():
        _skip_or_fail(f"real documents are not at {SAMPLES}")
    return SAMPLES.resolve()


@pytest.fixture(scope="session")
def java() -> int:
    """The version of Java; without one a test skips, unless it is required."""
    try:
        return verify_java()
    except EngineError as error:
        _skip_or_fail(str(error))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without it a test skips, unless it is required."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return found or _skip_or_fail("Chromium is not installed: make chromium")


@pytest.fixture(scope="session")
def prometheus() -> None:
    """Prometheus, Alertmanager and their tools are there; else a test skips, unless required."""
    for program in ("prometheus", "promtool", "prometheus-alertmanager", "amtool"):
        if not shutil.which(program):
            _skip_or_fail(f"{program} is not installed: make prometheus")


@pytest.fixture(scope="session")
def exchange() -> Exchange:
    """As the command starts its own, by the clock of today: schedules of years come out by it."""
    return Exchange()


@pytest.fixture(scope="session")
def source(exchange: Exchange) -> Iterator[str]:
    """The setting of the publishers of all subjects, each of which makes a document once."""
    nse = Nse()
    with serving(exchange, nse, Newsroom(exchange=nse)) as address:
        yield f"simulated:{address}"


ASK_OLDER = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("set search_path = 'marts,staging,raw'")
rows = connection.execute(sys.argv[2]).fetchall()
print(json.dumps([duckdb.__version__, rows], default=str))
"""


@pytest.fixture(scope="session")
def older_duckdb() -> Callable[[Path, str], list[list[Any]]]:
    """Asks a file by the DuckDB 1 that `make setup` puts aside; without it a test skips."""
    folder = Path(sys.prefix, "duckdb-1")
    if not (folder / "duckdb").is_dir():
        _skip_or_fail(f"there is no DuckDB 1 in {folder}: make setup")

    def ask(file: Path, sql: str) -> list[list[Any]]:
        done = subprocess.run(
            [sys.executable, "-S", "-c", ASK_OLDER, str(file), sql],
            env={"PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        version, rows = json.loads(done.stdout)
        assert version.startswith("1.")
        return rows

    return ask


def _skip_or_fail(what: str) -> NoReturn:
    if STRICT:
        pytest.fail(what)
    pytest.skip(what)


def pytest_configure() -> None:
    # Thousands of tests, and what Dagster and dbt make, are no garbage. Looking for it as often as
    # by default took a quarter of collecting the tests, and a twelfth of running jobs.
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    # What is frozen at the end would be called a leak by libraries that look for them.
    gc.unfreeze()


class _Tiers(LoadScopeScheduling):
    """A tier is one worker's, for its tests share lakes, engines and clusters; or a module is."""

    def _split_scope(self, nodeid: str) -> str:
        tier = _tier(nodeid)
        return nodeid.partition("::")[0] if tier in BY_MODULE else tier


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return _Tiers(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {tier: place for place, tier in enumerate(LONG)}
    items.sort(key=lambda item: places.get(_tier(item.nodeid), len(LONG)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails where a tier that was to run passed no test: all of it was skipped, say."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    whole = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if not (STRICT and whole and reporter):
        return
    passed = {_tier(report.nodeid) for report in reporter.stats.get("passed", ())}
    if empty := sorted(
        {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")} - passed
    ):
        reporter.write_line(f"no test passed of {', '.join(empty)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _tier(nodeid: str) -> str:
    return Path(nodeid.split("::", maxsplit=1)[0]).parts[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts what ran in each tier, and how long it took with what was set up for it."""
    counts: dict[str, Counter[str]] = {}
    seconds: Counter[str] = Counter()
    # Setting up and taking down are reported without an outcome, unless they fail.
    for outcome in ("passed", "failed", "error", "skipped", ""):
        for report in terminalreporter.stats.get(outcome, []):
            tier = _tier(report.nodeid)
            counts.setdefault(tier, Counter())[outcome] += bool(outcome)
            seconds[tier] += getattr(report, "duration", 0.0)
    terminalreporter.section("tiers")
    for tier, found in sorted(counts.items()):
        said = ", ".join(f"{number} {outcome}" for outcome, number in found.items() if number)
        terminalreporter.write_line(f"{tier}: {said} in {seconds[tier]:.0f} s")
