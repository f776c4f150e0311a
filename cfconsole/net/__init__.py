"""HTTP calls to everything but gRPC APIs: the only client code that imports httpx."""

import logging

# At INFO, httpx logs the URL of every request; the URLs of webhooks and uploads are secrets.
logging.getLogger("httpx").setLevel(logging.WARNING)
