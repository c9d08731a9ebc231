"""Events of streams: how each subject's are read, by one decoding for every consumer.

Plain Python without pyspark, so that the consumer of one machine reads as executors do.
"""
