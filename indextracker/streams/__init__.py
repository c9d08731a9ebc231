"""Streams: records in shards, put by producers and read by consumers, neither lost nor doubled.

`model` has what a stream promises; `embedded` and `kinesis` keep it. What the events of a subject
mean does not belong here.
"""
