"""What TWSE, TAIFEX and a vendor offer of each session: a module per publisher."""
