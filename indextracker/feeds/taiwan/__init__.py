"""The feeds of TWSE, TAIFEX and a data vendor: a module per publisher."""
