"""What the operating system and the stores give: places, locks, room, and where a test kills."""
