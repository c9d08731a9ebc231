"""The simulated exchange as a child process."""

import sys
from datetime import UTC, date, datetime

import pytest

from indextracker.feeds import FEEDS
from indextracker.feeds import simulated as module
from indextracker.feeds.simulated import SimulatedSource
from indextracker.feeds.sources import judge

LATER = datetime(2025, 1, 1, tzinfo=UTC)


def test_every_feed_is_served_and_the_child_ends(session: date) -> None:
    with SimulatedSource() as source:
        verdicts = [judge(feed, session, source, LATER) for feed in FEEDS.values()]
        process = source._process
        assert process is not None
        assert process.poll() is None
        again = judge(FEEDS["taifex_futures"], session, source, LATER)
    assert [(verdict.state, verdict.reason) for verdict in verdicts] == [("accepted", None)] * 3
    for verdict, feed in zip(verdicts, FEEDS.values(), strict=True):
        assert verdict.url == f"simulated:{feed.request(session).path}"
        assert verdict.body is not None
        assert feed.decode(verdict.body, session, "d" * 64).num_rows > 1
    assert again == verdicts[0]
    assert process.returncode == 0


def test_a_day_without_a_session_is_missing() -> None:
    sunday = date(2024, 12, 15)
    with SimulatedSource() as source:
        states = {judge(feed, sunday, source, LATER).state for feed in FEEDS.values()}
    assert states == {"missing"}


def test_an_unused_source_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMAND", ("/nowhere/simulator",))
    with SimulatedSource():
        pass


@pytest.mark.parametrize(
    "program", ["import sys; sys.exit(3)", "import sys; print('hello'); sys.stdin.read()"]
)
def test_a_child_that_does_not_listen_is_an_error(
    monkeypatch: pytest.MonkeyPatch, session: date, program: str
) -> None:
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", program))
    monkeypatch.setattr(module, "START_SECONDS", 1.0)
    source = SimulatedSource()
    with pytest.raises(RuntimeError, match=r"did not start .*exit code [03]\)"):
        list(source.answers(FEEDS["taifex_futures"], session))
    source.close()
