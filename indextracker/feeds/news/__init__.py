"""The feeds of news: a module per publisher."""
