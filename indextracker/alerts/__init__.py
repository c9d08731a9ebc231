"""Alerts on quotes: rules of a file, what they decide, and who is told.

`rules` reads the file, `deciding` decides, `watching` follows the table of quotes and keeps what
was decided, `sending` tells the receivers. Alerts about failed runs are Dagster's, and not here.
"""
