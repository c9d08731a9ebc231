"""What holds between tables."""

from __future__ import annotations

from indextracker_spark.tables.model import Audit

VOLUME_EQUALS_TOTALS = Audit(
    name="volume_equals_control_totals",
    on="silver/futures_trades",
    reads=("silver/futures_spreads", "bronze/taifex_volume_totals"),
    meaning="Per product, outright and spread volume add up to the exchange's control total.",
    bad_rows="""
        with computed as (
            select session_date, product, sum(volume) as volume
            from (
                select session_date, product, 2 * cast(contracts as bigint) as volume
                from futures_trades
                union all
                select session_date, product, 4 * cast(contracts as bigint) as volume
                from futures_spreads
            ) as legs
            group by session_date, product
        ),
        official as (
            select session_date, product, try_cast(total_volume as bigint) as volume
            from taifex_volume_totals
            where text is null and product <> ''
        ),
        audited as (select distinct session_date from official)
        select
            coalesce(c.session_date, o.session_date) as session_date,
            coalesce(c.product, o.product) as product,
            coalesce(c.volume, 0) as computed,
            coalesce(o.volume, 0) as official
        from (
            select computed.* from computed
            join audited on computed.session_date = audited.session_date
        ) as c
        full outer join official as o
            on c.session_date = o.session_date and c.product = o.product
        where coalesce(c.volume, 0) <> coalesce(o.volume, 0)
    """,
)
