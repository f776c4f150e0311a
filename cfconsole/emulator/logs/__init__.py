"""Cloud Logging: stores, lists and tails log entries."""
