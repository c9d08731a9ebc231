"""The states of documents: closed days are found, then the check `documents_accepted` is shown.

The check is a step of its own, after those of `bronze`. It is a graph of steps, so that each
publisher who has to be asked whether a day was closed is asked in its own pool. How closed days are
found is the subject's rule (`feeds/<subject>/closures.py`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import dagster as dg

from indextracker.acquiring import closures
from indextracker.acquiring.acquisition import acquire
from indextracker.acquiring.deliveries import Delivery, current
from indextracker.feeds import CLOSURE_FINDERS, Feed, feeds_of
from indextracker.feeds.sources import InTurn
from indextracker.platform import Platform
from indextracker_assets import pools
from indextracker_assets.runs import mark, transient
from indextracker_assets.specs import asset_key
from indextracker_catalogue import SUBJECTS, Key, Subject, Timeline
from indextracker_catalogue.shared.deliveries import COMPLETE

CHECK = "documents_accepted"
STEPS = "documents"
EXAMPLES = 5
# Dagster skips a step of which an input is missing, as after a document that was refused. These
# have no inputs from bronze; they come last by their priority.
LAST = {"dagster/priority": "-1"}
AFTER = {"after": dg.In(dg.Nothing)}


def document_checks() -> list[dg.AssetChecksDefinition]:
    """For each subject and time line the check of its feeds."""
    return [
        _checks(f"{timeline.name}{subject.suffix}", timeline, feeds)
        for subject in SUBJECTS.values()
        for timeline, feeds in _feeds_by_timeline(subject).items()
    ]


def _feeds_by_timeline(subject: Subject) -> Mapping[Timeline, list[Feed]]:
    found: dict[Timeline, list[Feed]] = {}
    for feed in feeds_of(subject).values():
        found.setdefault(feed.timeline, []).append(feed)
    return found


def _checks(name: str, timeline: Timeline, feeds: Sequence[Feed]) -> dg.AssetChecksDefinition:
    turns = [
        turn for finder in CLOSURE_FINDERS if finder.timeline == timeline for turn in finder.turns
    ]
    specs = {
        spec.get_python_identifier(): spec
        for spec in (
            dg.AssetCheckSpec(
                CHECK,
                asset=asset_key(feed.table),
                description="Every document asked for so far is accepted, or its day was closed.",
            )
            for feed in feeds
        )
    }
    last = _showing(f"states_{name}", turns, feeds, [*specs])
    steps = [*(_asking(f"ask_{turn}_{name}", turn, feeds) for turn in turns), last]
    # Whatever makes a node does, though the declaration of `create` names one kind.
    graph: Any = dg.GraphDefinition(
        name=f"{STEPS}_{name}",
        node_defs=steps,
        dependencies={
            later.name: {"after": dg.DependencyDefinition(earlier.name)}
            for earlier, later in pairwise(steps)
        },
        output_mappings=[
            dg.OutputMapping(
                graph_output_name=output, mapped_node_name=last.name, mapped_node_output_name=output
            )
            for output in specs
        ],
    )
    checks: dg.AssetChecksDefinition = dg.AssetChecksDefinition.create(
        keys_by_input_name={},
        node_def=graph,
        check_specs_by_output_name=specs,
        can_subset=True,
    )
    return checks


def _asking(name: str, publisher: str, feeds: Sequence[Feed]) -> dg.OpDefinition:
    """A step that asks one publisher what decides whether days were closed."""

    @dg.op(name=name, ins=AFTER, out=dg.Out(dg.Nothing), tags=LAST, pool=pools.publisher(publisher))
    def ask(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
        mark(context)
        lake, source, now = platform.lake, InTurn(platform.source, publisher), platform.clock
        asked, keys = _asked(context, feeds), _keys(context)
        with transient():
            found = closures.questions(lake, asked, keys, source, now())
            for feed, of_feed in found.items():
                if feed.publisher == publisher:
                    acquire(lake, feed, of_feed, source, clock=now)

    return ask


def _showing(
    name: str, turns: Sequence[str], feeds: Sequence[Feed], outputs: Sequence[str]
) -> dg.OpDefinition:
    """The step that logs closed days, and shows how many documents are in which state."""
    of_feeds = {asset_key(feed.table): feed.name for feed in feeds}

    @dg.op(
        name=name,
        ins=AFTER,
        out={output: dg.Out(dg.Nothing, is_required=False) for output in outputs},
        tags=LAST,
        pool=pools.publisher(turns[0]) if turns else None,
    )
    def states(
        context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.AssetCheckResult]:
        mark(context)
        lake = platform.lake
        with transient():
            if turns:
                asked, keys = _asked(context, feeds), _keys(context)
                source = InTurn(platform.source, turns[0])
                closures.record(lake, asked, keys, source, platform.clock())
            answers = current(lake, of_feeds.values())
        for check in sorted(context.selected_asset_check_keys):
            of_feed = of_feeds[check.asset_key]
            yield _result(check, [a for (feed, _), a in answers.items() if feed == of_feed])

    return states


def _asked(context: dg.OpExecutionContext, feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds that this run asks for."""
    selected = context.job_def.asset_layer.selected_asset_keys
    return [feed for feed in feeds if asset_key(feed.table) in selected]


def _keys(context: dg.OpExecutionContext) -> list[Key]:
    """The keys that this run asks for; none where it is of no keys."""
    keyed = context.has_partition_key or context.has_partition_key_range
    return list(context.partition_keys) if keyed else []


def _result(check: dg.AssetCheckKey, answers: Sequence[Delivery]) -> dg.AssetCheckResult:
    """How many documents of a feed are in which state, of all that were ever asked for."""
    missing = [answer for answer in answers if answer.state not in COMPLETE]
    missing.sort(key=lambda answer: answer.session_date, reverse=True)
    reasons = [f"{a.session_date} {a.state}: {a.reason}" for a in missing[:EXAMPLES]]
    return dg.AssetCheckResult(
        passed=not missing,
        asset_key=check.asset_key,
        check_name=check.name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            **Counter(answer.state for answer in answers),
            **({"examples": "\n".join(reasons)} if reasons else {}),
        },
    )
