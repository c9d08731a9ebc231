-- Sums over sessions. The interval of a ratio of sums is that of its linearisation, sessions being
-- independent of each other (Cochran, Sampling Techniques, Wiley 1977, chapter 6). Of Student's t
-- with n - 1 degrees of freedom, 1.96 + 2.372 / (n - 1) is the quantile to 1 % from 20 sessions on
-- (Abramowitz and Stegun 1964, 26.7.5).
with

sessions as (
    select f.*
    from {{ ref('int_forecast') }} as f
    where f.missing is null
),

models as (
    select distinct
        f.product,
        f.horizon_minutes,
        f.model
    from {{ ref('int_forecast') }} as f
),

sums as (
    select
        sessions.product,
        sessions.horizon_minutes,
        sessions.model,
        count(*) as sessions,
        min(sessions.session_date) as first_session,
        max(sessions.session_date) as last_session,
        sum(sessions.trades) as trades,
        sum(sessions.squared_returns) as squared_returns,
        1
        - sum(sessions.squared_errors)
        / cast(sum(sessions.squared_returns) as double precision) as r2,
        avg(cast(sessions.pnl_points as double precision)) as pnl_points
    from sessions
    group by sessions.product, sessions.horizon_minutes, sessions.model
),

enough as (
    select
        sums.*,
        cast(sums.sessions as double precision) as n,
        1.959964 + 2.372 / cast(sums.sessions - 1 as double precision) as quantile
    from sums
    where sums.sessions >= 20
),

residuals as (
    select
        enough.product,
        enough.horizon_minutes,
        enough.model,
        enough.n,
        enough.quantile,
        enough.squared_returns,
        (1 - enough.r2) * sessions.squared_returns - sessions.squared_errors as of_r2,
        sessions.pnl_points - enough.pnl_points as of_pnl
    from sessions
    inner join enough
        on
            sessions.product = enough.product
            and sessions.horizon_minutes = enough.horizon_minutes
            and sessions.model = enough.model
),

variances as (
    select
        residuals.product,
        residuals.horizon_minutes,
        residuals.model,
        residuals.n,
        residuals.quantile,
        residuals.squared_returns,
        sum(residuals.of_r2 * residuals.of_r2)
        / cast(residuals.n - 1 as double precision) as of_r2,
        sum(residuals.of_pnl * residuals.of_pnl)
        / cast(residuals.n - 1 as double precision) as of_pnl
    from residuals
    group by
        residuals.product,
        residuals.horizon_minutes,
        residuals.model,
        residuals.n,
        residuals.quantile,
        residuals.squared_returns
),

errors as (
    select
        variances.product,
        variances.horizon_minutes,
        variances.model,
        variances.quantile * sqrt(variances.of_r2 * variances.n)
        / cast(variances.squared_returns as double precision) as r2_half,
        variances.quantile
        * sqrt(variances.of_pnl / cast(variances.n as double precision)) as pnl_half
    from variances
),

figures as (
    select
        models.product,
        models.horizon_minutes,
        models.model,
        sums.first_session,
        sums.last_session,
        cast(coalesce(sums.trades, 0) as bigint) as trades,
        coalesce(sums.sessions, 0) as sessions,
        case when errors.r2_half is not null then sums.r2 end as r2,
        sums.r2 - errors.r2_half as r2_low,
        sums.r2 + errors.r2_half as r2_high,
        case when errors.pnl_half is not null then sums.pnl_points end as pnl_points,
        sums.pnl_points - errors.pnl_half as pnl_points_low,
        sums.pnl_points + errors.pnl_half as pnl_points_high
    from models
    left join sums
        on
            models.product = sums.product
            and models.horizon_minutes = sums.horizon_minutes
            and models.model = sums.model
    left join errors
        on
            models.product = errors.product
            and models.horizon_minutes = errors.horizon_minutes
            and models.model = errors.model
),

final as (
    select
        figures.product,
        figures.horizon_minutes,
        figures.model,
        figures.sessions,
        figures.first_session,
        figures.last_session,
        figures.r2,
        figures.r2_low,
        figures.r2_high,
        figures.pnl_points,
        figures.pnl_points_low,
        figures.pnl_points_high,
        figures.trades,
        case
            when figures.r2 is null then 'too few sessions'
            when figures.r2_high < 0 then 'no edge found: worse than zero'
            when figures.r2_low <= 0 then 'no edge found'
            when figures.pnl_points_low > 0 then 'edge found, after cost too'
            else 'edge found, not after cost'
        end as verdict
    from figures
)

select * from final
