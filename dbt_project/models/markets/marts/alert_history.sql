with

final as (
    select
        a.alert_id,
        a.rule,
        a.symbol,
        a.kind,
        a.window_begin,
        a.window_end,
        a.price,
        a.reference_price,
        a.change_percent,
        a.volume,
        a.message,
        a.receivers,
        a.decided_at,
        a.sent_to,
        a.sent_at
    from {{ ref('int_alert') }} as a
)

select * from final
