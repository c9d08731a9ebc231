"""From a question to bronze: ask, judge, keep, decode and log what a publisher answers."""
