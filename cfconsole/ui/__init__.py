"""How it looks: the only code that imports textual and rich."""
