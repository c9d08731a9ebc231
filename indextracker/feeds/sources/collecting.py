"""The answers of several requests, put together as the parts of one document.

How a request is sent, and repeated where the publisher fails, is in http.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indextracker.feeds.model import Refusal
from indextracker.feeds.zipped import REFUSAL, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from indextracker.feeds.sources.model import Answer

# A page in place of a part may be gone a moment later; a third one is there to stay.
ROUNDS: Final = 3


def collected(
    parts: Mapping[str, str],
    ask: Callable[[str, str], Answer],
    pause: Callable[[int], None],
    now: Callable[[], datetime],
) -> list[Part]:
    """Ask for each part; one that is refused is there as the reason, so that no other is lost.

    An answer that is something else than was requested, such as a page with status 200, is
    requested again after the others, in as many rounds as there are.

    Args:
        parts: By the name of each part what to ask for.
        ask: Asks for the part of a name.
        pause: Waits before a round, which is told by its number, from 1.
        now: The present.

    Raises:
        Refusal: Where the publisher blocks, or where nothing came that was requested.
    """
    found: dict[str, Part] = {}
    refused: dict[str, Refusal] = {}
    waiting = parts
    for turn in range(ROUNDS):
        if turn:
            pause(turn)
        again = {}
        for name, wanted in waiting.items():
            answer, refusal = _asked(ask, name, wanted)
            if refusal is None:
                body = answer.document.read() if answer and answer.document else b""
                found[name] = Part(name, body, now())
                continue
            if refusal.state == "blocked":
                raise refusal
            refused[name] = refusal
            if answer:
                again[name] = wanted
        waiting = again
        if not again or not found:
            break
    if not found:
        raise next(iter(refused.values()))
    return [
        found.get(name) or Part(f"{name}{REFUSAL}", refused[name].reason.encode(), None)
        for name in parts
    ]


def _asked(
    ask: Callable[[str, str], Answer], name: str, wanted: str
) -> tuple[Answer | None, Refusal | None]:
    """What came, and why it is not the part; without an answer the status said so."""
    try:
        answer = ask(name, wanted)
    except Refusal as refusal:
        return None, refusal
    return answer, answer.refusal
