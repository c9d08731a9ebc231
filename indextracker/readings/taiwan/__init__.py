"""The readings of Taiwan's documents, and the facts that they give."""
