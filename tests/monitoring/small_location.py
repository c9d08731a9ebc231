"""A code location of a table, its checks and a sensor, which is there sooner than the whole one."""

import dagster as dg

TABLE = dg.AssetKey(["gold", "futures_bars"])


@dg.asset(key=TABLE)
def futures_bars() -> None:
    """Nothing is made."""


@dg.asset_check(asset=TABLE)
def fresh() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=TABLE)
def key_not_null() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.sensor(name="arrivals", target=[TABLE])
def arrivals() -> None:
    """Nothing ticks it but a test."""


defs = dg.Definitions([futures_bars], asset_checks=[fresh, key_not_null], sensors=[arrivals])
