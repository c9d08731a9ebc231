"""IndexTracker, the library: feeds, lake, engines and warehouse, free of Dagster.

Import it in a notebook. What schedules and records the work is `indextracker_assets`; what
computes it is `indextracker_spark`.
"""
