"""Work of a command that writes: not begun where there is no room, told where a disk became full.

Which disks those are, and what a full one is known by, is in `indextracker.system.rooms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from indextracker.settings import Settings
from indextracker.system.rooms import full, obstacles


def need_room(settings: Settings) -> None:
    """Ends a command that could not write.

    Raises:
        click.ClickException: A place cannot be written, or has too little room.
    """
    if wrong := obstacles(settings):
        raise click.ClickException("; ".join(wrong))


@contextmanager
def telling_full_disks(settings: Settings) -> Iterator[None]:
    """Says of what fails in its block for want of room that it did, and what to do.

    Raises:
        click.ClickException: A disk was full.
    """
    try:
        yield
    except Exception as error:
        if sentence := full(settings, str(error)):
            raise click.ClickException(sentence) from error
        raise
