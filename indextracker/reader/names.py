"""Names that people give: what they mean, and what was probably meant by one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

NAMED = 8


class UnknownNameError(LookupError):
    """A name that the lakehouse does not know; the message says what may be meant."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


def known(name: str, names: Collection[str], what: str, of: str = "") -> str:
    """The name as it is written in the lakehouse.

    Args:
        name: As it was given; whether letters are capital does not matter.
        names: What there is.
        what: What it is a name of, such as `instrument`.
        of: What that belongs to, for the message.

    Raises:
        UnknownNameError: There is none of that name.
    """
    asked = str(name).strip()
    if asked in names:
        return asked
    folded = {one.casefold(): one for one in names}
    if found := folded.get(asked.casefold()):
        return found
    whose = f" of {of}" if of else ""
    raise UnknownNameError(f"there is no {what} {asked!r}{whose}{meant(asked, names)}")


def meant(name: str, names: Iterable[str]) -> str:
    """The end of a sentence that says what may be meant by a name."""
    every = sorted(set(names))
    folded = {one.casefold(): one for one in every}
    near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, 3)]
    # A contract's own code begins with that of its product.
    near += [one for one in every if len(one) > 1 and name.upper().startswith(one.upper())]
    near = list(dict.fromkeys(near))[:3]
    if near:
        return f": did you mean {' or '.join(near)}?"
    if not every:
        return ": there is none yet"
    listed = ", ".join(every[:NAMED])
    more = f" and {len(every) - NAMED} others" if len(every) > NAMED else ""
    return f": there are {listed}{more}"
