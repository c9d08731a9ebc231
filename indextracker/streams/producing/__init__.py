"""Producers: what puts events into streams, each in a module of its own.

A producer gives batches of events, and `running` puts them. What can be replayed is told by the
subjects, in modules of their names. Keeping events is the stream's work, reading them the
consumer's.
"""
