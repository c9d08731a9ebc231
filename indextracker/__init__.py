"""IndexTracker, the library: feeds, lake, engines and warehouse, free of Dagster.

It can be imported in a notebook. Scheduling (`indextracker_assets`) and the computation of tables
(`indextracker_spark`) do not belong here.
"""
