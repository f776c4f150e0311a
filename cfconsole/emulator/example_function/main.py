"""A function to try deploys with: it greets, says which revision answered, and logs as Cloud Logging likes it."""

from __future__ import annotations

import json
import os
import sys

import flask
import functions_framework

GREETING = os.environ.get("GREETING", "Hello")


@functions_framework.http
def greet(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Greets whoever `name` is, or the world; `/health` is for probes."""
    if request.path == "/health":
        return {"status": "ok"}
    name = request.args.get("name", "World")
    log("INFO", f"greeted {name}", request)
    return {"greeting": f"{GREETING}, {name}!", "revision": os.environ.get("K_REVISION", "")}


def log(severity: str, message: str, request: flask.Request) -> None:
    """One structured line, joined to the request by its trace."""
    trace = request.headers.get("x-cloud-trace-context", "").partition("/")[0]
    line = {"severity": severity, "message": message, "path": request.path, "logging.googleapis.com/trace": trace}
    sys.stdout.write(json.dumps(line) + "\n")
