"""Terms of the exchange that its reference data, jobs and audits share.

The names of expiry rules, the zone's distance from UTC, times of the day that mean something, and
what is assumed of a product that the reference data do not name. The terms of products are
reference data.
"""

from typing import Final

UTC_OFFSET_SECONDS = 8 * 3600  # Taipei, without daylight saving since 1979

NIGHT_ENDS = "08:00:00"  # TJF opens by day at 08:00; no night part reaches beyond 05:00
PREVIOUS_CLOSE_ROW = "09:00:00"  # the report opens with the close of the session before

THIRD_WEDNESDAY: Final = "third_wednesday"
THIRD_FRIDAY_BEFORE_QUARTERLY: Final = "third_friday_before_quarterly"
THIRD_LAST_SESSION_EVEN: Final = "third_last_session_even"
NO_RULE: Final = "unknown"

ASSUMED_DAY_OPEN = "08:45:00"
ASSUMED_DAY_CLOSE = "13:45:00"
ASSUMED_LAST_DAY_CLOSE = "13:30:00"
ASSUMED_NIGHT_OPEN = "15:00:00"
NIGHT_CLOSE = "05:00:00"
ASSUMED_EXPIRY_RULE = THIRD_WEDNESDAY
ASSUMED_LOT_SHARES = 1_000

# (price from which it holds, tick) of premiums, ascending: TAIFEX, contract specifications of the
# options on TAIEX, on the electronics and the finance sector index. Others follow other ladders.
PREMIUM_TICKS: Final = {
    "TXO": ((0.0, 0.1), (10.0, 0.5), (50.0, 1.0), (500.0, 5.0), (1_000.0, 10.0)),
    "TEO": ((0.0, 0.005), (0.5, 0.025), (2.5, 0.05), (25.0, 0.25), (50.0, 0.5)),
    "TFO": ((0.0, 0.02), (2.0, 0.1), (10.0, 0.2), (50.0, 1.0), (200.0, 2.0)),
}
