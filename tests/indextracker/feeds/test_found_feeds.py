"""Feeds, publishers and finders of closed days are found in the folders of their subjects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from indextracker.feeds import CLOSURE_FINDERS, FEEDS, PUBLISHERS, Publisher, find
from indextracker_catalogue import TABLES, Sessions

SITE = 'from indextracker.feeds import Publisher\nSITE = Publisher("{name}", "https://x", 1.0)\n'


@pytest.fixture
def floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty floor of feeds."""
    folder = tmp_path / "floor_of_feeds"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]


def declare(folder: Path, subject: str, name: str) -> None:
    (folder / subject).mkdir()
    (folder / subject / "__init__.py").touch()
    (folder / subject / "sites.py").write_text(SITE.format(name=name))


def test_every_feed_stands_in_the_order_of_its_table() -> None:
    tables = list(TABLES)
    places = [tables.index(feed.table.path) for feed in FEEDS.values()]
    assert places == sorted(places)
    assert {feed.publisher for feed in FEEDS.values()} == set(PUBLISHERS)


def test_each_line_of_sessions_that_feeds_follow_has_a_finder_of_its_closed_days() -> None:
    followed = dict.fromkeys(feed.timeline for feed in FEEDS.values())
    assert [finder.timeline for finder in CLOSURE_FINDERS] == [
        timeline for timeline in followed if isinstance(timeline, Sessions)
    ]


def test_a_folder_adds_what_it_declares(floor: Path) -> None:
    declare(floor, "toys", "toy_site")
    assert list(find(Publisher, ["toys", "empty"], floor.name)) == ["toy_site"]


def test_a_name_of_two_subjects_is_told_with_both_places(floor: Path) -> None:
    declare(floor, "toys", "site")
    declare(floor, "games", "site")
    with pytest.raises(ValueError, match=r"publisher site .*toys\.sites and in .*games\.sites"):
        find(Publisher, ["toys", "games"], floor.name)
