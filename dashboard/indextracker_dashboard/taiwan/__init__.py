"""What the dashboard has of Taiwan's exchanges."""
