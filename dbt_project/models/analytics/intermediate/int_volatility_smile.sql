{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='product',
    sort=['session_date', 'observed_at']
) }}

with

smiles as (
    select s.*
    from {{ source('raw', 'volatility_smiles') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

final as (
    select
        session_date,
        product,
        expiry,
        observed_at,
        session_part,
        years,
        forward,
        strikes,
        moneyness_low,
        moneyness_high,
        svi_a,
        svi_b,
        svi_rho,
        svi_m,
        svi_sigma,
        rms_points,
        rms_ticks,
        atm_volatility,
        atm_skew,
        least_density_factor,
        crossedness,
        options,
        violations,
        reason
    from smiles
)

select * from final
