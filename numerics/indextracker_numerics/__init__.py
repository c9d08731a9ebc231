"""Formulas of the field over numpy arrays, with the paper of each.

The jobs of Spark and the reader compute with the same ones. Tables, frames, Spark, settings and
files do not belong here, nor what a library that we depend on does well.
"""
