"""How continuous futures are told apart: by what contracts give way, and by their positions."""

from typing import Final

CALENDAR: Final = "calendar"
VOLUME: Final = "volume"
OPEN_INTEREST: Final = "open_interest"
ROLL_RULES: Final = (CALENDAR, VOLUME, OPEN_INTEREST)
POSITIONS: Final = 3
