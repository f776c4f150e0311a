"""Dialogs as values: what a form holds, and what it becomes by a key. Nothing here draws or knows the terminal."""
