"""The Dagster code location: assets, partitions and runs, made of the declarations.

Nothing but Dagster belongs here: what a table means, what a document holds and how a number comes
about stand in `indextracker_spark` and `indextracker`.
"""
