"""Cloud Logging: entries are kept, queried and tailed here."""
