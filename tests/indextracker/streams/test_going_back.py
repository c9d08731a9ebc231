"""A table of events that goes back is read into again from where its rows end."""

from indextracker.lake import Lake
from indextracker.lake.restoring import plan, restore
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from tests.indextracker.streams.test_consuming import EVENTS, TABLE, numbers, put
from tests.support.consuming import read_to_the_end


def test_events_after_an_instant_come_again_once_each(lake: Lake, stream: EmbeddedStream) -> None:
    put(stream, 0, 100)
    consumer = Consumer(stream, lake, EVENTS)
    read_to_the_end(consumer)
    version = lake.open(TABLE).version()
    put(stream, 100, 250)
    read_to_the_end(consumer)
    restore(lake, plan(lake, TABLE, version))
    assert sum(numbers(lake).values()) == 100
    read_to_the_end(Consumer(stream, lake, EVENTS))
    assert numbers(lake) == dict.fromkeys(range(250), 1)
