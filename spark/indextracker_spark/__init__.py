"""Transforms and jobs of the lakehouse, in pure PySpark.

This package ships to a cluster as it stands: it imports pyspark and the standard library alone.
It knows what a table means and how one follows from others; where Spark runs, where a lake lies
and when a job starts are decided elsewhere.
"""
