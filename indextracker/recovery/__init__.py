"""What is done after a loss: going back to an instant, copies, and making all layers anew.

Single tables go back by `indextracker.lake.restoring`; instants are named by
`indextracker.lake.instants`. Which command is for which loss is told in docs/recovery.md.
"""
