"""What the page Live shows: quotes and minutes of a running consumer, kept in its memory.

Numbers are those that gold has; how they are drawn does not belong here.
"""
