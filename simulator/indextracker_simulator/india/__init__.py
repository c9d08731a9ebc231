"""India: what the National Stock Exchange publishes, and a vendor of its prices."""
