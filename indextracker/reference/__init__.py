"""Facts that no document tells, as CSV files with a source in each row: a folder per subject."""
