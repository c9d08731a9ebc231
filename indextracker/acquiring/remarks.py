"""Remarks on accepted documents: sentences for people.

A document was replaced by another, another came and did not replace it, or an archive has another
that could be accepted too. Deciding between documents does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from indextracker.acquiring.deliveries import Delivery, day_of
from indextracker.feeds.sources import Answer
from indextracker_catalogue import Key

# So many characters tell one digest from another to people.
DIGEST_SHOWN = 12


@dataclass(frozen=True)
class Remark:
    """One of them.

    Attributes:
        feed: Name of the feed.
        key: The key of the document.
        kind: `replaced`, the accepted document gave way to another; `stays`, what was asked for
            again is refused; `differs`, a file of an archive would be accepted and was not taken.
        file: Where the other document came from, as in the log.
        sha256: Digest of the other document; None where no bytes came.
        accepted_sha256: Digest of the accepted document; where it was replaced, of the one before.
        text: All of it in a sentence.
    """

    feed: str
    key: Key
    kind: Literal["replaced", "stays", "differs"]
    file: str | None
    sha256: str | None
    accepted_sha256: str | None
    text: str

    @property
    def session_date(self) -> date:
        """The session; of another key the day in which it begins."""
        return day_of(self.feed, self.key)


def replacement(before: Delivery) -> str:
    """What an accepted document replaces, for its reason in the log."""
    return f"replaces the document accepted on {before.fetched_at:%Y-%m-%d} ({_shown(before)})"


def asked_again(answer: Delivery, before: Delivery) -> Remark | None:
    """What came of asking for a key that had a document; None where that came again."""
    if not answer.accepted:
        return _remark(
            "stays",
            answer,
            before,
            f"asked for again, it is {answer.state}: {answer.reason}; the document accepted on "
            f"{before.fetched_at:%Y-%m-%d} ({_shown(before)}) stays",
        )
    if answer.sha256 == before.sha256:
        return None
    return _remark("replaced", answer, before, f"{answer.url} ({_shown(answer)}) {answer.reason}")


def differences(found: Sequence[Answer], accepted: Delivery) -> list[Remark]:
    """The files of an archive that would be accepted and have other bytes than the document.

    Args:
        found: The files, judged.
        accepted: The document.
    """
    good = [answer for answer in found if answer.refusal is None]
    return [
        _remark("differs", other, accepted, _difference(other, good, accepted))
        for other in good
        if other.sha256 != accepted.sha256
    ]


def _difference(other: Answer, good: Sequence[Answer], accepted: Delivery) -> str:
    if len(good) == 1:
        return (
            f"{other.url} ({_shown(other)}) would be accepted and differs from the accepted "
            f"document ({_shown(accepted)}): use --again to take it"
        )
    # The accepted one if it is still there, else the one that would be taken.
    beside = min(
        (one for one in good if one is not other), key=lambda one: one.sha256 != accepted.sha256
    )
    return (
        f"{other.url} ({_shown(other)}) and {beside.url} ({_shown(beside)}) differ, and either "
        f"would be accepted; the accepted document is {_shown(accepted)}: remove the file that is "
        "wrong, then use --again"
    )


def _remark(
    kind: Literal["replaced", "stays", "differs"],
    other: Delivery | Answer,
    beside: Delivery,
    text: str,
) -> Remark:
    return Remark(
        feed=beside.feed,
        key=beside.key,
        kind=kind,
        file=other.url,
        sha256=other.sha256,
        accepted_sha256=beside.sha256,
        text=text,
    )


def _shown(document: Delivery | Answer) -> str:
    return f"sha256 {str(document.sha256)[:DIGEST_SHOWN]}"
