"""Acquisition of a feed's documents: request them, store the bytes, decode them, log the answers.

The order of the three writes makes a kill safe: the bytes are stored first, then the bronze slice
is replaced, and `accepted` is logged last. A rerun repeats what was not logged, and removes rows
from bronze whose document was not logged. Judging answers does not belong here.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain

import pyarrow as pa
from deltalake.transaction import AddAction

from indextracker.acquiring.deliveries import Delivery, current, record
from indextracker.acquiring.remarks import Remark, asked_again, differences, replacement
from indextracker.feeds import Feed, Refusal
from indextracker.feeds.faults import or_refused
from indextracker.feeds.reading import read
from indextracker.feeds.sources import Source, judge
from indextracker.lake import Lake, checks
from indextracker.system.failpoints import failpoint
from indextracker.system.locks import Locks
from indextracker_catalogue import Key
from indextracker_catalogue.shared.deliveries import DELIVERIES

# What a kill has to be read again: a second of work. A document's rows leave memory once written.
DOCUMENTS_PER_COMMIT = 10
# No document without a line is larger: it has a heading at most.
EMPTY_BYTES = 10_000
# Who keeps asking a publisher that blocks is banned for longer.
BLOCKS_BORNE = 3
# Inflating and parsing leave the interpreter's lock, so two threads use two cores.
THREADS = 2

_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def acquire(  # noqa: PLR0913 - all but the first four have their default
    lake: Lake,
    feed: Feed,
    keys: Sequence[Key],
    source: Source,
    *,
    again: bool = False,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Callable[[Delivery], None] = lambda _: None,
    announce: Callable[[str], None] = _log.warning,
    remark: Callable[[Remark], None] = lambda _: None,
) -> dict[Key, Delivery]:
    """Brings the documents of some keys into landing and bronze.

    A key whose document was accepted before is requested again only if the publisher lists a
    newer one, if an audit doubts that it is whole, or if `again` is set; the files of an archive
    are compared with it. One process at a time sends requests to a publisher; the next one finds
    the documents that it stored. After a few blocked requests in a row the rest is not requested.
    Which of the keys without a document were closed days is found afterwards, by `closures`.

    Args:
        lake: Where bytes, rows and the log go.
        feed: What to ask for.
        keys: For which keys of its time line.
        source: Whom to ask.
        again: Ask for what was accepted too. What is accepted now takes its place, whatever its
            size; what is not leaves it where it is.
        clock: The present, as an aware instant.
        progress: Told each answer as it comes.
        announce: Told whom this process waits for, and which files were passed over.
        remark: Told what came of documents that were accepted before, and of their rivals.

    Returns:
        The answer that counts for each key, accepted or not. An accepted document that had to be
        read again, and was not for a fault of its reader, is refused here and stays in the log.
    """
    lake.ensure([DELIVERIES, feed.table])
    locks = Locks.beside(lake.root, announce)
    with locks.publisher(feed.publisher), locks.table(feed.table.path):
        known = _known(lake, feed, keys)
        accepted = {key: answer for key, answer in known.items() if answer.accepted}
        unread = _restore(lake, feed, list(accepted.values()))
        asking = _Asking(lake, feed, source, accepted, clock, progress)
        anew = set(keys) if again else _anew(lake, feed, source, accepted, clock())
        asking.ask([key for key in keys if key not in accepted or key in anew])
        if not source.live:
            asking.compare([answer for key, answer in accepted.items() if key not in anew])
        states = {
            key: unread.get((key, answer.sha256), answer)
            for key, answer in _known(lake, feed, keys).items()
        }
    for text in asking.passed_over:
        announce(text)
    for told in sorted(asking.remarks, key=lambda told: (told.key, told.file or "")):
        remark(told)
    return states


def lost(lake: Lake, feed: Feed, accepted: Sequence[Delivery]) -> list[Delivery]:
    """The accepted documents of a feed whose lines are not in bronze.

    So it is after bronze went back to an earlier version or was deleted, and after a kill between
    bronze and the log, which leaves rows of a document not accepted yet. The next `acquire` of the
    keys brings them from landing.
    """
    there = lake.documents(feed.table, [delivery.key for delivery in accepted])
    return [
        delivery
        for delivery in accepted
        if (found := there[delivery.key]) != {delivery.sha256}
        and (found or not _is_empty(lake, feed, delivery))
    ]


@dataclass
class _Asking:
    """The questions of one feed to a source, and what there is to say of them.

    Attributes:
        accepted: By key, what was accepted before.
        remarks: For `acquire` to hand on.
        passed_over: Which candidates were refused while another was accepted, a sentence each.
        blocks: Answers that were blocked, in a row, until now.
    """

    lake: Lake
    feed: Feed
    source: Source
    accepted: Mapping[Key, Delivery]
    clock: Clock
    progress: Callable[[Delivery], None]
    remarks: list[Remark] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    blocks: list[Delivery] = field(default_factory=list)

    def ask(self, keys: Sequence[Key]) -> None:
        """Asks for keys, a batch per commit, and writes what comes."""
        with ThreadPoolExecutor(THREADS) as pool:
            for first in range(0, len(keys), DOCUMENTS_PER_COMMIT):
                answers = list(pool.map(self._one, keys[first : first + DOCUMENTS_PER_COMMIT]))
                written = {answer.key: files for answer, files in answers if files is not None}
                failpoint("bronze-before")
                if written:
                    table = self.feed.table
                    self.lake.commit(table, [*chain(*written.values())], list(written))
                failpoint("bronze-after")
                record(self.lake, [answer for answer, _ in answers])
                failpoint("deliveries-after")
                # Arrow keeps what it freed, and the engine, in this process, allocates elsewhere.
                pa.default_memory_pool().release_unused()

    def compare(self, accepted: Sequence[Delivery]) -> None:
        """Compares what was accepted before with the files of an archive, if it can be read."""

        def look(answer: Delivery) -> None:
            found = judge(self.feed, answer.key, self.source, self.clock(), answer.sha256)
            self.remarks.extend(differences(found, answer))

        with ThreadPoolExecutor(THREADS) as pool, contextlib.suppress(OSError):
            list(pool.map(look, accepted))

    def _one(self, key: Key) -> tuple[Delivery, list[AddAction] | None]:
        """The answer for a key, and the files of the rows that it puts into bronze."""
        if self._is_spared():
            answer, rows = _not_asked(self.blocks[-1], key, self.clock()), None
        else:
            answer, rows = self._answer(key)
            self.progress(answer)
        if before := self.accepted.get(key):
            if answer.accepted and answer.sha256 == before.sha256:
                rows = None
            elif answer.accepted:
                answer = replace(answer, reason=replacement(before))
            if remark := asked_again(answer, before):
                self.remarks.append(remark)
        if rows is None:
            return answer, None
        return answer, self.lake.write(self.feed.table, rows, [key])

    def _is_spared(self) -> bool:
        """Whether a publisher blocks; an archive is not bothered, nor one that needs a token."""
        blocks = self.source.live and len(self.blocks) >= BLOCKS_BORNE
        return blocks and self.source.barred(self.feed) is None

    def _answer(self, key: Key) -> tuple[Delivery, pa.Table | None]:
        """What the source has, its bytes landed; the rows of an accepted document."""
        now = self.clock()
        found, *others = judge(self.feed, key, self.source, now)
        failpoint("landing-before")
        if found.document is not None:
            self.lake.landing.put(found.document)
        failpoint("landing-after")
        answer = Delivery(
            feed=self.feed.name,
            key=key,
            url=found.url,
            name=found.name,
            sha256=found.sha256,
            bytes=found.document.size if found.document else None,
            published_at=found.published_at,
            fetched_at=now,
            state=found.state,
            reason=found.reason,
        )
        if answer.state == "blocked":
            self.blocks.append(answer)
        else:
            self.blocks.clear()
        self.passed_over.extend(
            f"{key} {self.feed.name}: {other.url} was passed over: {other.reason}"
            for other in others
            if other.refusal
        )
        self.remarks.extend(differences([found, *others], answer))
        return answer, found.rows


def _known(lake: Lake, feed: Feed, keys: Sequence[Key]) -> dict[Key, Delivery]:
    """The answer that counts, of each key that was ever asked for, in their order."""
    found = current(lake, [feed.name], keys)
    return {key: found[feed.name, key] for key in keys if (feed.name, key) in found}


def _not_asked(block: Delivery, key: Key, now: datetime) -> Delivery:
    """What is logged in place of an answer after others were blocked."""
    reason = f"not asked, since {BLOCKS_BORNE} in a row were blocked: {block.reason}"
    return Delivery(block.feed, key, block.state, now, reason, block.url)


def _anew(
    lake: Lake, feed: Feed, source: Source, accepted: Mapping[Key, Delivery], now: datetime
) -> set[Key]:
    """The keys whose accepted documents there is a reason to ask for again."""
    there = [key for key in accepted if not (source.live and feed.is_past(key, now))]
    found = checks.doubted(lake, feed.table, there)
    return found.union(_published_again(source, feed, accepted))


def _published_again(source: Source, feed: Feed, accepted: Mapping[Key, Delivery]) -> list[Key]:
    """The keys of which the publisher lists a newer document than the accepted one."""
    if not accepted:
        return []
    try:
        listed = source.listing(feed)
    except Refusal:
        return []
    return [
        key
        for key, answer in accepted.items()
        if (entry := listed.get(feed.timeline.value_of(key)))
        and answer.precedes(entry.published_at)
    ]


def _restore(
    lake: Lake, feed: Feed, accepted: Sequence[Delivery]
) -> dict[tuple[Key, str | None], Delivery]:
    """Decodes again what was accepted and is not in bronze: the bytes are kept for that.

    Returns:
        By key and digest, what its reader did not read any more, refused.
    """
    gone = lost(lake, feed, accepted)
    unread: dict[tuple[Key, str | None], Delivery] = {}

    def written(delivery: Delivery) -> list[AddAction] | None:
        try:
            rows = _decoded(lake, feed, delivery)
        except Refusal as refusal:
            told = replace(delivery, state=refusal.state, reason=refusal.reason)
            unread[delivery.key, delivery.sha256] = told
            return None
        return lake.write(feed.table, rows, [delivery.key])

    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(gone), DOCUMENTS_PER_COMMIT):
            batch = gone[first : first + DOCUMENTS_PER_COMMIT]
            found = zip(batch, pool.map(written, batch), strict=True)
            files = {delivery.key: of for delivery, of in found if of is not None}
            if files:
                lake.commit(feed.table, [*chain(*files.values())], list(files))
    return unread


def _is_empty(lake: Lake, feed: Feed, delivery: Delivery) -> bool:
    """Whether a document holds no line, such as a vendor's list of trades of a quiet day."""
    small = delivery.bytes is not None and delivery.bytes <= EMPTY_BYTES
    # What is not read any more is not known to be empty.
    with contextlib.suppress(Refusal):
        return small and not _decoded(lake, feed, delivery).num_rows
    return False


def _decoded(lake: Lake, feed: Feed, delivery: Delivery) -> pa.Table:
    """The rows of a document that was accepted once.

    Raises:
        Refusal: Its reader refuses it now, or has a fault.
    """
    document = lake.landing.get(delivery.sha256 or "", delivery.name)
    value = feed.timeline.value_of(delivery.key)
    return or_refused(delivery.name or feed.name, lambda: read(feed, document, value))
