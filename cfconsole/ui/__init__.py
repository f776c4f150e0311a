"""The screen: the only code that imports textual and rich."""
