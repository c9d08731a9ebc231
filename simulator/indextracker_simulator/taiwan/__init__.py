"""The simulated exchange of Taiwan: its market, its documents, and the truth that they tell."""
