"""Types of arguments on the command line: days, tables, versions; with suggestions for typos."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import click

from indextracker_catalogue import SUBJECTS, TABLES, Table, subject_of

if TYPE_CHECKING:
    from indextracker.lake.versions import AsOf


# A feed is named after its table. The feeds themselves take a second to load.
FEEDS = tuple(
    table.name
    for table in TABLES.values()
    if table.layer == "bronze" and subject_of(table) and not table.imported
)

# Kinds of files that answers are written as, in words.
ENDINGS = ".parquet, .csv, .json or .xlsx"
# What the reader gives by a name: its methods.
EXPORTED = (
    *("bars", "trades", "contracts", "chain", "continuous", "basis", "smile"),
    *("equities", "news", "table"),
)

# An example for people: the zone of a subject.
ZONE = min(SUBJECTS.values(), key=lambda subject: not subject.first).zone


class Day(click.ParamType[date]):
    """A date."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Reads the date or fails with a sentence."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a bare date
        except ValueError:
            self.fail(f"{value!r} is not a date like 2024-12-13", param, ctx)


class TableName(click.ParamType[Table]):
    """A table of the lake, layer/name."""

    name = "table"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Table:
        """Finds the table or fails with those that may be meant."""
        if isinstance(value, Table):
            return value
        path = str(value).strip().replace(".", "/")
        if path not in TABLES:
            self.fail(f"the lake has no table {value!r}{meant(path)}", param, ctx)
        return TABLES[path]


class TableNames(click.ParamType[list[Table]]):
    """Tables of the lake, separated by commas."""

    name = "tables"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[Table]:
        """Finds each table or fails with those that may be meant."""
        one = TableName()
        names = [name for name in str(value).split(",") if name.strip()]
        if not names:
            self.fail(f"{value!r} names no table", param, ctx)
        return list(dict.fromkeys(one.convert(name, param, ctx) for name in names))


class FeedNames(click.ParamType[list[str]]):
    """Names of feeds, separated by commas."""

    name = "feeds"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        """Finds each feed or fails with those that may be meant."""
        from indextracker.feeds import FEEDS  # noqa: PLC0415 - a quarter of a second

        names = [name.strip() for name in str(value).split(",") if name.strip()]
        if not names:
            self.fail(f"{value!r} names no feed; there are {', '.join(FEEDS)}", param, ctx)
        for name in names:
            if name not in FEEDS:
                near = difflib.get_close_matches(name, FEEDS, 3)
                hint = f"perhaps {' or '.join(near)}" if near else f"there are {', '.join(FEEDS)}"
                self.fail(f"no feed is called {name!r}; {hint}", param, ctx)
        return list(dict.fromkeys(names))


class Instant(click.ParamType["AsOf | str"]):
    """The name of an instant, a version number, or a time."""

    name = "instant, version or time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> AsOf | str:
        """Takes what begins with a letter for a name, and reads all else as a moment."""
        text = str(value).strip()
        return text if text[:1].isalpha() else Moment().convert(value, param, ctx)


class Moment(click.ParamType["AsOf"]):
    """A version number, or an instant: in UTC unless it says its offset."""

    name = "version or time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> AsOf:
        """Reads a number or an instant or fails with a sentence."""
        text = str(value).strip()
        if text.isdecimal():
            return int(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{value!r} is neither a version number nor a time like "
                "'2024-12-13 18:30' (UTC) or '2024-12-13T18:30+08:00'",
                param,
                ctx,
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Zone(click.ParamType[ZoneInfo]):
    """A time zone by its name."""

    name = "zone"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        """Finds the zone or fails with those that may be meant."""
        asked, known = str(value), sorted(available_timezones())
        if asked not in known:
            near = [zone for zone in known if asked and asked.lower() in zone.lower()][:3]
            near = near or difflib.get_close_matches(asked, known, 3)
            perhaps = f"; perhaps {' or '.join(near)}" if near else ""
            self.fail(f"{asked!r} is no time zone like {ZONE} or UTC{perhaps}", param, ctx)
        return ZoneInfo(asked)


class OutputFile(click.ParamType[Path]):
    """A file to write, whose ending says of what kind; its folder is there."""

    name = "file"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Looks at ending and folder before anything is asked."""
        path = Path(str(value))
        if path.suffix.lower() not in re.findall(r"\.\w+", ENDINGS):
            self.fail(f"{path} ends in none of {ENDINGS.replace(' or ', ' and ')}", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        if path.is_dir():
            self.fail(f"{path} is a folder", param, ctx)
        return path


def meant(path: str) -> str:
    """The tables that may be meant by a wrong path, as the end of a sentence."""
    leaves = {table.name: table.path for table in TABLES.values()}
    leaf = path.rpartition("/")[2]
    near = [
        *(leaves[name] for name in difflib.get_close_matches(leaf, leaves, 2)),
        *difflib.get_close_matches(path, TABLES, 2),
    ]
    found = list(dict.fromkeys(near))[:3]
    return f"; perhaps {' or '.join(found)}" if found else ": `indextracker tables` lists them"
