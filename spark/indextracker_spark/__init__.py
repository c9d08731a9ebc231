"""Transforms and jobs of the lakehouse, in pure PySpark.

This package ships to a cluster unchanged: it imports pyspark, the catalogue, the formulas of
indextracker_numerics and the standard library alone, and numpy inside functions over Arrow. It
computes tables from other tables; where Spark runs, where the lake is and when a job starts are the
caller's decisions.
"""
