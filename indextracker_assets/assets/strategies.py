"""Declared runs of strategies: an asset each, partitioned by years.

A year is a run of its own, with the history before it, so that years are filled in any order. What
a run is, and what is kept of it, is in `indextracker.strategies`.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence

import dagster as dg

from indextracker.platform import Platform
from indextracker.strategies import publishing, storing, universes
from indextracker.strategies.declared import Declared, declared_runs
from indextracker.strategies.running import Runs
from indextracker.warehouse import dbt_runs
from indextracker_assets import pools
from indextracker_assets.resources import StepHost
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key, group_of, key_at, raw_key
from indextracker_catalogue import subject_of
from indextracker_catalogue.files import gold as g

_log = logging.getLogger(__name__)
_FIGURES = ("cagr", "volatility", "sharpe", "max_drawdown")


def strategy_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """The declared runs.

    A declaration that is wrong is told and left out: it holds back nothing else.
    """
    runs, wrong = declared_runs(platform.settings.lake.address)
    for error in wrong:
        _log.error("%s", error)
    return [_asset(run) for run in runs]


def filled_by(
    runs: Sequence[dg.AssetsDefinition], shown: Iterable[dg.AssetsDefinition | dg.AssetSpec]
) -> Iterator[dg.AssetsDefinition | dg.AssetSpec]:
    """Assets as they are shown, of which the tables of runs follow from the declared ones."""
    keys = [key for run in runs for key in run.keys]
    tables = {asset_key(table) for table in storing.TABLES}
    for one in shown:
        if isinstance(one, dg.AssetSpec) and one.key in tables:
            yield one.merge_attributes(deps=keys)
        else:
            yield one


def key_of(run: Declared) -> dg.AssetKey:
    """The asset of a declared run."""
    return dg.AssetKey(["strategies", run.name])


def _asset(declared: Declared) -> dg.AssetsDefinition:
    last = None if declared.last_year is None else str(declared.last_year + 1)

    @dg.asset(
        key=key_of(declared),
        partitions_def=dg.TimeWindowPartitionsDefinition(
            cron_schedule="0 0 1 1 *",
            start=str(declared.first_year),
            end=last,
            fmt="%Y",
            end_offset=0 if last else 1,
        ),
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[asset_key(table) for table in universes.of_name(declared.universe).reads],
        description=f"{declared.wish.strategy.title} on {declared.universe}, year by year.",
        group_name=group_of(g.STRATEGY_RUNS, "strategies"),
        kinds={"spark", "deltalake"},
        pool=pools.table(g.STRATEGY_RUNS),
    )
    def strategy_run(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        mark(context)
        runs = Runs(platform, StepHost(context))
        ids = []
        for year in context.partition_keys:
            made = runs.run(declared.of_year(int(year)), declared.parameters)
            ids.append(made.run_id)
            rows = storing.read(platform.lake, g.STRATEGY_FIGURES, [made.run_id]).to_pylist()
            [whole] = [row for row in rows if row["scope"] == g.OF_RUN]
            note = {name: whole[name] for name in _FIGURES if whole[name] is not None}
            note |= {"run_id": made.run_id, "trades": made.row["trades"]}
            context.add_asset_metadata(note, key_of(declared), year)
        yield dg.MaterializeResult()
        publishing.publish(platform, ids)
        context.instance.add_dynamic_partitions(g.RUNS.name, ids)
        for event in _written(ids):
            context.log_event(event)

    return strategy_run


def _written(run_ids: list[str]) -> Iterator[dg.AssetMaterialization]:
    """What the runs were written to: tables of gold, their copies, and the marts."""
    keys = [*map(asset_key, storing.TABLES), *map(raw_key, storing.LOADED)]
    for key in keys:
        for run_id in run_ids:
            yield dg.AssetMaterialization(key, partition=run_id)
    if subject := subject_of(g.STRATEGY_RUNS):
        for relation in dbt_runs.relations()[subject.name]:
            yield dg.AssetMaterialization(key_at(relation.replace(".", "/")))
