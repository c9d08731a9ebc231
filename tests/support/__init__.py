"""What tests of several folders share: homes, markets, stores, stand-ins. No test is here."""
