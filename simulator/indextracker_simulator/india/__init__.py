"""India: what the National Stock Exchange publishes, and news of its companies."""
