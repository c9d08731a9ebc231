with

source as (
    select s.* from {{ source('raw', 'indices') }} as s
),

renamed as (
    select
        -- ids
        index_name,
        index_id,

        -- texts
        name,
        market
    from source
)

select * from renamed
