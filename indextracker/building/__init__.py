"""What is to be built, from what, and what came of it; engines and Dagster run it."""
