"""The verdict on a source's answers: which one is a session's document, or why none is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from indextracker.feeds.faults import or_refused
from indextracker.feeds.model import Feed, Refusal
from indextracker.feeds.reading import read, read_new
from indextracker.feeds.sources.model import Answer
from indextracker_catalogue.shared.deliveries import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from indextracker.feeds.sources.model import Source
    from indextracker_catalogue import Key

# If no candidate is accepted, the one that came nearest to a document tells most about the
# session: an early document will be complete later; a refused one needs a person to look at it,
# even if other candidates are merely absent; a blocked one can be asked for again; an answer that
# there is nothing counts only if nothing else was seen.
NEAREST_FIRST: Final[tuple[State, ...]] = ("partial", "refused", "blocked", "gone", "missing")
# The most files of similar names that are listed.
LOOK_ALIKES_NAMED = 5
NAMES_NAMED = 2


def judge(
    feed: Feed, key: Key, source: Source, now: datetime, known: str | None = None
) -> list[Answer]:
    """Request the document of a key from a source and judge the answers.

    A publisher's first good answer ends the asking; the candidates of an archive are all judged.

    Args:
        feed: The feed.
        key: The key, of its time line.
        source: The source.
        now: The present, with a time zone: an absent document is not_yet before it is due.
        known: Digest of a document that was accepted before and need not be read again.

    Returns:
        The answer that counts, and others. The first is the first candidate that is accepted, with
        its rows unless it is known; after it come further candidates of other lines that would be
        accepted, and those that are refused. Where none is accepted, the one that tells most stands
        alone.
    """
    session = feed.timeline.value_of(key)
    if not feed.is_published(key):
        first, last = feed.published_from or "the beginning", feed.published_until or "today"
        reason = f"{feed.name} is published of {first} to {last}; none of {session} is asked for"
        return [_nothing(feed, session, source, reason, "never")]
    if source.live and feed.is_past(key, now):
        reason = (
            f"{feed.name} is published as of today alone; of {session} there is none any more, and "
            "none is asked for"
        )
        return [_nothing(feed, session, source, reason, "never")]
    if key < feed.readable_from:
        reason = (
            f"documents of {feed.name} can be read from {feed.readable_from} on; "
            f"none of {session} is asked for"
        )
        return [_nothing(feed, session, source, reason)]
    seen = {known} if known else set[str]()
    good: dict[str | None, Answer] = {}
    refused: list[Answer] = []
    for answer in source.answers(feed, session):
        judged = answer
        if answer.refusal is None and answer.sha256 not in seen | good.keys():
            judged = _judged(feed, session, answer, source, now)
        if judged.refusal is not None:
            refused.append(judged)
            continue
        if source.live:
            good[judged.sha256] = judged
            break
        if not good or not _is_said(feed, session, good, judged):
            good.setdefault(judged.sha256, replace(judged, rows=None) if good else judged)
    if good:
        return [*good.values(), *refused]
    return [_best(feed, session, refused, source, now)]


def _is_said(feed: Feed, session: date, good: Mapping[str | None, Answer], other: Answer) -> bool:
    """Whether a candidate has the lines of the first: people keep a zip beside what was in it."""
    if other.sha256 in good:
        return True
    first = next(iter(good.values()))
    try:
        return bool(_lines(feed, session, first).equals(_lines(feed, session, other)))
    except Refusal:  # what is not read any more says nothing
        return False


def _lines(feed: Feed, session: date, answer: Answer) -> pa.Table:
    """The lines of an accepted answer; what was known before is read anew.

    Raises:
        Refusal: Its reader refuses it now, or has a fault.
    """
    rows, document = answer.rows, answer.document
    if rows is None:
        assert document is not None
        rows = or_refused(answer.name, lambda: read(feed, document, session))
    return rows.drop_columns(["document"])


def _best(
    feed: Feed, session: date, refused: list[Answer], source: Source, now: datetime
) -> Answer:
    """The answer that tells most of those that were refused, if there was any."""
    if not refused:
        reason = f"{source.place} holds no {_named(feed, session)}"
        refused = [_nothing(feed, session, source, reason)]
    answer = min(refused, key=lambda other: NEAREST_FIRST.index(other.state))
    if source.live and answer.state == "missing" and now < feed.due(feed.timeline.key_of(session)):
        refusal = Refusal("not_yet", f"{answer.reason}; {_due(feed, session)}")
    else:
        refusal = Refusal(answer.state, f"{answer.reason}{_passed_over(feed, session, source)}")
    return replace(answer, refusal=refusal)


def _named(feed: Feed, session: date) -> str:
    """The names of a document; of many, the first."""
    names = feed.names(session)
    if len(names) > NAMES_NAMED:
        return f"{names[0]} or another of its {len(names)} names"
    return " or ".join(names)


def _nothing(
    feed: Feed, session: date, source: Source, reason: str, state: State = "missing"
) -> Answer:
    """The answer in place of a missing one."""
    return Answer(source.place, feed.names(session)[0], None, refusal=Refusal(state, reason))


def _passed_over(feed: Feed, session: date, source: Source) -> str:
    """The files with similar names, as the end of a sentence."""
    files = source.look_alikes(feed, session)
    if not files:
        return ""
    named = ", ".join(f"'{file}'" for file in files[:LOOK_ALIKES_NAMED])
    more = f" and {len(files) - LOOK_ALIKES_NAMED} more" if len(files) > LOOK_ALIKES_NAMED else ""
    return (
        f"; passed over for their names: {named}{more}: if one is the document, give it the name "
        f"{_named(feed, session)}"
    )


def _judged(feed: Feed, session: date, answer: Answer, source: Source, now: datetime) -> Answer:
    """A candidate with its rows, or with why it is refused."""
    if answer.document is None:
        raise ValueError(f"{answer.url}: an answer without a document has to say why")
    document = answer.document
    try:
        rows = or_refused(answer.name, lambda: read_new(feed, document, session))
    except Refusal as refusal:
        return replace(answer, refusal=refusal)
    if source.live and (early := _too_early(feed, session, answer, now)):
        return replace(answer, refusal=early)
    return replace(answer, rows=rows)


def _too_early(feed: Feed, session: date, answer: Answer, now: datetime) -> Refusal | None:
    """Why a document that looks complete cannot be: it came before its session had ended."""
    published_at, whole_from = answer.published_at, feed.whole_from
    if (
        published_at
        and whole_from
        and published_at < feed.instant(feed.timeline.key_of(session), whole_from)
    ):
        said = f"{published_at.astimezone(feed.zone):%Y-%m-%d %H:%M} {feed.zone}"
        return Refusal(
            "partial", f"{answer.name} was published at {said}, before the session ended"
        )
    if not feed.tells_end and now < feed.due(feed.timeline.key_of(session)):
        return Refusal(
            "partial", f"{answer.name} does not tell whether it is whole; {_due(feed, session)}"
        )
    return None


def _due(feed: Feed, session: date) -> str:
    return f"it is due at {feed.due(feed.timeline.key_of(session)):%Y-%m-%d %H:%M} {feed.zone}"
