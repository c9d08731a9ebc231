"""The dashboard: pages over the reader, for people who leave them open.

`app` puts the pages into one frame, `page` says what a page is, `data` how all of them read the
lakehouse, `serving` runs them. Pages are in `pages`, and those of one subject in a module of its
name. Computing figures that the lake does not have belongs to the pipeline, not here.
"""
