"""What the package is built like, in figures: `python -m tests.structure` prints them, and tests hold them."""
