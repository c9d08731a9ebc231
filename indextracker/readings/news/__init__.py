"""The readings of news: a module per kind of entry, and what they have in common."""
