"""Services of the operating system and of stores: places, locks, free space, and failpoints."""
