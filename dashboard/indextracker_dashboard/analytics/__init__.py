"""What the dashboard has of analytics: a page each."""
