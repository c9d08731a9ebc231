"""The table of the sessions that exchange_calendars knows, as the installed library has them.

`make docs` renews it, and `make check` fails where it is stale. For another exchange, write one
line with its name and any day that it was closed on, and renew.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from importlib import resources

import exchange_calendars

from indextracker.calendars.library import (
    COLUMNS,
    FIRST,
    FOLDER,
    LAST,
    TABLE,
    closed_weekdays,
    weekdays,
)


def render() -> str:
    """The table: the weekdays without a session of each exchange that it names.

    Raises:
        ValueError: An exchange has sessions at weekends, which the table cannot hold.
    """
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for name in sorted({exchange for exchange, _ in closed_weekdays()}):
        calendar = exchange_calendars.get_calendar(name, start=FIRST, end=LAST)
        sessions = {moment.date() for moment in calendar.sessions}
        if at_weekends := sorted(sessions.difference(weekdays(FIRST, LAST))):
            raise ValueError(f"{name} has sessions at weekends, as on {at_weekends[0]}.")
        rows.writerows((name, day) for day in weekdays(FIRST, LAST) if day not in sessions)
    return file.getvalue()


def main(arguments: list[str] | None = None) -> None:
    """Writes the table, or says whether it is what the installed library has."""
    parser = argparse.ArgumentParser(prog="python -m indextracker.calendars.library_table")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    with resources.as_file(FOLDER / TABLE) as place:
        if not parser.parse_args(arguments).check:
            place.write_text(render(), encoding="utf-8")
        elif place.read_text(encoding="utf-8") != render():
            sys.exit(f"{TABLE} is stale: renew it with `make docs`")


if __name__ == "__main__":
    main()
