"""How others are called: the only client code that imports httpx."""

import logging

# httpx tells the URL of every request at INFO; those of webhooks and of uploads are secrets.
logging.getLogger("httpx").setLevel(logging.WARNING)
