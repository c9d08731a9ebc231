"""Building tables: what is stale, in which order it is built, and reports of what was built."""
