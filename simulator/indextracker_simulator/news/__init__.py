"""News of the companies of India: articles with their sentiment, and headlines."""
