"""How it is kept: the only code that opens databases and writes files."""
