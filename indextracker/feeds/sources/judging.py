"""The verdict on a source's answers for a session: the document, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from indextracker.feeds.model import Feed, Refusal, State
from indextracker.feeds.sources.model import Answer

if TYPE_CHECKING:
    from indextracker.feeds.sources.model import Source

# If no candidate is accepted, the one that came nearest to a document tells most about the
# session: an early document will become complete by itself; a refused one wants a person to look,
# even if other candidates are merely absent; a blocked one can be asked for again; an answer that
# there is nothing counts only if nothing else was seen.
NEAREST_FIRST: Final[tuple[State, ...]] = ("partial", "refused", "blocked", "gone", "missing")
# So many files of similar names show what happened to them.
LOOK_ALIKES_NAMED = 5
# Files of dawn come out at about 05:10 and complete ones from 14:00 on.
EARLIEST_WHOLE = time(12)


@dataclass(frozen=True)
class Verdict:
    """What a source had for a session of a feed: the document, or why there is none.

    Attributes:
        feed: Name of the feed.
        session: The session asked for.
        url: As in the Answer judged.
        name: As in the Answer judged.
        body: As in the Answer judged.
        published_at: As in the Answer judged.
        state: accepted, or what it is instead.
        reason: Why it is not accepted, in a sentence; None where it is.
        good: The candidates that are accepted, of those with the same bytes the first; the first of
            all is the document. A publisher has one at most.
        refused: The candidates that were refused while another was accepted, and why.
    """

    feed: str
    session: date
    url: str
    name: str
    body: bytes | None
    published_at: datetime | None
    state: State
    reason: str | None
    good: tuple[Answer, ...] = ()
    refused: tuple[tuple[Answer, Refusal], ...] = ()


def judge(
    feed: Feed, session: date, source: Source, now: datetime, known: str | None = None
) -> Verdict:
    """Ask a source for a session's document and decide what came.

    A publisher's first good answer ends the asking; the candidates of an archive are all judged.

    Args:
        feed: The feed.
        session: The session.
        source: The source.
        now: The present, with a time zone: what a publisher lacks before its hour is not_yet.
        known: Digest of a document that was accepted before and need not be read again.

    Returns:
        The first candidate that the feed accepts. Only if there is none, the best of the others.
    """
    if session < feed.readable_from:
        reason = (
            f"documents of {feed.name} can be read from {feed.readable_from} on; "
            f"none of {session} is asked for"
        )
        nothing = Answer(url=source.place, name=feed.names(session)[0], body=None)
        return _verdict(feed, session, nothing, "missing", reason)
    seen = {known} if known else set[str]()
    good: dict[str | None, Answer] = {}
    others: list[tuple[Answer, Refusal]] = []
    for answer in source.answers(feed, session):
        refusal = answer.refusal
        if refusal is None and answer.sha256 not in seen | good.keys():
            refusal = _judged(feed, session, answer, source, now)
        if refusal is None:
            good.setdefault(answer.sha256, answer)
            if source.live:
                break
        else:
            others.append((answer, refusal))
    if good:
        found = tuple(good.values())
        accepted = _verdict(feed, session, found[0], "accepted", None)
        return replace(accepted, good=found, refused=tuple(others))
    return _not_accepted(feed, session, others, source, now)


def _not_accepted(
    feed: Feed,
    session: date,
    others: list[tuple[Answer, Refusal]],
    source: Source,
    now: datetime,
) -> Verdict:
    """The best of what was refused, if there was anything."""
    if not others:
        wanted = feed.names(session)
        others.append(
            (
                Answer(url=source.place, name=wanted[0], body=None),
                Refusal("missing", f"{source.place} holds no {' or '.join(wanted)}"),
            )
        )
    answer, refusal = min(others, key=lambda other: NEAREST_FIRST.index(other[1].state))
    if source.live and refusal.state == "missing" and now < feed.due(session):
        reason = f"{refusal.reason}; {_due(feed, session)}"
        return _verdict(feed, session, answer, "not_yet", reason)
    reason = f"{refusal.reason}{_passed_over(feed, session, source)}"
    return _verdict(feed, session, answer, refusal.state, reason)


def _passed_over(feed: Feed, session: date, source: Source) -> str:
    """What has only a similar name, as the end of a sentence."""
    files = source.look_alikes(feed, session)
    if not files:
        return ""
    named = ", ".join(f"'{file}'" for file in files[:LOOK_ALIKES_NAMED])
    more = f" and {len(files) - LOOK_ALIKES_NAMED} more" if len(files) > LOOK_ALIKES_NAMED else ""
    return (
        f"; passed over for their names: {named}{more}: if one is the document, give it the name "
        f"{' or '.join(feed.names(session))}"
    )


def _judged(
    feed: Feed, session: date, answer: Answer, source: Source, now: datetime
) -> Refusal | None:
    refusal = _verify(feed, session, answer)
    if refusal is None and source.live:
        return _too_early(feed, session, answer, now)
    return refusal


def _verify(feed: Feed, session: date, answer: Answer) -> Refusal | None:
    if answer.body is None:
        raise ValueError(f"{answer.url}: an answer without a body has to say why")
    try:
        feed.verify(answer.body, session)
    except Refusal as refusal:
        return refusal
    return None


def _too_early(feed: Feed, session: date, answer: Answer, now: datetime) -> Refusal | None:
    """Why a document that looks complete cannot be: it came before its session had ended."""
    if feed.yearly:
        return None
    published_at, zone = answer.published_at, ZoneInfo(feed.zone)
    if published_at and published_at < datetime.combine(session, EARLIEST_WHOLE, zone):
        said = f"{published_at.astimezone(zone):%Y-%m-%d %H:%M} {feed.zone}"
        return Refusal(
            "partial", f"{answer.name} was published at {said}, before the session ended"
        )
    if not feed.tells_end and now < feed.due(session):
        return Refusal(
            "partial", f"{answer.name} does not tell whether it is whole; {_due(feed, session)}"
        )
    return None


def _due(feed: Feed, session: date) -> str:
    return f"it is due at {feed.due(session):%Y-%m-%d %H:%M} {feed.zone}"


def _verdict(
    feed: Feed, session: date, answer: Answer, state: State, reason: str | None
) -> Verdict:
    return Verdict(
        feed=feed.name,
        session=session,
        url=answer.url,
        name=answer.name,
        body=answer.body,
        published_at=answer.published_at,
        state=state,
        reason=reason,
    )
