"""What the dashboard has of India's NSE."""
