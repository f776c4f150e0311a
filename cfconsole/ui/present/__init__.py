"""Turns state into lines: pure functions of words, columns and style names, free of Textual."""
