"""Lake and warehouse go back to an instant together, wherever they are killed."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from recovery.conftest import World, every
from support.commands import Commands
from support.homes import Home
from support.lakehouse import FRIDAY, LIGHT, MONDAY, backfill, differing, finish, start
from support.sources import PROJECT

from indextracker.lake import Lake
from indextracker.lake.versions import versions
from indextracker_catalogue import TABLES

BACK = ["restore", "--everything", "--as-of", "friday", "--yes"]
# In the order in which they are passed; each run is killed at one and the last one ends it.
POINTS = (
    *("recovery-planned", "recovery-doubted", "restore-before", "restore-after"),
    *("restore-after:7", "recovery-reloaded", "recovery-loaded", "recovery-logged"),
)
# Those of copies are passed in test_copies, those of `rebuild` in test_rebuilding.
OF_OTHERS = {
    *("recovery-copied", "recovery-listed", "recovery-brought"),
    *("recovery-removed", "recovery-put-back", "recovery-emptied", "recovery-refilled"),
}


def test_every_failpoint_of_recovery_is_tried() -> None:
    named = {
        name
        for module in (PROJECT / "indextracker").rglob("*.py")
        for name in re.findall(r'failpoint\("(recovery-[a-z-]+)"\)', module.read_text("utf-8"))
    }
    passed = {point.partition(":")[0] for point in POINTS if point.startswith("recovery-")}
    assert named == passed | OF_OTHERS | {"recovery-named"}


def test_killed_again_and_again_it_ends_as_it_was_and_the_next_backfill_goes_on(
    commands: Commands, world: World, home: Home
) -> None:
    survived = {}
    for point in POINTS:
        run = start(commands, home, BACK, INDEXTRACKER_FAILPOINT=point)
        if (code := run.wait()) != -signal.SIGKILL:
            survived[point] = code
    run = start(commands, home, BACK)
    assert run.wait() == 0, run.said()
    assert survived == {}, run.said()
    assert differing(every(home), world.friday) == []
    run = start(commands, home, BACK)
    assert run.wait() == 0, run.said()
    assert "nothing to restore" in run.said()
    # What was committed later is there still, and Monday comes again as it was.
    lake = Lake(str(home.lake), "simulated")
    assert [v.operation for v in versions(lake.place(TABLES["gold/etf_bars"]))][-1] == "RESTORE"
    finish(commands, home, backfill(MONDAY, MONDAY, LIGHT))
    assert differing(home.contents(), lake_and_marts(world)) == []


@pytest.mark.parametrize("point", ["restore-after:4", "recovery-loaded"])
def test_where_nobody_ends_it_the_next_backfill_makes_all_right(
    commands: Commands, world: World, home: Home, point: str
) -> None:
    run = start(commands, home, BACK, INDEXTRACKER_FAILPOINT=point)
    assert run.wait() == -signal.SIGKILL, run.said()
    finish(commands, home, backfill(FRIDAY, MONDAY, LIGHT))
    assert differing(home.contents(), lake_and_marts(world)) == []


def test_a_time_is_an_instant_and_going_back_is_undone(
    commands: Commands, world: World, home: Home
) -> None:
    done = home.run("restore", "--everything", "--as-of", "friday", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "gold/etf_bars" in done.stdout
    assert differing(every(home), world.monday) == []
    done = home.run(*BACK)
    assert done.returncode == 0, done.stderr
    [moment] = re.findall(r'undo it: .* --as-of "([^"]+)"', " ".join(done.stdout.split()))
    done = home.run("restore", "--everything", "--as-of", moment, "--yes")
    assert done.returncode == 0, done.stderr
    assert differing(every(home), world.monday) == []


def test_what_cannot_be_is_refused_with_a_sentence(home: Home) -> None:
    lake = Lake(str(home.lake), "simulated")
    file = next(Path(lake.path(TABLES["silver/etf_trades"])).rglob("session_date=*13/*.parquet"))
    for arguments, says in (
        ((*BACK[:3], "never", "--yes"), "named are: friday"),
        ((*BACK[:3], "2000-01-01", "--yes"), "had no table"),
        ((*BACK[:3], "3", "--yes"), "versions are of one table each"),
        (BACK[:4], "say --yes"),
    ):
        done = home.run(*arguments)
        assert done.returncode == 1, done.stdout
        assert says in " ".join(done.stderr.split())
    file.unlink()
    done = home.run(*BACK)
    assert done.returncode == 1, done.stdout
    assert "silver/etf_trades" in done.stderr
    assert "restore --from COPY" in " ".join(done.stderr.split())


def test_a_name_that_was_not_given_whole_is_not_given(
    commands: Commands, world: World, home: Home
) -> None:
    del world
    run = start(commands, home, ["snapshot", "thursday"], INDEXTRACKER_FAILPOINT="recovery-named")
    assert run.wait() == -signal.SIGKILL, run.said()
    assert "thursday" not in home.run("snapshot", "--list").stdout
    finish(commands, home, ["snapshot", "thursday"])
    assert "thursday" in home.run("snapshot", "--list").stdout
    finish(commands, home, ["snapshot", "--remove", "thursday"])
    assert "thursday" not in home.run("snapshot", "--list").stdout


def lake_and_marts(world: World) -> dict[str, object]:
    """Monday without the logs, which say that Monday was built twice."""
    return {path: what for path, what in world.monday.items() if not path.startswith("log ")}
