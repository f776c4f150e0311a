"""Storage on disk: the only code that opens databases and writes files."""
