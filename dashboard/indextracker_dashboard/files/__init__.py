"""Pages of price files of people's own, and of strategies run over prices."""
