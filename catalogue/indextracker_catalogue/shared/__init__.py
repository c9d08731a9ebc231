"""Tables that belong to no subject: what publishers answered, and what was built from it."""
