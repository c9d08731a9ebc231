"""What of India's sessions can be replayed: a vendor's prices of the evening, one for each share.

There are no trades of NSE in the lake. A price that was told in an earlier session is no quote of
this one. Symbols are those of the exchange, with the series where it is another than EQ.
"""

from __future__ import annotations

from indextracker.streams.producing.replaying import Replayable
from indextracker_catalogue import india as i

SNAPSHOTS = Replayable(
    i.EQUITY_SNAPSHOTS,
    (),
    """
        select
            concat_ws(' ', symbol, nullif(series, 'EQ')) as symbol,
            last as price, observed_at::timestamp as time,
            shares as day_volume, 'INR' as currency, 'NSE' as exchange,
            if(is_index, 'INDEX', 'EQUITY') as quote_type,
            previous_close, open as open_price, high as day_high, low as day_low,
            percent_change as change_percent, name as short_name
        from equity_snapshots
        where not is_stale
    """,
)
