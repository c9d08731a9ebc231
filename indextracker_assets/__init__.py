"""The Dagster code location: assets, partitions and runs, made from the declarations.

Nothing but Dagster belongs here: documents, tables and computations are the work of `indextracker`
and `indextracker_spark`.
"""
