"""What a terminal may show of strangers: titles of news, names of files, reasons that quote them.

A terminal takes some letters for commands, which move the cursor over what was said before, or set
the clipboard.
"""

from __future__ import annotations

import click

# Controls; what turns the direction of a line; what ends one; halves of pairs, which are no text.
_UNSEEN = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNSEEN += (0x2028, 0x2029, *range(0xD800, 0xE000))
_SEEN = {number: repr(chr(number))[1:-1] for number in _UNSEEN}
_SEEN_BUT_LINES = {number: seen for number, seen in _SEEN.items() if chr(number) not in "\n\t"}


def plain(text: str, *, lines: bool = True) -> str:
    """A text in which what a terminal would obey is written out, as an escape of Python.

    Args:
        text: Of whomever.
        lines: Whether ends of lines and tabs stay what they are.
    """
    return text if text.isprintable() else text.translate(_SEEN_BUT_LINES if lines else _SEEN)


def say(text: str, *, err: bool = False) -> None:
    """Prints one line with names or reasons of strangers in it."""
    click.echo(plain(text, lines=False), err=err)
