"""What all bars have in common: their scales, and the types of the exact sums that they carry."""

SCALES_MINUTES = (1, 5, 15, 30, 60)

# Wide enough for a session of 10^5 prints at prices of 10^6 with four decimals, and narrow enough
# that no product of two of them needs more than 38 digits: beyond these an engine rounds.
PRICE = "decimal(18,4)"
SQUARE = "decimal(27,8)"
WEIGHTED = "decimal(28,4)"
WEIGHTED_SQUARE = "decimal(38,8)"
