"""Transforms and jobs of the lakehouse, in pure PySpark.

This package ships to a cluster unchanged: it imports pyspark, the catalogue and the standard
library alone. It computes tables from other tables; where Spark runs, where the lake is and when a
job starts are the caller's decisions.
"""
