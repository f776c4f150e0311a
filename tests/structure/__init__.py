"""Figures about the structure of the package: `python -m tests.structure` prints them, and tests bound them."""
