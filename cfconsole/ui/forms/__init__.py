"""Forms as values: their fields, and how keys change them. Nothing here draws or knows the terminal."""
