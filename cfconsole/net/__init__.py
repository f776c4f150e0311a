"""How others are called: the only client code that imports httpx."""
