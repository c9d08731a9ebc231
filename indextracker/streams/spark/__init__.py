"""The way in by Spark Structured Streaming, for streams that outgrow one machine.

What is common to all ways in, how shards are read, events decoded and positions kept, is beside it.
"""
